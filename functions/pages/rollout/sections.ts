/** Sections of a rollout's page: both arms, what happened, who approved it, and the kill switch. */
import { html } from 'hono/html'
import { digestOf } from '#core/canonical.ts'
import { isBack } from '#core/release/status.ts'
import type { Rollout } from '#schemas/release.ts'
import type { StageCohort } from '#schemas/stage-config.ts'
import { count, moment, number, percent, visible } from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'
import { failing, rowsTables } from './stage-rows.ts'

/** Who gets the candidate in a stage, in words. */
export function cohortText({ share, shadow_share, where }: StageCohort): string {
  const among = where
    ?.map((c) => `${visible(c.attribute)} is ${c.in.map((v) => visible(String(v))).join(' or ')}`)
    .join(' and ')
  const served =
    share === 0
      ? 'nobody'
      : share === 1 && where === null
        ? 'everyone'
        : `${percent(share)} of ${among ? `those whose ${among}` : 'all'}`
  return shadow_share > 0 ? `${served}, ${percent(shadow_share)} in shadow` : served
}

/** What each arm runs, and what differs between them. */
export function arms({ baseline, candidate }: Rollout): Html {
  const names = [...new Set([...Object.keys(baseline.refs), ...Object.keys(candidate.refs)])]
  const of = (tuple: typeof baseline, name: string): string =>
    visible((tuple.refs as Record<string, string>)[name] ?? '-')
  return table(
    'tuples',
    'Release tuples; rollback restores the baseline whole',
    ['part', 'baseline', 'candidate'],
    [
      [
        'tuple',
        html`<span class="mono">${visible(baseline.release_tuple_id)}</span>`,
        html`<span class="mono">${visible(candidate.release_tuple_id)}</span>`,
      ],
      ...names.map((name) => {
        const [before, after] = [of(baseline, name), of(candidate, name)]
        return [
          visible(name).replaceAll('_', ' '),
          html`<span class="mono">${before}</span>`,
          before === after ? 'the same' : html`<ins class="mono">${after}</ins>`,
        ]
      }),
    ],
  )
}

/** Every promotion record, the first one first. */
export function timeline({ records }: Rollout): Html {
  return html`<ol class="timeline">${records.map((record) => {
    const { seq, at, verdict, from_stage, to_stage, by, cohort, reasons } = record
    const says =
      verdict === 'advanced' && from_stage === null
        ? `started in ${to_stage}`
        : `${verdict.replaceAll('_', ' ')}${from_stage === null ? '' : ` from ${from_stage}`}${to_stage === null || to_stage === from_stage ? '' : ` to ${to_stage}`}`
    return html`<li><time datetime="${at}">${moment(at)}</time>: <strong>${says}</strong>, by ${by === 'rollout' ? 'the rollout itself' : visible(by)}${cohort !== null && html` <span class="soft">(candidate: ${cohortText(cohort)})</span>`}
${failing(reasons)}
${
  reasons.length > 0 &&
  html`<details id="behind-${seq}"><summary>${count(reasons.length, 'rule')} behind record ${seq}</summary>
${rowsTables(`record-${seq}`, `Record ${seq}: ${says}`, reasons)}</details>`
}</li>
`
  })}</ol>
<p class="soft">Each record names the digest of the one before. The last one: <span class="mono">${digestOf(records.at(-1)!)}</span>.</p>`
}

export function approval({
  approver,
  review_id,
  tuning_proposal_id,
  rollback_replay,
  records,
  baseline,
}: Rollout): Html {
  return html`${table(
    'approvers',
    `Approved in review ${visible(review_id)}`,
    ['role', 'reviewer'],
    approver.map(({ role, reviewer }) => [visible(role), visible(reviewer)]),
  )}
<dl><dt>proposal</dt><dd>${visible(tuning_proposal_id)}</dd>
<dt>thresholds</dt><dd class="mono">${records.at(-1)!.thresholds}</dd>
<dt>rollback target</dt><dd><span class="mono">${visible(baseline.release_tuple_id)}</span>, replayed before the first stage: ${number(rollback_replay.reproduced)} of ${number(rollback_replay.cases)} cases reproduced${rollback_replay.by_records ? ', by their recordings: the harness that the run asked was not asked here' : ''}</dd></dl>`
}

/**
 * The commands that a person may need, to be typed or copied.
 * @param options that find the store; may be empty
 */
export function killSwitch(rollout: Rollout, options: string): Html {
  const command = (verb: string): Html =>
    html`<pre>${['autotune rollout', verb, visible(rollout.rollout_id), '--reason "..."', visible(options)].filter(Boolean).join(' ')}</pre>`
  return html`<section aria-labelledby="stop"><h2 id="stop">Kill switch</h2>
${
  isBack(rollout.status) || rollout.status === 'superseded'
    ? html`<p>The rollout has ended: there is nothing to stop.</p>`
    : html`<p>Restores the whole prior tuple for everyone, at once. Stopping twice is stopping once.</p>
${command('stop')}`
}
${rollout.missing.includes('deadline') && html`<p>The stage was not decided in time. A person gives it a new deadline:</p>${command('resume')}`}</section>`
}
