/** What people read of a rollout on a terminal. Values in, lines out. */

import type { Course } from '#core/release/course.ts'
import type { Failed, Failure } from '#core/release/failures.ts'
import type { Moved } from '#core/release/rollout.ts'
import type { Gains, RolloutStory } from '#core/release/story.ts'
import { TOLD_ROWS } from '#core/release/subject-rows.ts'
import { broughtBy } from '#core/release/tuple.ts'
import type { PromotionRecord, Rollout, StageRow } from '#schemas/release.ts'
import type { NamedRuns } from '../../steps/release/story.ts'

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
  `${String(seq).padStart(3)}  ${at.slice(0, 19)}Z  ${verdict.padEnd(11)} ${from_stage !== null && from_stage === to_stage ? from_stage : `${from_stage ?? '-'} -> ${to_stage ?? '-'}`}  by ${by}`

/** What spoke against going on; what held is in the record itself. */
const reasonLines = ({ reasons }: PromotionRecord): string[] =>
  reasons.filter((r) => r.verdict !== 'good').map((r) => `     ${r.rule}: ${r.note}`)

/** Narrow enough for a terminal of 80 columns. */
const WIDTH = 78

/** A text in lines, each behind the same indent; a word longer than a line stands alone. */
function folded(text: string, indent: string): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`${indent}${word}`)
  }
  return lines
}

/** A label in its column, and a text beside it. */
const entry = (label: string, text: string): string[] =>
  folded(text, ' '.repeat(10)).map((line, i) => (i === 0 ? `${label.padEnd(10)}${line.trimStart()}` : line))

/** What fails, one rule a line with its note below; of what holds only the number. */
export function rowLines(rows: readonly StageRow[]): string[] {
  const of = (verdict: StageRow['verdict']) => rows.filter((r) => r.verdict === verdict)
  const failing = [...of('bad'), ...of('missing')]
  return [
    ...failing.flatMap((r) => [`   ${r.verdict.padEnd(8)} ${r.rule}`, ...folded(r.note, ' '.repeat(12))]),
    `   ${of('good').length} rules hold${of('not_measured').length > 0 ? `, ${of('not_measured').length} not measured` : ''}`,
  ]
}

/** The whole story: where it stands, how bad it was, what production shows, every record, who approved it, the way back. */
export function storyLines(story: RolloutStory & { readonly failed_runs: readonly NamedRuns[] }): string[] {
  const { rollout, latest, failures, failed_runs, course, gains, damaged, patch } = story
  const { baseline, candidate, approver, rollback_replay, records } = rollout
  const changes = Object.entries(patch ?? {}).map(
    ([path, { from, to }]) => `${path} ${JSON.stringify(from)} -> ${JSON.stringify(to)}`,
  )
  return [
    ...folded(standLine(rollout), ''),
    ...(rollout.certification ? [rollout.certification.toUpperCase()] : []),
    ...(changes.length === 0 ? [] : entry('change', changes.join(', '))),
    ...entry('release', `${broughtBy(rollout)} for ${rollout.intent} (${rollout.risk_class})`),
    ...failures.flatMap((failure) => failureLines(failure, failed_runs)),
    ...(damaged === null ? [] : ['', ...entry('log', damaged)]),
    ...(gains === null ? [] : gainLines(gains)),
    ...(course === null ? [] : courseLines(course)),
    ...(latest === null
      ? []
      : ['', `the data as it stands says ${latest.verdict.replace('_', ' ')}`, ...rowLines(latest.rows)]),
    ...(latest === null ? [] : subjectLines(latest.rows)),
    '',
    'records',
    ...records.flatMap((r) => [recordLine(r), ...reasonLines(r).flatMap((line) => folded(line.trim(), '     '))]),
    '',
    ...entry('tuple', candidate.release_tuple_id),
    ...entry(
      'way back',
      `${baseline.release_tuple_id}: ${Object.values(baseline.refs).join(', ')}; replayed before the start: ${rollback_replay.reproduced} of ${rollback_replay.cases} cases reproduce`,
    ),
    ...entry('approved', approver.map((a) => `${a.reviewer} as ${a.role}`).join(', ')),
    ...entry('proposal', `${rollout.tuning_proposal_id}, review ${rollout.review_id}`),
  ]
}

