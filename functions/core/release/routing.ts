/** From a rollout to what a runtime reads: the routing document, as plain JSON and as AWS AppConfig hosted configuration. */
import type { Rollout, Routing } from '#schemas/release.ts'
import { STAGES } from '#schemas/stages.ts'
import { canonical, digestOf } from '../canonical.ts'
import { needsLowRiskCohort } from './low-risk.ts'

/** The largest hosted configuration that AppConfig stores by default, in bytes. */
export const APPCONFIG_MAX_BYTES = 1_048_576

/**
 * Routing document of a rollout: cohorts of its stage and of every stage before it. After an end that goes back there are
 * none. A high-risk intent without a declared low-risk cohort gets an empty one there: it pauses, and nobody is added.
 */
export function routingOf(rollout: Rollout): Routing {
  const { status, stage, config } = rollout
  const back = status === 'rolled_back' || status === 'stopped' || status === 'retired'
  const reached = back ? [] : STAGES.slice(0, STAGES.indexOf(stage) + 1)
  const closed = needsLowRiskCohort(rollout)
  return {
    routing_version: 1,
    rollout_id: rollout.rollout_id,
    revision: rollout.revision,
    intent: rollout.intent,
    baseline: rollout.baseline.release_tuple_id,
    candidate: rollout.candidate.release_tuple_id,
    period: back ? null : status === 'running' || status === 'paused' ? stage : 'window',
    cohorts: reached.map((name) => {
      const { share, shadow_share, where } = config.stages[name].cohort
      return { stage: name, share: closed && name === '5%_low_risk' ? 0 : share, shadow_share, where }
    }),
  }
}

/** A value to create a hosted configuration version from: `CreateHostedConfigurationVersion` takes it field by field. */
export interface HostedConfiguration {
  readonly Content: string
  readonly ContentType: 'application/json'
  readonly Description: string
  readonly VersionLabel: string
}

/** A label has at most this many characters, of which at least one is no digit. */
const LABEL_MAX = 64

/** Unique over all rollouts and revisions: a revision takes at most 8 characters of it. */
function labelOf({ rollout_id: id, revision }: Routing): string {
  const room = LABEL_MAX - 8
  const name = id.length <= room ? id : `${id.slice(0, room - 17)}-${digestOf(id).slice(7, 23)}`
  return `${name}.r${revision}`
}

/**
 * The routing document as AppConfig hosted configuration. The label carries rollout and revision, so that two writers of
 * one transition make one version, not two.
 * @throws RangeError when the document is too large for AppConfig
 */
export function appConfigOf(routing: Routing): HostedConfiguration {
  const content = canonical(routing)
  const bytes = Buffer.byteLength(content, 'utf8')
  if (bytes > APPCONFIG_MAX_BYTES)
    throw new RangeError(`routing document has ${bytes} bytes, AppConfig takes ${APPCONFIG_MAX_BYTES}`)
  return {
    Content: content,
    ContentType: 'application/json',
    Description: `${routing.rollout_id} revision ${routing.revision}: ${routing.period ?? 'baseline for everyone'}`,
    VersionLabel: labelOf(routing),
  }
}
