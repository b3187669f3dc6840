/** `autotune cadence quarterly`: the year's budget, limits with what they caught, another suite beside the one in use, and `verify`. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { thisProcess } from '#adapters/local/holder.ts'
import type { QuarterlyCadence } from '#schemas/quarterly.ts'
import { refundRuns } from '../../functions/demo/generate.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { importAlone } from '../../functions/steps/experience/import-lock.ts'
import { placeOfEachTest, type Workplace, workplace } from './command-line.ts'

const place = placeOfEachTest()
const RUN = 'q_first'

/** A store with a run that asked its held-out set. */
let made: Workplace
beforeAll(async () => {
  made = workplace()
  await made.at('init', '--dir', made.dir)
  const documents = ['pack', 'suite', 'prices'].flatMap((name) => [`--${name}`, join(made.dir, `${name}.json`)])
  const file = made.runs('runs.jsonl', [...refundRuns({ families: 1200 })])
  expect((await made.at('import', file, ...documents, '--split-key', 'key-of-these-tests')).code).toBe(0)
  expect((await made.at('run', '--target', join(made.dir, 'target.json'), '--run-id', RUN)).code).toBe(0)
}, 300_000)
afterAll(() => made.dispose())
beforeEach(() => cpSync(made.dir, place.dir, { recursive: true }))

const bandsFile = (): string => join(place.dir, 'bands.json')
const change = (over: object): void =>
  writeFileSync(bandsFile(), JSON.stringify({ ...JSON.parse(readFileSync(bandsFile(), 'utf8')), ...over }))
const quarterly = (...argv: string[]) => place.at('cadence', 'quarterly', '--bands', bandsFile(), ...argv)
const until = async (now: Date, ...argv: string[]): Promise<QuarterlyCadence> => {
  const { code, err, json } = await quarterly('--date', now.toISOString().slice(0, 10), '--json', ...argv)
  expect([code, err]).toEqual([0, ''])
  return (json() as { quarter: QuarterlyCadence }).quarter
}
const YESTERDAY = new Date(Date.now() - 86_400_000)

test('counts nothing that came after its last day, and says what no budget is declared of', async () => {
  const quarter = await until(YESTERDAY)
  expect(quarter.intents[0]).toMatchObject({
    year: { questions: 0, spent: 0 },
    limits: [],
    stale: [],
    rebaseline: null,
  })
  expect((await quarterly('--date', YESTERDAY.toISOString().slice(0, 10))).out).toMatch(
    /no budget is declared \(error_budget_per_year\)[\s\S]*later +q_first ended certified on .*next\s+quarter/,
  )
})

test('a day that is not over is refused, and so is one before the last quarter', async () => {
  expect((await quarterly('--date', '2999-12-31')).err).toMatch(/2999-12-31 is not over yet/)
  await until(YESTERDAY)
  expect((await quarterly('--date', '2025-01-01')).err).toMatch(/2025-01-01 lies before/)
})

test('puts another suite beside the one in use: what flips, and which sealed versions would end', async () => {
  const suite = JSON.parse(readFileSync(join(place.dir, 'suite.json'), 'utf8'))
  suite.suite = 'evals.refund@3.0.0'
  suite.evaluators = suite.evaluators.filter((e: { dimension: string }) => e.dimension !== 'safety')
  expect((await place.at('import', '--suite', place.file('suite3.json', suite))).code).toBe(0)
  const { rebaseline } = (await until(YESTERDAY, '--suite', 'evals.refund@3.0.0')).intents[0]!
  expect(rebaseline).toMatchObject({
    from: 'evals.refund@2.4.0',
    to: 'evals.refund@3.0.0',
    flipped_runs: rebaseline!.runs,
  })
  expect(rebaseline!.runs).toBeGreaterThan(500)
  expect(rebaseline!.flips.every(({ measure, now }) => measure === 'safety_violation' && now === null)).toBe(true)
  const before = workplace()
  try {
    cpSync(made.store, before.store, { recursive: true })
    expect(
      (await before.at('cadence', 'quarterly', '--bands', bandsFile(), '--suite', 'evals.none@1.0.0')).err,
    ).toMatch(/--suite names evals.none@1.0.0, which is not in this store: "autotune import --suite FILE" publishes it/)
  } finally {
    before.dispose()
  }
})

