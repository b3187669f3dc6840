/** From a rollout to what a runtime reads: the routing document, as plain JSON and as AWS AppConfig hosted configuration. */
import type { Rollout, Routing } from '#schemas/release.ts'
import { RISK_CLASSES, STAGES } from '#schemas/stages.ts'
import { isActive, isBack } from './status.ts'

/**
 * Routing document of a rollout: cohorts of its stage and of every stage before it. After an end that goes back there are
 * none. A high-risk intent without a declared low-risk cohort gets an empty one there: it pauses, and nobody is added.
 */
export function routingOf(rollout: Rollout): Routing {
  const { status, stage, config } = rollout
  const back = isBack(status)
  const reached = back ? [] : STAGES.slice(0, STAGES.indexOf(stage) + 1)
  const closed = needsLowRiskCohort(rollout)
  return {
    routing_version: 1,
    rollout_id: rollout.rollout_id,
    revision: rollout.revision,
    intent: rollout.intent,
    baseline: rollout.baseline.release_tuple_id,
    candidate: rollout.candidate.release_tuple_id,
    period: back ? null : isActive(status) ? stage : 'window',
    cohorts: reached.map((name) => {
      const { share, shadow_share, where } = config.stages[name].cohort
      return { stage: name, share: closed && name === '5%_low_risk' ? 0 : share, shadow_share, where }
    }),
  }
}

/** Above `local_write` an intent may widen at `5%_low_risk` only to a cohort whose attributes are named. */
export const needsLowRiskCohort = ({ risk_class, config }: Pick<Rollout, 'risk_class' | 'config'>): boolean =>
  RISK_CLASSES.indexOf(risk_class) > RISK_CLASSES.indexOf('local_write') &&
  config.stages['5%_low_risk'].cohort.where === null
