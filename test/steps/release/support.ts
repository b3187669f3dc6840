/** A store whose run is approved, rollouts in it, and clocks that stand where a test wants them. */
import { expect } from 'vitest'
import { assignArm } from '#core/release/assign-arm.ts'
import { chainProblems } from '#core/release/record-chain.ts'
import type { Signer, Store } from '#ports'
import type { ProductionRun, Rollout, Routing } from '#schemas/release.ts'
import type { SignedRollout } from '#schemas/rollout-artifact.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Period } from '#schemas/stages.ts'
import { advanceRollout } from '../../../functions/steps/release/advance.ts'
import { readInForce } from '../../../functions/steps/release/in-force.ts'
import { recordProduction } from '../../../functions/steps/release/production.ts'
import { readRollout } from '../../../functions/steps/release/rollouts.ts'
import { startRunRollout } from '../../../functions/steps/release/start.ts'
import { verifyRollout } from '../../../functions/steps/release/verify.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { decideAtTerminal } from '../../../functions/steps/review/answer.ts'
import { openRunReview } from '../../../functions/steps/review/opening.ts'
import { readJson } from '../../../functions/streams/read-object.ts'
import { aConfig, type Measures, runsIn, SUBJECTS } from '../../core/release/builders.ts'
import { macHolds, sign } from '../../core/review/builders.ts'
import { aTarget, aWorld, INTENT } from '../../support/builders.ts'
import { memory, run, stocked, twin } from '../stores.ts'

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
  startRunRollout(store, transcriptEngine(), signer, { runId: 'r', config: aConfig({ subjects: SUBJECTS }), ...over })

export const rolloutOf = async (store: Store, id = ID): Promise<Rollout> => (await readRollout(store, id))!.rollout

/** Records at a moment that is after every run. */
export const record = (store: Store, runs: readonly ProductionRun[], id = ID) =>
  recordProduction(at(store, '2030-01-01T00:00:00.000Z'), id, async function* () {
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

/** The tuple that is in force, and whose rollout it is. */
export const inForce = async (store: Store) => (await readInForce(store, INTENT))!.body

/** What the latest transition published. */
export const latest = async <T>(store: Store, file: 'routing.json' | 'artifact.json'): Promise<T> =>
  (await readJson<T>(store.releases, keys.promotion(ID, (await rolloutOf(store)).revision, file)))!

/** Every record follows the one before, and everything published is as it was signed. */
export const holds = async (store: Store) => {
  expect(chainProblems(await rolloutOf(store))).toEqual([])
  expect((await verifyRollout(store, signer, ID)).differences).toEqual([])
}

/** Everyone is routed to the tuple before, and that one is in force. */
export const goesBack = async (store: Store, status: string) => {
  const { baseline, status: ended } = await rolloutOf(store)
  expect(ended).toBe(status)
  const { artifact } = await latest<SignedRollout>(store, 'artifact.json')
  expect(artifact).toMatchObject({ status, stage: null, rollback_target: baseline })
  const routing = await latest<Routing>(store, 'routing.json')
  for (let n = 0; n < 50; n++)
    expect(
      assignArm(routing, { id: `s${n}`, intent: INTENT, attributes: { internal: true, tier: 'standard' } }),
    ).toMatchObject({
      arm: 'baseline',
      release_tuple_id: baseline.release_tuple_id,
    })
  expect(await inForce(store)).toEqual({ release_tuple_id: baseline.release_tuple_id, rollout_id: null })
  await holds(store)
}

/** A store in every stage, and one whose rollout is released: made once a process, and copied by whoever goes on. */
async function makeStages(): Promise<{ readonly inStage: readonly Store[]; readonly released: Store }> {
  const store = at(await certified(), START)
  await approve(store, 'r')
  await start(store)
  const inStage: Store[] = []
  for (let steps = 0; steps < TO_RELEASE; steps++) {
    inStage.push(at(await twin(store), START))
    await forward(store, 1)
  }
  return { inStage, released: store }
}
let stages: ReturnType<typeof makeStages> | undefined
const made = () => {
  stages ??= makeStages()
  return stages
}

/** A store whose rollout stands in that stage. */
export const standing = async (stage: number): Promise<Store> => at(await twin((await made()).inStage[stage]!), START)

/** A store whose rollout is released. */
export const releasedStore = async (): Promise<Store> => at(await twin((await made()).released), START)
