/** A store whose run is approved, rollouts in it, and clocks that stand where a test wants them. */
import { expect } from 'vitest'
import type { Signer, Store } from '#ports'
import type { ProductionRun, Rollout } from '#schemas/release.ts'
import type { Period } from '#schemas/stages.ts'
import { advanceRollout } from '../../../functions/steps/release/advance.ts'
import { recordProduction } from '../../../functions/steps/release/production.ts'
import { readRollout } from '../../../functions/steps/release/rollouts.ts'
import { startRunRollout } from '../../../functions/steps/release/start.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { decideAtTerminal } from '../../../functions/steps/review/answer.ts'
import { openRunReview } from '../../../functions/steps/review/opening.ts'
import { aConfig, type Measures, runsIn } from '../../core/release/builders.ts'
import { macHolds, sign } from '../../core/review/builders.ts'
import { aTarget, aWorld } from '../../support/builders.ts'
import { memory, run, stocked } from '../stores.ts'

export const signer: Signer = {
  key: 'test',
  sign: async (text) => sign(text),
  holds: async (text, mac) => macHolds(text, mac),
}

export const ID = 'ro_r'
export const START = '2026-11-24T00:00:00.000Z'
export const HAND = { by: 'fay@acme', reason: 'enough' }

/** The same store at a moment that stands still. */
export const at = (store: Store, now: string): Store => ({ ...store, clock: { now: () => now } })

const SEATS = [
  { role: 'reliability', reviewer: 'ana' },
  { role: 'policy', reviewer: 'ben' },
]

export async function reviewed(store: Store, runId: string): Promise<void> {
  let nonces = 0
  const nonce = () => `${runId.length}${nonces++}`.padStart(32, '0')
  await openRunReview(store, transcriptEngine(), { runId, seats: SEATS, expiresHours: 72, nonce })
}

export async function approve(store: Store, runId: string): Promise<void> {
  await reviewed(store, runId)
  for (const seat of SEATS)
    await decideAtTerminal(store, runId, { ...seat, decision: 'approved', reason: null, shown: null })
}

/** A store with a certified run `r`; not reviewed yet. */
export async function certified(store: Store = memory()): Promise<Store> {
  await stocked(store, aWorld({ search: 6, heldout: 100 }))
  expect((await run(store, { target: aTarget(), runId: 'r' })).verdict).toBe('certified')
  return store
}

export const start = (store: Store, over: Partial<Parameters<typeof startRunRollout>[3]> = {}) =>
  startRunRollout(store, transcriptEngine(), signer, { runId: 'r', config: aConfig(), ...over })

export const rolloutOf = async (store: Store, id = ID): Promise<Rollout> => (await readRollout(store, id))!.rollout

export const record = (store: Store, runs: readonly ProductionRun[], id = ID) =>
  recordProduction(store, id, async function* () {
    for (const [i, run] of runs.entries()) yield { run, at: `runs.jsonl: line ${i + 1}` }
  })

/** Good runs of the present period, enough of them unless told otherwise; `measure` may spoil each. */
export async function produce(
  store: Store,
  {
    id = ID,
    count = 120,
    measure = () => ({}),
  }: { id?: string; count?: number; measure?: () => Partial<Measures> } = {},
): Promise<void> {
  const rollout = await rolloutOf(store, id)
  const period: Period = rollout.status === 'released' ? 'window' : rollout.stage
  const runs = runsIn(rollout, period, count, (arm) => (arm === 'candidate' ? measure() : {}))
  await record(
    store,
    runs.map((r) => ({ ...r, run_id: `${id}-${r.run_id}` })),
    id,
  )
}

/** Advances at the moment when the stage has dwelt long enough, or the window is over. */
export async function advance(store: Store, id = ID) {
  const rollout = await rolloutOf(store, id)
  const { entered_at, deadline, config, stage } = rollout
  const dwelt = new Date(Date.parse(entered_at) + config.stages[stage].dwell_hours * 3_600_000).toISOString()
  return await advanceRollout(at(store, rollout.status === 'released' ? deadline : dwelt), signer, id)
}

/** Brings a started rollout so many steps forward on good data. */
export async function forward(store: Store, steps: number, id = ID): Promise<Store> {
  for (let i = 0; i < steps; i++) {
    await produce(store, { id })
    expect((await advance(store, id)).record?.verdict).toBe('advanced')
  }
  return store
}

/** Steps from the start to the release. */
export const TO_RELEASE = 5
