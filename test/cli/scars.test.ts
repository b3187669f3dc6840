/** From an operator's correction to a case that no candidate may fail: scars on the search side, pinned by the next run. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { AutotuneRun, RunSummary } from '#schemas/run.ts'
import type { WeeklyCadence } from '#schemas/weekly.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { transcriptEngine } from '../../functions/steps/replay/transcript-engine.ts'
import { verifyRun } from '../../functions/steps/run/verify.ts'
import { someBands } from '../core/cadence/builders.ts'
import { run } from '../steps/stores.ts'
import { aWorld, INTENT } from '../support/builders.ts'
import { placeOfEachTest, ready } from './command-line.ts'

const place = placeOfEachTest()
const said = (run_id: string, passed: boolean, at: string) => ({
  run_id,
  at,
  by: 'ana@example.com',
  outcome: { passed },
})
const correct = async (...all: object[]): Promise<void> => {
  const lines = all.map((one) => JSON.stringify(one)).join('\n')
  expect((await place.at('correct', place.file('corrections.jsonl', lines))).err).toBe('')
}
const week = async (date: string): Promise<WeeklyCadence['intents'][0]['scars']> => {
  const at = await place.at('cadence', 'weekly', '--bands', join(place.dir, 'bands.json'), '--date', date, '--json')
  expect(at.err).toBe('')
  return (at.json() as { week: WeeklyCadence }).week.intents[0]!.scars
}
const ran = async (): Promise<RunSummary> => {
  const store = openStore(place.store, { durable: false })
  return await run(store, { runId: 'r' }).finally(() => store.close())
}
const fateOf = ({ candidates }: RunSummary, to: number) =>
  candidates.find(({ patch }) => patch['evidence.orders.top_k']!.to === to)!
const scars = (): string[] => {
  const folder = join(place.store, 'scars', INTENT)
  const files = existsSync(folder) ? readdirSync(folder) : []
  return files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')).case_id as string).sort()
}

/** One search family of many needs the third passage: one failure in 21 is within the limit of utility. */
beforeEach(async () => {
  place.file('bands.json', someBands([INTENT]))
  const corrections = [{ correction_id: 'c1', kind: 'outcome' as const, passed: false, operator: 'ben', notes: null }]
  const over = { date: '2025-01-01', operator_corrections: corrections }
  const extra = [
    { side: 'search' as const, gold: 3, required: 1 },
    { side: 'search' as const, gold: 1, required: 1, over },
  ]
  // What is said of a run is said after it began.
  const world = aWorld({ search: 20, heldout: 100, extra }).map((one) => ({ ...one, date: over.date }))
  await ready(place, world)
})

test('a failure that was corrected, and that passes by now, drops every candidate that fails it again', async () => {
  await correct(said('x0', false, '2025-01-02T10:00:00Z'), said('h0', false, '2025-01-02T10:00:00Z'))
  expect(await week('2025-01-03')).toMatchObject({ scars: 2, this_week: 2, list: expect.stringContaining('sha256:') })
  expect(scars()).toEqual(['x0', 'x1'])
  await correct(said('x0', true, '2025-01-04T10:00:00Z'))
  expect(await week('2025-01-10')).toMatchObject({ scars: 2, this_week: 0 })

  const summary = await ran()
  expect(fateOf(summary, 1)).toMatchObject({
    fate: 'scar',
    reason: 'x0 was corrected as failed, passes under the baseline, and fails here',
  })
  expect(fateOf(summary, 3).fate).toBe('won')
  expect(summary.reasons.join('\n')).toMatch(/2 scars must pass/)
  const pinned = JSON.parse(readFileSync(join(place.store, 'autotune/runs/r/target.json'), 'utf8')) as AutotuneRun
  expect(pinned.scars?.map(({ case_id }) => case_id)).toEqual(['x0', 'x1'])
  const store = openStore(place.store, { durable: false })
  const verified = await verifyRun(store, 'r', transcriptEngine()).finally(() => store.close())
  expect(verified).toMatchObject({ reproducible: true })
  expect((await place.at('verify', '--cadence', '2025-01-10', '--bands', join(place.dir, 'bands.json'))).code).toBe(0)
})

test('a scar that the baseline itself fails is shown as open and blocks nothing', async () => {
  await correct(said('x0', false, '2025-01-02T10:00:00Z'))
  await week('2025-01-03')
  const summary = await ran()
  expect(fateOf(summary, 1).fate).toBe('won')
  expect(summary.reasons.join('\n')).toMatch(/1 scar open, .*: x0/)
})

test('without a week there is none, and a later word that it passed makes none', async () => {
  expect(fateOf(await ran(), 1).fate).toBe('won')
  await correct(said('x0', false, '2025-01-02T10:00:00Z'), said('x0', true, '2025-01-02T11:00:00Z'))
  await correct(said('x1', true, '2025-01-02T10:00:00Z'), said('s0', false, '2025-01-05T10:00:00Z'))
  expect(await week('2025-01-03')).toEqual({ scars: 0, this_week: 0, list: null })
})

test('is erased with its run, and the week still verifies', async () => {
  await week('2025-01-03')
  expect(scars()).toEqual(['x1'])
  await place.at('erase', 'x1', '--reason', 'request 1', '--person', 'ana@example.com', '--yes')
  expect(scars()).toEqual([])
  expect((await place.at('verify')).out).not.toContain('scars of')
  expect((await place.at('verify', '--cadence', '2025-01-03', '--bands', join(place.dir, 'bands.json'))).out).toMatch(
    /^reproducible/,
  )
})

test('one that was removed is missed by verify', async () => {
  await week('2025-01-03')
  expect((await place.at('verify')).code).toBe(0)
  rmSync(join(place.store, 'scars'), { recursive: true })
  expect(await place.at('verify')).toMatchObject({
    code: 2,
    out: expect.stringMatching(/scars of \S+ are not those that the week until 2025-01-03 saw \(1, now 0\)/),
  })
})

test('a name that no file could have is a scar as well', async () => {
  const case_id = `Fall ${'ü'.repeat(290)}`
  const [made] = aWorld({ search: 0, heldout: 0, extra: [{ side: 'search', gold: 2 }] })
  const long = { ...made!, run_id: 'long', case_id, family_id: 'long', date: '2025-01-01' }
  const at = await place.at('import', place.runs('long.jsonl', [long]), '--split', 'recorded')
  expect(at.err).toBe('')
  await correct(said('long', false, '2025-01-02T10:00:00Z'))
  await week('2025-01-03')
  expect(scars()).toContain(case_id)
  expect((await place.at('case', 'long', '--by', 'Ö'.repeat(300))).code).toBe(0)
})
