/** `autotune correct --stack`: under the ingest role, with the bytes of a folder; the deployed search and the sealer count by it. */
import { expect, test } from 'vitest'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import type { ObjectStore } from '../../functions/ports.ts'
import { readText } from '../../functions/streams/read-object.ts'
import { aPack, aSuite, aTarget, aWorld } from '../support/builders.ts'
import { bothPlaces, stack } from './both-places.ts'
import { autotune } from './command-line.ts'

const twin = bothPlaces()
const { both } = twin

async function onFolder<T>(look: (store: ReturnType<typeof openStore>) => Promise<T>): Promise<T> {
  const store = openStore(twin.place.store, { durable: false })
  return await look(store).finally(() => store.close())
}

async function below(objects: ObjectStore, prefix: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for await (const key of objects.list(prefix)) found[key] = Buffer.from((await objects.get(key))!).toString()
  return found
}

const correction = (run_id: string, said: object) => ({
  run_id,
  at: '2026-11-20T10:00:00Z',
  by: 'ana@example.com',
  ...said,
})

test('stores the bytes of a folder on both sides, and what is unknown is refused alike', async () => {
  const files = [
    twin.place.runs('world.jsonl', aWorld({ search: 6, heldout: 100 })),
    ...['--pack', twin.place.file('pack.json', aPack()), '--suite', twin.place.file('suite.json', aSuite())],
  ]
  await both('import', ...files, '--split', 'recorded', '--split-key', 'key-of-these-tests', '--layout', 'segments')
  const said = [
    correction('s0', { label_disputed: true }),
    correction('s1', { evidence: { 's1-e2': { gold: true } } }),
    correction('h0', { label_disputed: true }),
    correction('h1', { outcome: { passed: false } }),
  ]
  const file = twin.place.file('corrections.jsonl', said.map((one) => JSON.stringify(one)).join('\n'))
  const [folder, deployed] = await both('correct', file)
  expect(deployed).toEqual({ stored: 4, unchanged: 0, runs: 4 })
  expect(deployed).toEqual(folder)
  for (const prefix of [keys.corrections(), keys.journalCorrections()]) {
    const there = await below(twin.aws.store.objects, prefix)
    expect(Object.keys(there)).toHaveLength(1)
    expect(there).toEqual(await onFolder(({ objects }) => below(objects, prefix)))
  }
  const sealed = await below(twin.aws.store.vault, keys.corrections())
  expect(sealed).toEqual(await onFolder(({ vault }) => below(vault, keys.corrections())))
  expect(Object.values(sealed).join('')).toMatch(/"h0"(.|\n)*"h1"/)
  expect((await both('correct', file))[1]).toEqual({ stored: 0, unchanged: 4, runs: 4 })
  const unknown = twin.place.file('unknown.jsonl', JSON.stringify(correction('nobody', { note: 'x' })))
  const errors = [await autotune('correct', unknown, ...stack), await twin.place.at('correct', unknown)].map(
    ({ err }) => err,
  )
  expect(errors[0]).toMatch(/run nobody is not in this store/)
  expect(errors[0]).toBe(errors[1])
  expect((await autotune('list', ...stack, '--json')).json()).toMatchObject({
    corrections: { search: 2, sealed: null },
  })
})

test('counts in the deployed search and in what the sealer seals, as on a folder', async () => {
  const [folder, deployed] = await both(
    'run',
    '--target',
    twin.place.file('target.json', aTarget()),
    '--run-id',
    'at_corrected',
  )
  expect(deployed).toMatchObject({ verdict: (folder as { verdict: string }).verdict })
  const path = keys.autotuneRun('at_corrected', 'target.json')
  const pinned = await readText(twin.aws.store.objects, path)
  expect(pinned).toBe(await onFolder(({ objects }) => readText(objects, path)))
  const run = JSON.parse(pinned!) as AutotuneRun
  expect(run.search_set.corrections).toMatchObject({ n: 2 })
  expect(run.heldout_test_set).toMatchObject({ families: 100, labelled: 99, corrections: 2 })
  expect((await autotune('verify', 'at_corrected', ...stack)).out).toMatch(/reproducible/)
  expect((await autotune('verify', ...stack)).code).toBe(0)
  expect((await autotune('case', 's0', ...stack)).out).toMatch(/corrected later {2}label disputed, by ana@example\.com/)
})
