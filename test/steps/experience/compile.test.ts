/** Compiling in blocks: the same lines whoever compiles them and in whatever order they are done. */
import { expect, test } from 'vitest'
import type { BlockCompiler, Store } from '#ports'
import { compileBlock, compileIntent } from '../../../functions/steps/experience/compile.ts'
import { RecordedRuns } from '../../../functions/steps/experience/recorded-runs.ts'
import { aRun, INTENT } from '../../support/builders.ts'
import { notCompiled } from '../earlier-versions.ts'
import { memory, stocked } from '../stores.ts'

/** Cases of one to three recordings. */
const runs = Array.from({ length: 50 }, (_, c) =>
  Array.from({ length: 1 + (c % 3) }, (_, r) =>
    aRun(`case-${c}-${r}`, { case_id: `case-${c}`, family_id: `family-${c}`, split: 'search' }),
  ),
).flat()
const store = await notCompiled(await stocked(memory(), runs))
const compiled = (over: Partial<Store> = {}) => Array.fromAsync(compileIntent({ ...store, ...over }, INTENT))
const inPlace = await compiled()

/** Compiles elsewhere, the later block first, and tells what it was given. */
function lateCompiler({ runsInPlace, atOnce }: { runsInPlace: number; atOnce: number }) {
  const seen = { blocks: 0, runs: 0, most: 0 }
  const waiting: (() => void)[] = []
  const compiler: BlockCompiler = {
    runsInPlace,
    atOnce,
    async compile(intent, block) {
      seen.blocks++
      seen.runs += block.length
      await new Promise<void>((resolve) => {
        seen.most = Math.max(seen.most, waiting.push(resolve))
        setImmediate(() => waiting.pop()?.())
      })
      return compileBlock(new RecordedRuns(store.objects), intent, block)
    },
  }
  return { seen, compilerOf: () => compiler }
}

test('a case is compiled with all its recordings, wherever a block is cut', () => {
  const cases = inPlace.map((line) => JSON.parse(line) as { case_id: string; recordings: unknown[] })
  expect(cases.map((c) => c.case_id)).toEqual(Array.from({ length: 50 }, (_, c) => `case-${c}`).sort())
  for (const { case_id, recordings } of cases) expect(recordings).toHaveLength(1 + (Number(case_id.slice(5)) % 3))
})

test.each([1, 2, 5])('blocks that are done in another order give the same lines, %d at once', async (atOnce) => {
  const { seen, compilerOf } = lateCompiler({ runsInPlace: 0, atOnce })
  expect(await compiled({ compilerOf })).toEqual(inPlace)
  expect(seen.runs).toBe(runs.length)
  expect(seen.blocks).toBeGreaterThan(4)
  expect(seen.most).toBe(atOnce)
})

test('the first runs are compiled in place', async () => {
  const few = lateCompiler({ runsInPlace: runs.length, atOnce: 2 })
  expect(await compiled({ compilerOf: few.compilerOf })).toEqual(inPlace)
  expect(few.seen.blocks).toBe(0)
  const more = lateCompiler({ runsInPlace: 40, atOnce: 2 })
  expect(await compiled({ compilerOf: more.compilerOf })).toEqual(inPlace)
  expect(more.seen.runs).toBeGreaterThan(0)
  expect(more.seen.runs).toBeLessThan(runs.length - 20)
})

test('an error is thrown at its place, when nothing is under way any more', async () => {
  let underWay = 0
  const compiler: BlockCompiler = {
    runsInPlace: 0,
    atOnce: 3,
    async compile(intent, block) {
      underWay++
      const number = inPlace.findIndex((line) => line.includes(`"${block[0]!.case_id}"`))
      // The second block fails long after the third.
      for (let turns = number > 0 && number < 10 ? 20 : 1; turns > 0; turns--)
        await new Promise((resolve) => setImmediate(resolve))
      underWay--
      if (number > 0) throw new Error(`block at ${number}`)
      return compileBlock(new RecordedRuns(store.objects), intent, block)
    },
  }
  const lines: string[] = []
  const reading = async () => {
    for await (const line of compileIntent({ ...store, compilerOf: () => compiler }, INTENT)) lines.push(line)
  }
  const error = (await reading().then(
    () => null,
    (e: unknown) => e,
  )) as Error
  expect(error.message).toBe(`block at ${lines.length}`)
  expect(lines).toEqual(inPlace.slice(0, lines.length))
  expect(underWay).toBe(0)
})
