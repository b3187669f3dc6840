/** The search in several caged processes: the same bytes with any number of them, each in today's cage, and one error when one dies. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { jsonataVerdicts } from '#adapters/jsonata-verdicts.ts'
import { type IsolatedEngine, isolatedEngine } from '#adapters/local/isolation/isolated-engine.ts'
import { Gathered } from '#core/baseline/reproduce.ts'
import { canonical } from '#core/canonical.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import type { SearchResult } from '#core/search/search.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import { tunableFields } from '#core/space/lattice.ts'
import type { VerdictSource } from '#ports'
import { ContextPack, PriceTable } from '#schemas/pack.ts'
import { EvaluatorSuite } from '#schemas/suite.ts'
import { refundTarget } from '../../../functions/demo/documents.ts'
import { refundRuns } from '../../../functions/demo/generate.ts'
import packJson from '../../../functions/demo/pack.json' with { type: 'json' }
import pricesJson from '../../../functions/demo/prices.json' with { type: 'json' }
import suiteJson from '../../../functions/demo/suite.json' with { type: 'json' }
import { aCase, anEvaluator } from '../../support/builders.ts'

const withoutSchema = ({ $schema: _, ...document }: { $schema?: string }) => document
const vault = mkdtempSync(join(tmpdir(), 'autotune-vault-'))
afterAll(() => rmSync(vault, { recursive: true }))

const pack = ContextPack.parse(withoutSchema(packJson))
const suite = EvaluatorSuite.parse(withoutSchema(suiteJson))
const prices = PriceTable.parse(withoutSchema(pricesJson))
/** Two of its fields: what many processes do they do with few candidates too. */
const target = resolveTarget({ ...refundTarget(), search_space: refundTarget().search_space!.slice(0, 2) })
const pins = { tuple: target.baseline_tuple, settings: pack.settings, suite, prices }
/** Three blocks of lines, so that three shards have some. */
const CASES = 270
const lines = Array.from(refundRuns({ families: CASES }), (run) => aCase(run))
  .sort((a, b) => (a.case_id < b.case_id ? -1 : 1))
  .map((replayCase) => canonical(replayCase))

/** An engine whose search takes up to so many processes, and each of them few cases. */
const engineOf = (most: number): IsolatedEngine => isolatedEngine(vault, { shards: { most, casesEach: 26 } })

async function reproduced(engine: IsolatedEngine, by = suite): Promise<SearchInput> {
  const gathered = new Gathered()
  for await (const one of engine.reproduce(lines, { ...pins, suite: by }, 'search')) gathered.add(one)
  return {
    target,
    pack,
    suite: by,
    pins: { baseline: pack.settings, prices },
    fields: tunableFields(pack, target.intent, target.search_space),
    panel: gathered.reproduction(undefined).panel,
    rejections: [],
    candidates: null,
  }
}

async function searched(engine: IsolatedEngine, by = suite) {
  const replays: string[] = []
  const searching = engine.search(await reproduced(engine, by))
  for (;;) {
    const step: IteratorResult<string, SearchResult> = await searching.next()
    if (step.done)
      return { found: canonical({ ...step.value, firstMeasures: step.value.firstMeasures?.toJSON() }), replays }
    replays.push(step.value)
  }
}

/** Processes that replay, of this test's own. */
function replayers(): { readonly pid: number; readonly command: readonly string[] }[] {
  const children = spawnSync('ps', ['-o', 'pid=', '--ppid', String(process.pid)]).stdout.toString()
  return children.split('\n').flatMap((line) => {
    const pid = Number(line)
    const command = line.trim() === '' ? [] : readOr(`/proc/${pid}/cmdline`).split('\0')
    return command.some((word) => /\breplay-child\.[jt]s$/.test(word)) ? [{ pid, command }] : []
  })
}

const readOr = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

describe('the search in several processes', () => {
  test('gives the same replays and the same result with 1, 2 and 5 of them', async () => {
    const results = []
    for (const most of [1, 2, 5]) {
      const engine = engineOf(most)
      try {
        results.push(await searched(engine))
        // A second search over the same cases, as `verify` asks for it.
        if (most === 2) results.push(await searched(engine))
      } finally {
        engine.close()
      }
    }
    const [one, ...others] = results
    expect(one!.replays.length).toBeGreaterThan(CASES)
    expect(one!.replays.every((line) => canonical(JSON.parse(line)) === line)).toBe(true)
    for (const other of others) expect(other).toEqual(one)
  })

  test('asks for verdicts that are given elsewhere in batches, once a view, and ends with what a source throws', async () => {
    const asked = { evaluator_id: 'mine', check: 'jsonata', reads: ['context'], expression: 'context.tokens >= 0' }
    const by = EvaluatorSuite.parse({ ...suite, evaluators: [...suite.evaluators, anEvaluator(asked as never)] })
    const results = []
    let [questions, views] = [0, 0]
    for (const most of [1, 3]) {
      const judge: VerdictSource['judge'] = (question, side) => {
        questions++
        views += question.views.length
        expect(new Set(question.views).size).toBe(question.views.length)
        return jsonataVerdicts.judge(question, side)
      }
      const shards = { most, casesEach: 26 }
      const engine = isolatedEngine(vault, { shards, verdicts: { ...jsonataVerdicts, judge } })
      try {
        results.push(await searched(engine, by))
      } finally {
        engine.close()
      }
    }
    expect(results[1]).toEqual(results[0])
    expect(results[0]!.replays.some((line) => line.includes('"mine"'))).toBe(true)
    expect(views).toBeGreaterThan(4 * questions)
    const judge = () => Promise.reject(new Error('the module is gone'))
    const engine = isolatedEngine(vault, { verdicts: { ...jsonataVerdicts, judge } })
    await expect(searched(engine, by).finally(() => engine.close())).rejects.toThrow('the module is gone')
  })

  test.skipIf(process.platform !== 'linux')(
    'wears the belt in each of them, and leads a group of its own',
    async () => {
      const before = new Set(replayers().map(({ pid }) => pid))
      const engine = engineOf(3)
      try {
        await searched(engine)
        await Array.fromAsync(engine.reproduce(lines.slice(0, 1), pins, 'vault'))
        const own = replayers().filter(({ pid }) => !before.has(pid))
        // Three shards, the one that decides what they are asked, and the gate's.
        expect(own).toHaveLength(5)
        for (const { pid, command } of own) {
          expect(command).toContain('--permission')
          expect(command.filter((word) => /^--allow-(?!fs-read=)/.test(word))).toEqual([])
          expect(readOr(`/proc/${pid}/stat`).split(') ').at(-1)!.split(' ')[2]).toBe(String(pid))
          expect(readdirSync(`/proc/${pid}/fd`).length).toBeLessThan(64)
        }
      } finally {
        engine.close()
      }
    },
  )

  test.skipIf(process.platform !== 'linux').each([
    ['holds cases', 0],
    ['decides what is asked', -1],
  ])('of which one that %s is killed: one error, in the words of today', async (_, which) => {
    const before = new Set(replayers().map(({ pid }) => pid))
    const engine = engineOf(3)
    try {
      const input = await reproduced(engine)
      const searching = engine.search(input)
      await searching.next()
      const own = replayers().filter(({ pid }) => !before.has(pid))
      process.kill(-own.at(which)!.pid, 'SIGKILL')
      await expect(Array.fromAsync(searching)).rejects.toThrow(
        /^the replay process was ended from outside or ran out of memory \(signal SIGKILL\).*same command again$/,
      )
      expect((await searching.next()).done).toBe(true)
    } finally {
      engine.close()
    }
  })
})
