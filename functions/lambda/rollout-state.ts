/** A rollout as its workflow sees it. */
import { digestOf } from '#core/canonical.ts'
import type { RolloutState } from '#schemas/rollout-payloads.ts'
import type { RolloutItem } from '../steps/release/rollouts.ts'

/** Harm is looked for every hour, in every stage and in the window; a stage's own times are its configuration's. */
const LOOK_SECONDS = 3600

const GOES_ON: readonly string[] = ['running', 'paused', 'released']

export const rolloutState = ({ rollout: { rollout_id, status, stage } }: RolloutItem): RolloutState => ({
  rollout_id,
  status,
  stage,
  goes_on: GOES_ON.includes(status),
  seconds: LOOK_SECONDS,
  name: executionName(rollout_id),
})

/** Executions are named after their rollout, in 80 characters without a colon: the same name is never started twice. */
export const executionName = (rolloutId: string): string =>
  `${rolloutId.replaceAll(':', '-').slice(0, 60)}-${digestOf(rolloutId).slice(7, 15)}`
