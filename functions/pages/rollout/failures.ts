/** After harm was shown: how bad it was, for whom, in which stage, and in which runs. */
import { html } from 'hono/html'
import type { Failed, FailedByArm, FailedSlice, Failure } from '#core/release/failures.ts'
import type { StageCohort } from '#schemas/stage-config.ts'
import { count, number, percent, signed, visible } from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'
import { points } from './stage-rows.ts'

/** The failed runs of a rule by id. */
export interface ShownRuns {
  readonly rule: string
  readonly runs: readonly { readonly run_id: string; readonly recorded: boolean }[]
  readonly more: number
  readonly withheld: number
}

const what = (rule: string): string =>
  ({
    'sequential.utility': 'failed',
    'sequential.latency': 'were slow',
    'sequential.policy': 'broke the policy',
    'sequential.safety': 'broke a safety rule',
    'sequential.approval_bypass': 'went around an approval',
    'floor.policy': 'broke the policy',
    'floor.safety': 'broke a safety rule',
    'floor.approval_bypass': 'went around an approval',
  })[rule] ?? 'failed'

const COUNTED: Readonly<Record<Failure['of'], string>> = {
  runs: 'every run since the start counts',
  tested_runs: 'the runs of every subject whose window is over count',
  subjects: 'each compared subject counts once in an arm',
  cents: 'what the runs of every subject cost whose window is over',
  score: 'the score of the runs of every subject whose window is over counts',
}

const share = ({ failed, runs }: Failed): string => (runs === 0 ? '-' : percent(failed / runs))
const of = ({ failed, runs }: Failed): string => `${number(failed)} of ${number(runs)}`

/** "42 of 108 failed, baseline 30 of 1,093: 38.9 % against 2.7 %, allowed +2 points". */
export function failureLine({ rule, counts, allowed, observed, of: unit }: Failure): string {
  if (unit === 'cents') return `A run costs ${signed(observed ?? 0)} cents in the mean, allowed ${signed(allowed)}`
  const score = rule.startsWith('sequential.score:') ? rule.slice('sequential.score:'.length) : ''
  if (unit === 'score')
    return `The score ${score && `${score} `}is worse by ${points(observed ?? 0)} in the mean, allowed ${points(allowed)}`
  const { candidate, baseline } = counts
  const tolerated = unit === 'runs' ? `${number(allowed)} may` : `allowed ${signed(allowed * 100)} points`
  return `${of(candidate)} ${what(rule)}, baseline ${of(baseline)}: ${share(candidate)} against ${share(baseline)}, ${tolerated}`
}

/**
 * Whom it hit: values that nearly all failed runs have, and that are not simply common; or that every compared run had.
 * @param where attributes by which the stage chose its subjects; null: everyone
 */
export function carriers({ slices, counts }: Failure, where: StageCohort['where']): readonly string[] {
  const { failed, runs } = counts.candidate
  if (failed === 0) return []
  const chosen = new Set(where?.map((condition) => condition.attribute))
  return slices.flatMap(({ attribute, value, candidate }) => {
    if (value === null || candidate.failed / failed < 0.9) return []
    const everyone = candidate.runs === runs
    if (everyone ? !chosen.has(attribute) : candidate.failed / failed - candidate.runs / runs < 0.1) return []
    const name = `${visible(attribute)} = ${visible(String(value))}`
    return [everyone ? `${name}, as every run compared here` : name]
  })
}

/** One rule that showed harm, whole. */
export function failureSection(failure: Failure, where: StageCohort['where'], named: ShownRuns | undefined): Html {
  const { rule, period, periods, slices, not_sliced, observed } = failure
  const hit = carriers(failure, where)
  const id = rule.replace('.', '-')
  const amount = failure.of === 'cents' || failure.of === 'score'
  return html`<div class="panel bad"><p><strong>${failureLine(failure)}</strong>${hit.length > 0 ? `; ${hit.join('; ')}` : ''}.</p>
<p>Shown ${period === 'window' ? 'in the window after the release' : `in ${period}`}${observed !== null && !amount && `, a mean rise of ${points(observed)}`}; ${COUNTED[failure.of]}.</p></div>
${periods.length > 0 && table(`${id}-periods`, 'Stage by stage', ['stage', 'candidate', 'baseline', 'candidate, share', 'baseline, share'], periods.map(rowOf))}
${
  amount
    ? ''
    : slices.length === 0
      ? html`<p>For whom: no declared attribute. A runtime that logs the <code>attributes</code> that it routes by would say so here.</p>`
      : html`<details id="${id}-slices"><summary>For whom: ${count(new Set(slices.map((s) => s.attribute)).size, 'declared attribute')}</summary>
${table(`${id}-by`, 'By declared attribute, most failures first', ['value', 'candidate', 'baseline', 'candidate, share', 'baseline, share'], slices.map(sliceRow))}</details>`
}
${not_sliced.length > 0 && html`<p class="soft">Too many values to tell apart: ${not_sliced.map(visible).join(', ')}.</p>`}
${named !== undefined && runList(id, named)}`
}

const rowOf = ({ period, candidate, baseline }: { readonly period: string } & FailedByArm): string[] => [
  period,
  of(candidate),
  of(baseline),
  share(candidate),
  share(baseline),
]

const sliceRow = ({ attribute, value, candidate, baseline }: FailedSlice): string[] => [
  value === null ? `${visible(attribute)} not declared` : `${visible(attribute)} = ${visible(String(value))}`,
  of(candidate),
  of(baseline),
  share(candidate),
  share(baseline),
]

function runList(id: string, { runs, more, withheld }: ShownRuns): Html | null {
  if (runs.length + more + withheld === 0) return null
  return html`<details id="${id}-runs"><summary>Failed runs of the candidate: ${number(runs.length + more + withheld)}</summary>
<ol>${runs.map(
    ({
      run_id,
      recorded,
    }) => html`<li id="run-${id}-${digits(run_id)}"><a class="mono" href="#run-${id}-${digits(run_id)}">${visible(run_id)}</a>${recorded && html` <span class="soft">also a recorded run of the search side</span>`}</li>
`,
  )}</ol>
${more > 0 && html`<p class="soft">And ${number(more)} more; the production log has them all.</p>`}
${withheld > 0 && html`<p class="soft">${number(withheld)} are not named: runs of this log were imported since, and what the search side does not hold may be sealed.</p>`}</details>`
}

/** A run id as part of an element's id, which takes no space. */
const digits = (runId: string): string =>
  [...new TextEncoder().encode(runId)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
