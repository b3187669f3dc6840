/** Days that are judged by a process which is killed before any of its writes, and started again. */
import { expect, test } from 'vitest'
import type { Store } from '#ports'
import { Bands } from '#schemas/bands.ts'
import { judgeDays } from '../../../functions/steps/cadence/judge.ts'
import { queuedRuns } from '../../../functions/steps/cadence/queued.ts'
import { aSuite, aTarget, aWorld, INTENT } from '../../support/builders.ts'
import { contents, Killed, killedAtWrite, memory, stocked } from '../stores.ts'

const bands = Bands.parse({
  false_alarms_per_quarter: 1000,
  ready_after_hours: 0,
  revised_for_days: 7,
  cooldown_days: 30,
  runs_per_quarter: 9,
  intents: [
    {
      intent: INTENT,
      measured_by: { evals: aSuite().suite },
      bands: [{ metric: 'economics_tokens_per_decision', range: [0, 10_000], above: 0, target: aTarget() }],
    },
  ],
})
const DAYS = ['2026-11-01', '2026-11-02', '2026-11-03']
const world = aWorld().map((run, n) => ({ ...run, date: DAYS[n % DAYS.length]! }))
const asMade = (): Promise<Store> => stocked(memory(), world)
const kept = async (store: Store): Promise<Record<string, string>> =>
  Object.fromEntries(Object.entries(await contents(store)).filter(([key]) => key.startsWith('open/cadence/')))

test('leave the bytes of one that was not killed, and queue nothing twice', async () => {
  const whole = await asMade()
  const counting = killedAtWrite(whole, Number.MAX_SAFE_INTEGER)
  await judgeDays(counting.store, bands, DAYS[0]!)
  const days = await judgeDays(counting.store, bands, DAYS[2]!)
  const expected = await kept(whole)
  const queued = await queuedRuns(whole, bands, days)
  expect(counting.reached()).toBeGreaterThanOrEqual(6)
  for (let n = 1; n <= counting.reached(); n++) {
    const store = await asMade()
    const dying = killedAtWrite(store, n).store
    const first = judgeDays(dying, bands, DAYS[0]!).then(() => judgeDays(dying, bands, DAYS[2]!))
    await expect(first).rejects.toThrow(Killed)
    await judgeDays(store, bands, DAYS[0]!)
    const again = await judgeDays(store, bands, DAYS[2]!)
    expect(await kept(store)).toEqual(expected)
    expect((await queuedRuns(store, bands, again)).length).toBeLessThanOrEqual(queued.length)
  }
})
