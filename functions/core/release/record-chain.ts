/** Does a rollout's chain of promotion records hold, and does it lead to the state that the item claims? For the auditor. */
import type { Rollout, RolloutStatus } from '#schemas/release.ts'
import { STAGES } from '#schemas/stages.ts'
import { digestOf } from '../canonical.ts'
import { isActive } from './status.ts'

/** Status after a record of each verdict; `advanced` past the last stage is `released`. */
const LEADS_TO: Readonly<Record<Rollout['records'][number]['verdict'], RolloutStatus>> = {
  advanced: 'running',
  paused: 'paused',
  resumed: 'running',
  rolled_back: 'rolled_back',
  stopped: 'stopped',
  kept: 'kept',
  superseded: 'superseded',
  retired: 'retired',
}

/**
 * The rollout as it stood at a revision, as far as its artifact shows it: every artifact can be computed again from the
 * last item. Deadline and standing pause are not in an artifact, and stay as they are.
 */
export function rolloutAt(rollout: Rollout, revision: number): Rollout {
  const records = rollout.records.slice(0, revision + 1)
  const last = records.at(-1)!
  const stage = records.findLast((r) => r.to_stage !== null)!.to_stage!
  return { ...rollout, records, revision, stage, status: statusAfter(last) }
}

const statusAfter = ({ verdict, to_stage }: Rollout['records'][number]): RolloutStatus =>
  verdict === 'advanced' && to_stage === null ? 'released' : LEADS_TO[verdict]

/** What is wrong with the records; nothing when every link, every step and the final state hold. */
export function chainProblems(rollout: Rollout): string[] {
  const problems: string[] = []
  const { records, config, baseline, rollout_id } = rollout
  const thresholds = digestOf(config)
  let stage: string | null = null
  let status: RolloutStatus | null = null
  records.forEach((record, i) => {
    const say = (what: string) => problems.push(`record ${i}: ${what}`)
    const before = records[i - 1]
    if (record.previous !== (before ? digestOf(before) : null)) say('does not follow the one before it')
    if (record.seq !== i || record.rollout_id !== rollout_id) say('stands in the wrong place')
    if (record.thresholds !== thresholds) say('was made under another configuration')
    if (record.rollback_target !== baseline.release_tuple_id) say('names another rollback target')
    if (record.from_stage !== stage) say(`leaves ${record.from_stage}, the rollout stood in ${stage}`)
    if (!isStep(record.verdict, stage, record.to_stage, status))
      say(`${record.verdict} to ${record.to_stage} is no step`)
    status = statusAfter(record)
    stage = record.to_stage
  })
  if (status !== rollout.status) problems.push(`the records end ${status}, the item says ${rollout.status}`)
  if (stage !== null && stage !== rollout.stage)
    problems.push(`the records end in ${stage}, the item says ${rollout.stage}`)
  if (rollout.revision !== records.length - 1)
    problems.push(`revision ${rollout.revision} with ${records.length} records: a record is missing or one too many`)
  return problems
}

function isStep(verdict: string, from: string | null, to: string | null, status: RolloutStatus | null): boolean {
  const next = from === null ? STAGES[0] : (STAGES[STAGES.indexOf(from as (typeof STAGES)[number]) + 1] ?? null)
  const active = status !== null && isActive(status)
  switch (verdict) {
    case 'advanced':
      return (status === null || active) && to === next
    case 'paused':
      return active && to === from
    case 'resumed':
      return status === 'paused' && to === from
    case 'rolled_back':
      return (active || status === 'released') && to === null
    case 'stopped':
      return (active || status === 'released' || status === 'kept') && to === null
    default:
      return status === 'released' && to === null
  }
}
