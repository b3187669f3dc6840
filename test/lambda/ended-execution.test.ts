/** An execution that ends while one of its steps is still at work: no lock stays, wherever the two meet. */
import { describe, expect, it } from 'vitest'
import type { Store } from '#ports'
import { recordFailureFunction } from '../../functions/handlers/record-failure.ts'
import { startRunFunction } from '../../functions/handlers/start-run.ts'
import type { World } from '../../functions/lambda/world.ts'
import { holdLock, openLocks } from '../../functions/steps/run/lock.ts'
import { type RunRecord, runOfExecution } from '../../functions/steps/run/run-record.ts'
import { memory, stocked } from '../steps/stores.ts'
import { aTarget, aWorld, INTENT } from '../support/builders.ts'
import { NO_HARNESS } from '../support/workflow/no-harness.ts'

const EXECUTION = 'arn:aws:states:eu-central-1:1:execution:tuning:e1'
const BEGUN = '2026-11-23T03:00:00.000Z'
const STOPPED = Date.parse(BEGUN) + 60_000
const REDRIVEN = '2026-11-23T05:00:00.000Z'

const worldOf = (store: Store): World => ({ store, shardCases: 25, ...NO_HARNESS })
const request = { target: aTarget(), run_id: 'at_run' }
const ended = { executionArn: EXECUTION, status: 'ABORTED', stopDate: STOPPED } as const
const fail = (store: Store) => recordFailureFunction.work({ detail: ended }, worldOf(store))
const open = async (store: Store) => (await Array.fromAsync(openLocks(store))).map(({ run_id }) => run_id)
const stock = async () => stocked({ ...memory(), rolesApart: true as const }, aWorld({ search: 6, heldout: 40 }))

/** Something of a store, that waits for `touch` before each call. */
const touching = <T extends object>(inner: T, touch: () => Promise<void>): T =>
  new Proxy(inner, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown
      if (typeof value !== 'function') return value
      if (name === 'list' || name === 'query')
        return async function* (...args: unknown[]) {
          await touch()
          yield* value.apply(target, args)
        }
      return async (...args: unknown[]) => {
        await touch()
        return value.apply(target, args)
      }
    },
  })

/** Starts a run, and has its execution end just before the given touch of its store. False: it was over before. */
async function startWhileEnding(store: Store, at: number): Promise<boolean> {
  let touches = 0
  const touch = async () => {
    if (touches++ === at) await fail(store)
  }
  const met = { ...store, objects: touching(store.objects, touch), table: touching(store.table, touch) }
  const outcome = await startRunFunction
    .work({ request, execution: EXECUTION, begun: BEGUN }, worldOf(met))
    .then(() => 'started', String)
  const isMet = touches > at
  expect(outcome).toMatch(isMet ? /ended while this step was at work: redrive it/ : /^started$/)
  return isMet
}

describe('an execution that ends while StartRun is at work', () => {
  it('leaves no lock and no run that is said to go on, wherever the two meet', async () => {
    let met = 0
    for (; ; met++) {
      const store = await stock()
      const isMet = await startWhileEnding(store, met)
      // Past its last touch, as EventBridge tells it: the failure finds the lock.
      if (!isMet) await fail(store)
      expect([met, await open(store)]).toEqual([met, []])
      const line = (await runOfExecution(store, INTENT, EXECUTION))?.body as RunRecord
      expect([met, line.status]).toEqual([met, 'failed'])
      if (!isMet) break
    }
    expect(met).toBeGreaterThan(10)
  })

  it('is started again when it is redriven', async () => {
    const store = await stock()
    await fail(store)
    const again = { request, execution: EXECUTION, begun: REDRIVEN }
    expect(await startRunFunction.work(again, worldOf(store))).toMatchObject({ run_id: 'at_run' })
    expect(await open(store)).toEqual(['at_run'])
  })
})

describe('an execution that ends while a later step is at work', () => {
  const run = { intent: INTENT, risk_class: 'medium', run_id: 'at_run', execution: EXECUTION }

  it('leaves no lock: the step takes none that it found free', async () => {
    const store = await stock()
    await fail(store)
    await expect(holdLock(store, { ...run, begun: BEGUN }, 'about')).rejects.toThrow('redrive it')
    expect(await open(store)).toEqual([])
  })

  it('has its lock again when it is redriven', async () => {
    const store = await stock()
    await fail(store)
    await holdLock(store, { ...run, begun: REDRIVEN }, 'about')
    expect(await open(store)).toEqual(['at_run'])
    // Of two ends that are told in the wrong order, the last one stands.
    await fail(store)
    await holdLock(store, { ...run, begun: REDRIVEN }, 'about')
  })
})
