/** Runs in folders lie compiled beside their files: no run compiles them, and nothing that was changed is taken for them. */
import { describe, expect, test } from 'vitest'
import { canonical, canonicalLines, digestOfBytes } from '#core/canonical.ts'
import type { IndexLine } from '#core/experience/index-line.ts'
import type { Store } from '#ports'
import { keys } from '#schemas/s3-keys.ts'
import { compileIntent } from '../../../functions/steps/experience/compile.ts'
import { packStore } from '../../../functions/steps/experience/pack.ts'
import { compareRecords } from '../../../functions/steps/experience/stored-records.ts'
import { readLines } from '../../../functions/streams/read-object.ts'
import { aWorld, INTENT } from '../../support/builders.ts'
import { notCompiled } from '../earlier-versions.ts'
import { contents, imported, memory, run, stocked } from '../stores.ts'

const world = aWorld()
const SIDES = ['objects', 'vault'] as const

const inFolders = () => stocked(memory(), world, { layout: 'files' })
const compiled = (store: Store, side: (typeof SIDES)[number] = 'objects') =>
  Array.fromAsync(compileIntent({ ...store, objects: store[side] }, INTENT))
const compiledFiles = async ({ objects }: Pick<Store, 'objects'>) =>
  (await Array.fromAsync(objects.list(keys.runs()))).filter((key) => key.endsWith('/compiled.json'))
const artifacts = async (store: Store) =>
  Object.entries(await contents(store)).filter(([key]) => !/^(open|vault)\/(experience|ingest)\//.test(key))

/** Marks every compiled line, and has the index name it so: whoever reads it shows the mark, and whoever compiles does not. */
async function marked(store: Store): Promise<Store> {
  const MARK = '"score":0.123456'
  for (const side of SIDES) {
    const objects = store[side]
    for (const key of await Array.fromAsync(objects.list(keys.index(INTENT)))) {
      const lines = await readLines<IndexLine>(objects, key)
      for (const [i, line] of lines.entries()) {
        const at = keys.runCompiled(line.date, line.run_id)
        const parsed = JSON.parse(Buffer.from((await objects.get(at))!).toString())
        parsed.recording.outcome.score = 0.123456
        const text = canonical(parsed)
        expect(text).toContain(MARK)
        await objects.put(at, text)
        lines[i] = { ...line, compiled: { ...line.compiled!, digest: digestOfBytes(text) } }
      }
      const text = canonicalLines(lines)
      await objects.delete(key)
      await objects.put(keys.indexSegment(INTENT, digestOfBytes(text)), text)
    }
  }
  return store
}

test('of no run that was imported anything is compiled again, on either side', async () => {
  const store = await marked(await inFolders())
  let recordings = 0
  let again = 0
  for (const side of SIDES)
    for (const line of await compiled(store, side))
      for (const { outcome } of JSON.parse(line).recordings) {
        recordings++
        if (outcome.score !== 0.123456) again++
      }
  expect({ recordings, again }).toEqual({ recordings: world.length, again: 0 })
})

test('no block of them is handed to a compile worker', async () => {
  const handed: number[] = []
  const compilerOf = () => ({
    runsInPlace: 0,
    atOnce: 1,
    compile: async (_: string, block: readonly unknown[]) => {
      handed.push(block.length)
      return []
    },
  })
  const store = await inFolders()
  await run(store, { runId: 'r1' })
  expect((await compiled({ ...store, compilerOf })).length).toBeGreaterThan(0)
  expect(handed).toEqual([])
})

describe('a store that an earlier version left', () => {
  test('gives the same cases and artifacts, and says nothing new', async () => {
    const [now, before] = [await inFolders(), await notCompiled(await inFolders())]
    expect(await compiledFiles(before)).toEqual([])
    for (const side of SIDES) expect(await compiled(before, side)).toEqual(await compiled(now, side))
    expect(await compareRecords(before, INTENT, { whole: true })).toBeNull()
    for (const store of [now, before]) await run(store, { runId: 'r1' })
    expect(await artifacts(before)).toEqual(await artifacts(now))
    expect(await imported(before, world)).toMatchObject({ stored: 0, restored: 0, layout: 'files' })
    expect(await compiledFiles(before)).toEqual([])
  })

  test('is packed as any other', async () => {
    const store = await notCompiled(await inFolders())
    const whole = await compiled(store)
    expect(await packStore(store, async () => {})).toBe(world.length)
    expect(await compiled(store)).toEqual(whole)
  })
})

describe('a compiled line', () => {
  test('that is not what the index names is told of, and the same import restores it', async () => {
    const store = await inFolders()
    const whole = await compiled(store)
    const [key] = await compiledFiles(store)
    await store.objects.put(
      key!,
      Buffer.from((await store.objects.get(key!))!.toString().replace('"run_id"', '"rum_id"')),
    )
    expect((await compareRecords(store, INTENT, { whole: true }))?.search).toMatchObject({ changed: 1, missing: 0 })
    await expect(compiled(store)).rejects.toThrow(`${key} was changed after it was recorded`)
    expect(await imported(store, world)).toMatchObject({ stored: 0, restored: 1 })
    expect(await compiled(store)).toEqual(whole)
    expect(await compareRecords(store, INTENT, { whole: true })).toBeNull()
  })

  test('that was changed together with the index is told of by what the import noted', async () => {
    const found = await compareRecords(await marked(await inFolders()), INTENT)
    expect([found!.search, found!.heldout].map(({ changed, listed }) => changed === listed)).toEqual([true, true])
  })

  test('that is gone is made again, to the byte, and the same import puts it back', async () => {
    const store = await inFolders()
    const whole = await compiled(store)
    const [key] = await compiledFiles(store)
    await store.objects.delete(key!)
    expect(await compiled(store)).toEqual(whole)
    expect(await compareRecords(store, INTENT, { whole: true })).toBeNull()
    expect(await imported(store, world)).toMatchObject({ stored: 0, restored: 1 })
    expect(await compiledFiles(store)).toContain(key)
  })

  test('by other rules is compiled again', async () => {
    const store = await marked(await inFolders())
    for (const key of await Array.fromAsync(store.objects.list(keys.index(INTENT)))) {
      const lines = await readLines<IndexLine>(store.objects, key)
      const text = canonicalLines(lines.map((line) => ({ ...line, compiled: { ...line.compiled!, rules: 1 } })))
      await store.objects.delete(key)
      await store.objects.put(keys.indexSegment(INTENT, digestOfBytes(text)), text)
    }
    expect(await compiled(store)).toEqual(await compiled(await inFolders()))
  })
})

test('a record that was sealed anew is not taken for the one that was compiled', async () => {
  const store = await inFolders()
  const [key] = (await Array.fromAsync(store.objects.list(keys.runs()))).filter((k) =>
    k.endsWith('decision-record.json'),
  )
  const { record_hash: _, ...body } = JSON.parse(Buffer.from((await store.objects.get(key!))!).toString())
  const other = { ...body, compiled_context_hash: `sha256:${'0'.repeat(64)}` }
  await store.objects.put(key!, canonical({ ...other, record_hash: digestOfBytes(canonical(other)) }))
  await expect(compiled(store)).rejects.toThrow('it is not the one that was compiled')
})
