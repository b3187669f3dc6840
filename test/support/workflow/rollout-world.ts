/** A certified and approved proposal, and its rollout in the synthesized workflow, hour by hour. */
import { beforeAll } from 'vitest'
import { canonical } from '#core/canonical.ts'
import { instantAfter } from '#core/instant.ts'
import { assignArm } from '#core/release/assign-arm.ts'
import type { Store } from '#ports'
import type { ProductionRun, Rollout, Routing } from '#schemas/release.ts'
import { keys } from '#schemas/s3-keys.ts'
import { PERIODS, type Period } from '#schemas/stages.ts'
import { readRollout } from '../../../functions/steps/release/rollouts.ts'
import { readJson } from '../../../functions/streams/read-object.ts'
import { type Measures, runsIn } from '../../core/release/builders.ts'
import { approve, certified } from '../../steps/release/support.ts'
import { copied, memory } from '../../steps/stores.ts'
import { journaled } from '../journaled.ts'
import { type Deployed, deploy, type Faults } from './deployed.ts'
import type { Started } from './machine.ts'
import type { RoutingTarget } from './outside.ts'
import { WorkflowError } from './workflow-error.ts'

export const ID = 'ro_r'
export const HOUR = 3600
export const STOP = { rollout_id: ID, by: 'fay@example.com', reason: 'customers report missing refunds' }

let unreviewed: Store
let made: Store
/** Makes what the worlds of a test file begin with. */
export const madeBefore = (): void =>
  beforeAll(async () => {
    made = await certified(journaled(memory()))
    unreviewed = await copied(made)
    await approve(made, 'r')
  }, 60_000)
/** A store with the same proposal before its review. */
export const notReviewed = (): Promise<Store> => copied(unreviewed)

export interface World extends Deployed {
  readonly store: Store
  readonly started: Started
  stored(): Promise<Rollout>
  routing(): Promise<Routing>
  /** The runtime hands in good runs of the present period; `measure` may spoil the candidate's. */
  produce(measure?: () => Partial<Measures>): Promise<void>
  /** Good runs, and the two hours that each stage takes. */
  forward(steps: number): Promise<void>
}

/** A world whose rollout has begun. */
export async function underway(faults: Faults = {}, routing?: RoutingTarget): Promise<World> {
  const store = await copied(made)
  const deployed = deploy(store, { faults, routing })
  const started = deployed.rollout({ run_id: 'r' })
  await deployed.clock.idle()
  const stored = async () => (await readRollout(store, ID))!.rollout
  let files = 0
  const produce = async (measure: () => Partial<Measures> = () => ({})) => {
    const rollout = await stored()
    const period: Period = rollout.status === 'released' ? 'window' : rollout.stage
    const runs = runsIn(beforehand(rollout), period, 120, (arm) => (arm === 'candidate' ? measure() : {}))
    await handIn(deployed, `${String(++files).padStart(4, '0')}.jsonl`, runs)
  }
  return {
    ...deployed,
    store,
    started,
    stored,
    produce,
    async routing() {
      const { revision } = await stored()
      return (await readJson<Routing>(deployed.runtime.releases, keys.promotion(ID, revision, 'routing.json')))!
    },
    async forward(steps) {
      for (let i = 0; i < steps; i++) {
        await produce()
        // A minute more for a function that was tried again.
        await deployed.clock.pass(2 * HOUR + 60)
      }
    },
  }
}

/** Runs are over by the time that they are handed in, and so are the windows of their subjects. */
const beforehand = (rollout: Rollout): Rollout => ({
  ...rollout,
  entered_at: instantAfter(
    rollout.entered_at,
    -24 * (30 - PERIODS.indexOf(rollout.stage) - (rollout.status === 'released' ? 1 : 0)),
  ),
})

const handIn = ({ runtime }: Deployed, name: string, runs: readonly ProductionRun[]) =>
  runtime.objects.put(keys.productionInbox(ID) + name, runs.map((run) => `${canonical(run)}\n`).join(''))
/** What a function that is killed throws. */
export const killed = () => {
  throw new WorkflowError('Lambda.Unknown', 'the function was killed')
}
export const verdicts = ({ records }: Rollout) => records.map((r) => r.verdict)
/** Measures of a candidate that fails. */
export const HARM = () => ({ utility_score: 0, utility_passed: false })
/** Release tuples that fifty subjects get. */
export const arms = (routing: Routing) =>
  new Set(
    Array.from({ length: 50 }, (_, n) => assignArm(routing, { id: `s${n}`, intent: routing.intent }).release_tuple_id),
  )