/** What is known of the subjects, also where it is as it should be. */
function subjectLines(rows: readonly StageRow[]): string[] {
  const told = rows.filter((r) => TOLD_ROWS.includes(r.rule) && r.verdict === 'good')
  return told.length === 0 ? [] : ['', 'subjects', ...told.flatMap((r) => folded(r.note, '   '))]
}

const shareOf = ({ failed, runs }: Failed): string =>
  runs === 0 ? '-' : `${Number(((failed / runs) * 100).toPrecision(3))} %`
const countOf = ({ failed, runs }: Failed): string => `${failed} of ${runs}`

function failureLines(failure: Failure, named: readonly NamedRuns[]): string[] {
  const { rule, period, counts, allowed, observed, of, slices } = failure
  const { candidate, baseline } = counts
  if (of === 'cents')
    return [
      '',
      `harm: ${rule} in ${period}`,
      `   a run costs ${Number((observed ?? 0).toPrecision(4))} cents more, allowed ${allowed}`,
    ]
  if (of === 'score')
    return [
      '',
      `harm: ${rule} in ${period}`,
      `   the score is worse by ${Number(((observed ?? 0) * 100).toPrecision(4))} points, allowed ${Number((allowed * 100).toPrecision(4))}`,
    ]
  const tolerated = of === 'runs' ? `${allowed} may` : `allowed +${Number((allowed * 100).toPrecision(4))} points`
  const runs = named.find((n) => n.rule === rule)
  return [
    '',
    `harm: ${rule} in ${period}`,
    ...folded(
      `${countOf(candidate)} failed, baseline ${countOf(baseline)}: ${shareOf(candidate)} against ${shareOf(baseline)}, ${tolerated}`,
      '   ',
    ),
    ...failure.periods.map(
      (p) => `   ${p.period.padEnd(14)} candidate ${countOf(p.candidate).padEnd(14)} baseline ${countOf(p.baseline)}`,
    ),
    ...(slices.length === 0
      ? ['   no declared attribute says for whom']
      : slices.map(
          (s) =>
            `   ${`${s.attribute} = ${s.value ?? 'not declared'}`.padEnd(28)} ${countOf(s.candidate).padEnd(14)} baseline ${countOf(s.baseline)}`,
        )),
    ...(runs === undefined || runs.runs.length === 0
      ? []
      : folded(
          `failed runs: ${runs.runs.map((r) => r.run_id).join(', ')}${runs.more > 0 ? `, and ${runs.more} more` : ''}`,
          '   ',
        )),
    ...(runs !== undefined && runs.withheld > 0
      ? folded(`${runs.withheld} are not named: what the search side does not hold may be sealed`, '   ')
      : []),
  ]
}

function gainLines({ metric, promised, bound, declared, observed }: Gains): string[] {
  const shown = (value: number): string => String(Number(value.toPrecision(4)))
  const promise =
    promised === null
      ? 'nothing promised'
      : `promised ${shown(promised)}${bound === null ? '' : ` (at least ${shown(bound)})`}`
  return [
    '',
    ...folded(`gain of ${metric}: ${promise}, kept from ${shown(declared)} on`, ''),
    ...observed.map(
      (g) =>
        `   ${g.period.padEnd(14)} ${shown(g.gain).padStart(10)}   baseline ${shown(g.baseline)}, candidate ${shown(g.candidate)}`,
    ),
  ]
}

/** The last look of each stage at each measure, then the evidence. */
function courseLines({ measures, evidence, level }: Course): string[] {
  const shown = (measure: string, value: number | null): string =>
    value === null ? '-' : String(Number((measure === 'economics_cents' ? value : value * 100).toPrecision(3)))
  return [
    '',
    `candidate minus baseline, points or cents; between: at ${Number(((1 - level) * 100).toPrecision(3))} %`,
    ...measures.flatMap(({ measure, periods }) =>
      periods.flatMap(({ period, limit, points }) => {
        const end = points.at(-1)
        if (end === undefined) return []
        const between =
          end.bounds === null ? '' : `${shown(measure, end.bounds.lower)} to ${shown(measure, end.bounds.upper)}`
        return [
          `   ${measure.padEnd(16)} ${period.padEnd(14)} ${shown(measure, end.observed).padStart(8)}  ${between.padEnd(16)} limit ${shown(measure, limit)}`,
        ]
      }),
    ),
    ...evidence.map(
      ({ rule, largest, limit }) =>
        `   evidence of harm, ${rule}: ${Number(largest.toPrecision(4))}; goes back at ${Number(limit.toPrecision(4))}`,
    ),
  ]
}
