/** Days that are judged by a process which is killed before any of its writes, and started again. */
import { expect, test } from 'vitest'
import type { Store } from '#ports'
import { judgeDays } from '../../../functions/steps/cadence/judge.ts'
import { queuedRuns } from '../../../functions/steps/cadence/queued.ts'
import { DAYS, onDays, theBands } from '../../support/bands.ts'
import { contents, Killed, killedAtWrite, memory, stocked } from '../stores.ts'

const bands = theBands()
const world = onDays()
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
