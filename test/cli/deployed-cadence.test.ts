/** `cadence show` and `verify --cadence` on a deployment: what its routine judged is shown and checked from a laptop. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IntentMonth } from '#core/cadence/month.ts'
import { keys } from '#schemas/s3-keys.ts'
import { type Account, account } from '../support/aws/account.ts'
import { DAYS, onDays, theBands } from '../support/bands.ts'
import { aPack, aSuite, INTENT } from '../support/builders.ts'
import { deploy } from '../support/workflow/deployed.ts'
import { autotune, type Workplace, workplace } from './command-line.ts'

const stack = ['--stack', 'Autotune']
let aws: Account
let place: Workplace
let bands: string[]

beforeAll(async () => {
  aws = await account()
  place = workplace()
  bands = ['--bands', place.file('bands.json', theBands())]
  const documents = ['--pack', place.file('pack.json', aPack()), '--suite', place.file('suite.json', aSuite())]
  const runs = place.runs('runs.jsonl', onDays())
  const { err, code } = await autotune(
    ...['import', runs, ...documents, '--split', 'recorded', '--split-key', 'key-of-these-tests'],
    ...stack,
  )
  expect([code, err]).toEqual([0, expect.not.stringMatching(/^autotune:/m)])
}, 120_000)
afterAll(async () => {
  place.dispose()
  await aws.stop()
})

test('a deployment without a judged day says so', async () => {
  const { code, err } = await autotune('cadence', 'show', ...bands, ...stack)
  expect([code, err]).toEqual([2, expect.stringContaining('no day was judged in this store')])
})

test('the day that the routine judged is shown, and holds; a changed one does not', async () => {
  const world = deploy(aws.store)
  expect((await world.daily('2026-11-23T00:15:00.000Z', { date: DAYS[0] }).ended).error).toBeNull()
  // The run that it started is looked at by others; here it only has to end before the account does.
  await Promise.all([...world.executions.values()].map(({ ended }) => ended))
  const shown = await autotune('cadence', 'show', ...bands, ...stack)
  expect(shown.code).toBe(0)
  expect(shown.out).toContain(DAYS[0])
  expect(shown.out).toContain(`at_2026_11_01_${INTENT}_economics_tokens_per_decision`)
  expect((await autotune('cadence', 'show', ...bands, ...stack, '--exit-code')).code).toBe(3)

  const month = await autotune('report', '--intent', INTENT, ...stack)
  expect([month.code, month.out]).toEqual([
    0,
    expect.stringMatching(
      /economics tokens per decision broke above 0 tokens on 1 November, .* was queued on 1 November/,
    ),
  ])

  // Days behind it have runs and are not judged yet: drawn as on a laptop, by the bands that the routine kept.
  const { days, charts }: IntentMonth = (await autotune('report', '--intent', INTENT, ...stack, '--json')).json()
  const open = (all: IntentMonth['days'] | IntentMonth['charts'][number]['points']) =>
    [...all].filter(({ state }) => state === 'open').map(({ date }) => date)
  expect([open(days), ...charts.map(({ points }) => open(points))]).toEqual([DAYS.slice(1), DAYS.slice(1)])

  const verify = ['verify', '--cadence', DAYS[0], ...bands, ...stack]
  expect((await autotune(...verify, '--json')).json()).toMatchObject({
    reproducible: true,
    day: { intents: 1, problems: [] },
  })
  const key = keys.dailyCadence(DAYS[0])
  const day = JSON.parse(Buffer.from((await aws.store.objects.get(key))!).toString())
  day.intents[0].series[0].mean = 1
  await aws.store.objects.put(key, JSON.stringify(day))
  const { code, out } = await autotune(...verify)
  expect([code, out]).toEqual([2, expect.stringContaining('NOT REPRODUCIBLE')])
})

test('what judges and learns on a laptop refuses a deployment in plain words', async () => {
  for (const argv of [
    ['daily'],
    ['learn', INTENT, 'utility', '--from', DAYS[0], '--to', DAYS[2], '--tolerance', '1'],
  ]) {
    const { code, err } = await autotune('cadence', ...argv, ...bands, ...stack)
    expect([code, err]).toEqual([2, expect.stringContaining('works on a folder, not on a deployment in AWS')])
  }
})
