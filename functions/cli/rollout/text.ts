/** What people read of a rollout on a terminal. Values in, lines out. */

import type { ReleaseVerdict } from '#core/release/monitor.ts'
import type { Moved } from '#core/release/rollout.ts'
import type { StageVerdict } from '#core/release/stage-verdict.ts'
import type { PromotionRecord, Rollout, StageRow } from '#schemas/release.ts'

/** Where a rollout stands, in one line. */
export function standLine({ rollout_id, status, stage, entered_at, deadline, missing, config }: Rollout): string {
  switch (status) {
    case 'running':
      return `rollout ${rollout_id}: in ${stage} since ${entered_at}, at least ${config.stages[stage].dwell_hours} hours, until ${deadline} at most`
    case 'paused':
      return `rollout ${rollout_id}: PAUSED in ${stage}: ${missing.join(', ')}`
    case 'released':
      return `rollout ${rollout_id}: released; watched until ${deadline}`
    case 'kept':
      return `rollout ${rollout_id}: released and kept`
    case 'superseded':
      return `rollout ${rollout_id}: superseded by a newer release`
    default:
      return `rollout ${rollout_id}: ${status.replace('_', ' ').toUpperCase()}: the whole prior tuple serves everyone`
  }
}

/** What a step did, or why it did nothing. */
export function transitionLines({ item, record, unchanged }: Moved): string[] {
  return record === null
    ? [standLine(item.rollout), `unchanged: ${unchanged}`]
    : [recordLine(record), standLine(item.rollout), ...reasonLines(record)]
}

const recordLine = ({ seq, at, verdict, from_stage, to_stage, by }: PromotionRecord): string =>
  `${String(seq).padStart(3)}  ${at}  ${verdict.padEnd(11)} ${from_stage ?? '-'} -> ${to_stage ?? '-'}  by ${by}`

/** What spoke against going on; what held is in the record itself. */
const reasonLines = ({ reasons }: PromotionRecord): string[] =>
  reasons.filter((r) => r.verdict !== 'good').map((r) => `     ${r.rule}: ${r.note}`)

/** One line a rule: what fails first. */
export function rowLines(rows: readonly StageRow[]): string[] {
  const order: readonly StageRow['verdict'][] = ['bad', 'missing', 'good', 'not_measured']
  return [...rows]
    .sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))
    .map((r) => `   ${r.verdict.replace('_', ' ').padEnd(13)} ${r.rule.padEnd(26)} ${r.note}`)
}

/** The whole story: where it stands, who approved it, the way back, every record, and the verdict on today's data. */
export function storyLines(rollout: Rollout, latest: StageVerdict | ReleaseVerdict | null): string[] {
  const { baseline, candidate, approver, rollback_replay, records } = rollout
  return [
    standLine(rollout),
    `intent    ${rollout.intent} (${rollout.risk_class}), proposal ${rollout.tuning_proposal_id}, review ${rollout.review_id}`,
    `release   ${candidate.release_tuple_id}: ${candidate.refs.pack}`,
    `way back  ${baseline.release_tuple_id}: ${Object.values(baseline.refs).join(', ')}`,
    `          replayed before the start: ${rollback_replay.reproduced} of ${rollback_replay.cases} cases reproduce`,
    `approved  ${approver.map((a) => `${a.reviewer} as ${a.role}`).join(', ')}`,
    'records',
    ...records.flatMap((r) => [recordLine(r), ...reasonLines(r)]),
    ...(latest === null
      ? []
      : [`the data as it stands says ${latest.verdict.replace('_', ' ')}`, ...rowLines(latest.rows)]),
  ]
}
