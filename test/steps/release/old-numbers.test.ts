/** A log of an earlier version, with numbers that no record holds today: it still loads and verifies, and nothing goes forward by it. */
import { beforeAll, expect, test } from 'vitest'
import { ProductionRun } from '#schemas/release.ts'
import { recordInbox } from '../../../functions/steps/release/inbox.ts'
import { verifyRollout } from '../../../functions/steps/release/verify.ts'
import { twin } from '../stores.ts'
import { advance, ID, produce, rolloutOf, signer, standing } from './support.ts'

let base: Awaited<ReturnType<typeof standing>>
beforeAll(async () => {
  base = await standing(0)
})

test.each([
  ['1e308 cents', { economics_cents: 1e308 }],
  ['-1 cents, as a sentinel', { economics_cents: -1 }],
  ['-1 ms, as a sentinel', { latency_ms: -1 }],
])('%s pauses the stage, and the rollout still verifies', async (_, measures) => {
  const store = await twin(base)
  await produce(store, { measure: () => measures })
  expect(await advance(store)).toMatchObject({ record: { verdict: 'paused' } })
  expect((await rolloutOf(store)).missing).toContain(
    'latency_ms' in measures ? 'unmeasured.latency' : 'unmeasured.economics_cents',
  )
  expect(await verifyRollout(store, signer, ID)).toMatchObject({ verified: true, differences: [] })
})

test('the same numbers are refused where they come in, with what to write instead', async () => {
  const store = await twin(base)
  await produce(store)
  const [segment] = await Array.fromAsync(store.objects.list('production/'))
  const [line] = Buffer.from((await store.objects.get(segment!))!)
    .toString()
    .split('\n')
  const run = { ...ProductionRun.parse(JSON.parse(line!)), run_id: 'new' }
  await store.objects.put(
    `inbox/production/${ID}/one.jsonl`,
    JSON.stringify({ ...run, measures: { ...run.measures, economics_cents: -1 } }),
  )
  expect(await recordInbox(store, ID)).toEqual({ recorded: 0, known: 0, refused: 1 })
  const [refused] = await Array.fromAsync(store.objects.list('inbox/refused/'))
  expect(Buffer.from((await store.objects.get(refused!))!).toString()).toMatch(
    /measures\.economics_cents: is 0 to 1000000000: what was not measured is null/,
  )
})
