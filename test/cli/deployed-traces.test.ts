/** Traces that a deployment takes in every day: the bytes of a folder, what waits kept apart, what was left out in every run. */
import { expect, test } from 'vitest'
import type { TuningProposal } from '#schemas/proposal.ts'
import { keys } from '#schemas/s3-keys.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import type { Store } from '../../functions/ports.ts'
import { readJson, readText, streamValues } from '../../functions/streams/read-object.ts'
import { aPack, aSuite, aTarget, aWorld } from '../support/builders.ts'
import { HOUR, hex, LONG_AGO, type Said, spanLines, whole } from '../support/otlp-spans.ts'
import { bothPlaces, stack } from './both-places.ts'
import { autotune } from './command-line.ts'

const twin = bothPlaces()
const { both } = twin

const imports = (file: string, ...more: string[]) =>
  both('import', file, '--split-key', 'key-of-these-tests', '--layout', 'segments', ...more)
const spans = (name: string, said: readonly Said[]) => twin.place.file(name, spanLines(said))

/** Every object below these prefixes of the side that the search reads. */
async function bytesBelow({ objects }: Pick<Store, 'objects'>, ...prefixes: string[]) {
  const found: Record<string, string> = {}
  for (const prefix of prefixes)
    for await (const key of objects.list(prefix)) found[key] = Buffer.from((await objects.get(key))!).toString('base64')
  return found
}

async function onFolder<T>(look: (store: Store) => Promise<T>): Promise<T> {
  const store = openStore(twin.place.store, { durable: false })
  try {
    return await look(store)
  } finally {
    store.close()
  }
}

const WAITING: Said[] = [
  { trace: 9, span: 1, end: null },
  { trace: 9, span: 2, answer: 'a needle of a family that may be sealed' },
]

test('a day of traces leaves the bytes of the same day on a folder; what has not ended waits where ingest alone reads', async () => {
  const monday = spans('monday.jsonl', [...[1, 2, 3].flatMap((n) => whole(n)), { trace: 4, span: 1 }, ...WAITING])
  const [folder, deployed] = await imports(monday, '--max-dropped', '1')
  expect(deployed).toEqual(folder)
  expect(deployed).toMatchObject({ stored: 3, traces: { runs: 3, waiting: 1, dropped: [{ n: 1 }] } })
  const below = ['experience/runs/', 'experience/traces/', 'experience/index/']
  const there = await bytesBelow(twin.aws.store, ...below)
  expect(there).toEqual(await onFolder((store) => bytesBelow(store, ...below)))
  expect(Object.keys(there)).not.toEqual([])
  const rule = await readText(twin.aws.store.objects, keys.traceRule())
  expect(rule).toBe(await onFolder(({ objects }) => readText(objects, keys.traceRule())))
  const waits = (objects: Store['objects']) =>
    Array.fromAsync(streamValues<{ since: string }>(objects, keys.waiting()), ({ since: _, ...parts }) => parts)
  const waiting = await waits(twin.aws.store.objects)
  expect(waiting).toHaveLength(2)
  expect(waiting).toEqual(await onFolder(({ vault }) => waits(vault)))
})

test('the next day completes what waited, skips what overlaps, and holds the rule of the first', async () => {
  const rest = spans('tuesday.jsonl', [
    ...whole(3),
    ...whole(5),
    { trace: 9, span: 3, start: LONG_AGO + 9 * HOUR + 10 },
    { trace: 9, span: 1, end: LONG_AGO + 10 * HOUR },
  ])
  const [folder, deployed] = await imports(rest)
  expect(deployed).toEqual(folder)
  expect(deployed).toMatchObject({ stored: 2, unchanged: 1, traces: { traces: 3, runs: 3, waiting: 0 } })
  const other = await autotune('import', rest, '--split-key', 'key-of-these-tests', '--family', 'user', ...stack)
  expect([other.code, other.err]).toEqual([2, expect.stringContaining('--unit trace --family session')])
})

test('a deployed run pins what the imports left out, as a run on a folder does', async () => {
  const world = twin.place.runs('world.jsonl', aWorld({ search: 4, heldout: 80 }))
  const documents = [
    '--pack',
    twin.place.file('pack.json', aPack()),
    '--suite',
    twin.place.file('suite.json', aSuite()),
  ]
  await imports(world, ...documents)
  const [folder, deployed] = await both(
    'run',
    '--target',
    twin.place.file('target.json', aTarget()),
    '--run-id',
    'at_traces',
  )
  expect(deployed).toMatchObject({ reasons: (folder as { reasons: string[] }).reasons })
  const path = keys.autotuneRun('at_traces', 'target.json')
  const pinned = await readText(twin.aws.store.objects, path)
  expect(pinned).toBe(await onFolder(({ objects }) => readText(objects, path)))
  expect(JSON.parse(pinned!)).toMatchObject({ traces: { imports: 2, runs: 6, dropped: { no_model_call: 1 } } })
  const proposed = keys.autotuneRun('at_traces', 'selected-proposal.json')
  const proposal = await readJson<TuningProposal>(twin.aws.store.objects, proposed)
  expect(proposal?.excluded_cases.traces ?? null).toEqual(proposal && { n: 1, share: 1 / 7 })
})

test('a stored trace that comes with other content is refused by name, and a part of one skipped, in both places', async () => {
  const rows = [
    ...whole(5, { answer: 'another one' }),
    { trace: 9, span: 3, start: LONG_AGO + 9 * HOUR + 10 },
    ...whole(6),
  ]
  const file = spans('changed.jsonl', rows)
  for (const where of [['--store', twin.place.store], stack]) {
    const { code, err, json } = await autotune('import', file, '--split-key', 'key-of-these-tests', ...where, '--json')
    expect([code, err]).toEqual([
      3,
      expect.stringContaining(`trace ${hex(5, 32)} is already stored with other content`),
    ])
    const refused = { n: 1, runs: [{ run_id: hex(5, 32), reason: 'changed', why: null }] }
    expect(json()).toMatchObject({ stored: 1, unchanged: 0, traces: { parts: 1, refused } })
  }
})