test('verify recomputes it, and names what was changed', async () => {
  const { date } = await until(YESTERDAY)
  const verify = () => place.at('verify', '--cadence', date, '--bands', bandsFile())
  expect((await verify()).out).toMatch(/^reproducible: quarter until/)
  const path = join(place.store, 'cadence', 'quarterly', `${date}.json`)
  writeFileSync(path, readFileSync(path, 'utf8').replace('"spent":0', '"spent":0.04'))
  const { code, out } = await verify()
  expect([code, out]).toEqual([2, expect.stringMatching(/^NOT REPRODUCIBLE: quarter until(.|\n)*support.refund/)])
})

test('--resplit ends what was asked, says what moved, is verified, and goes once a quarter', async () => {
  const split = (...argv: string[]) => quarterly('--resplit', 'support.refund', '--by', 'ana@example.com', ...argv)
  const { code, out, err } = await split()
  expect([code, err]).toEqual([0, ''])
  const today = new Date().toISOString().slice(0, 10)
  expect(out).toMatch(new RegExp(`split {4}support\\.refund anew on ${today} by ana@example.com: epoch 1, key sha256:`))
  expect(out).toMatch(/to the search: 0 sealed families that nobody asked, and \d+ of 0 retired versions/)
  expect((await place.at('verify', '--cadence', today)).out).toMatch(/^reproducible: support\.refund split anew/)
  const { json } = await split('--json')
  expect((json() as { resplit: object }).resplit).toMatchObject({ epoch: 1, by: 'ana@example.com' })
  expect((await place.at('verify', RUN)).code).toBe(0)
  expect((await quarterly('--resplit', 'order.change')).err).toMatch(/no pack in this store has the intent/)
})

test('--resplit waits for an import that is under way, which splits by the key of before', async () => {
  const store = openStore(place.store, { durable: false })
  await importAlone(store, thisProcess(), async () => {
    const { code, err } = await quarterly('--resplit', 'support.refund', '--by', 'ana@example.com')
    expect([code, err]).toEqual([2, expect.stringMatching(/another import writes into this store/)])
  }).finally(() => store.close())
  expect((await place.at('verify', '--cadence', new Date().toISOString().slice(0, 10))).code).toBe(2)
})

test('a year that is spent starts no run of the routine', async () => {
  const bands = JSON.parse(readFileSync(bandsFile(), 'utf8'))
  Object.assign(bands.intents[0].bands[4], { above: 0.5, range: [0, 4] })
  change({ ...bands, false_alarms_per_quarter: 100, error_budget_per_year: 0.0001 })
  const { code, json } = await place.at('cadence', 'daily', '--bands', bandsFile(), '--date', '2026-04-03', '--json')
  const { day, started } = json() as {
    day: { intents: { queue: { why: string; says: string }[] }[] }
    started: unknown[]
  }
  expect([code, started]).toEqual([0, []])
  expect(day.intents[0]!.queue).toMatchObject([
    { why: 'year_spent', says: expect.stringContaining('error_budget_per_year') },
  ])
  // One that a person starts is refused as well, until the owner's word is in the bands.
  const byHand = () => place.at('run', '--target', join(place.dir, 'target.json'), '--run-id', 'by_hand')
  expect(await byHand()).toMatchObject({
    code: 2,
    err: expect.stringMatching(
      /spent 0\.\d+ of 0\.0001 \(0\.\d+ by run q_first on support\.refund.*autotune cadence sign budget/,
    ),
  })
  change({ error_budget_per_year: 0.5 })
  expect((await quarterly()).out).toMatch(/0\.0001 holds since .*: a higher one takes its owner's signature/)
  const sign = (...argv: string[]) =>
    place.at('cadence', 'sign', ...argv, '--bands', bandsFile(), '--by', 'ana@example.com')
  expect((await sign('budget', '0.5')).out).toMatch(/signed {3}an error budget of 0\.5 a year by ana@example\.com/)
  expect((await quarterly()).out).not.toMatch(/signature/)
  expect((await byHand()).err).not.toMatch(/error budget/)
  expect((await sign('limit', 'support.refund', 'policy')).code).toBe(0)
  const { signed_limits } = JSON.parse(readFileSync(bandsFile(), 'utf8'))
  expect(signed_limits).toMatchObject([{ intent: 'support.refund', guardrail: 'policy', owner: 'ana@example.com' }])
  for (const wrong of [
    ['limit', 'a', 'policy'],
    ['limit', 'support.refund', 'joy'],
    ['budget', '2'],
    ['joy'],
    ['limit'],
  ])
    expect((await sign(...wrong)).code).toBe(2)
})
