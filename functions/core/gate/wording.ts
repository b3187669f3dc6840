/** What may be said of a certificate: "proved a drop of less than", never "safe" and never "no regressions" unless g = 0. */

import type { BlastRadius } from '#schemas/candidate.ts'
import type {
  Certificate,
  CertifiedRow,
  FloorTally,
  HeldoutVersion,
  LedgerItem,
  PreflightRow,
} from '#schemas/heldout.ts'
import { isMetric, metricOf } from '#schemas/metrics.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import { EXPOSURE_RULES } from '../evaluate/exposures.ts'
import { unitLines } from '../evaluate/units.ts'
import { percent } from '../statistics/percent.ts'
import { excludedFamilies } from './floor-tallies.ts'
import { judgeError, upTo } from './judged-utility.ts'
import { labelLines } from './label-wording.ts'
import { ledgerLine } from './ledger.ts'

const short = (p: number): string =>
  p === 0 ? '0' : p < 0.001 ? p.toExponential(0) : Number(p.toPrecision(2)).toString()
const signed = (value: number): string => `${value > 0 ? '+' : ''}${number(value)}`
const number = (value: number): string => Number(value.toPrecision(4)).toString()

/** Lines a reviewer reads, in fixed order: certified, checked, ledger, blast radius. */
export function certificateWording(
  certificate: Certificate,
  item: LedgerItem,
  radius: BlastRadius,
  target: Pick<ResolvedTarget, 'metric' | 'max_family_share'>,
  rules: number = EXPOSURE_RULES,
): string[] {
  const rows = (kind: CertifiedRow['kind']) =>
    titled(
      kind,
      certificate.rows
        .filter((r) => r.kind === kind)
        .flatMap((r) => [rowWording(r, rules), ...floorLines(r).map(indented)]),
    )
  const regressions = certificate.regression_runs.length
  return [
    ...rows('certified'),
    ...rows('checked'),
    ...titled('not at stake', notAtStakeLines(certificate.rows)),
    ...titled('counted', unitWording(certificate, target)),
    ...titled('labels', labelLines(item)),
    `left out      ${leftOutWording(item)}`,
    `ledger        ${ledgerLine(item)}`,
    `blast radius  ${radiusWording(radius)}; ${regressions} regression${regressions === 1 ? '' : 's'} listed below`,
  ]
}

/** Counts of families beside those of decisions. */
function unitWording(
  { units, metric }: Certificate,
  target: Pick<ResolvedTarget, 'metric' | 'max_family_share'>,
): string[] {
  if (!units) return []
  const { baseline, candidate } = metric
  const observed = baseline === null || candidate === null ? null : candidate - baseline
  return unitLines(units, target.metric, observed, target.max_family_share)
}

/** Lines under a title that stands before the first. */
const titled = (title: string, lines: readonly string[]): string[] =>
  lines.map((line, i) => `${(i === 0 ? title : '').padEnd(13)} ${line}`)
const indented = (line: string): string => `  ${line}`

export const radiusWording = (r: BlastRadius): string =>
  `${r.fields} field${r.fields === 1 ? '' : 's'}, ${percent(r.b_context, 2)} of contexts, ${percent(r.b_decision, 2)} of decisions, config distance ${Number(r.b_config.toFixed(2))}`

const excludedNote = ({ counts }: CertifiedRow): string =>
  counts.excluded ? ` beside ${counts.excluded} left out` : ''

/** Of labels that a judge gave: what was set aside for it. */
function judgeNote({ counts: { judge_overlap: overlap, judge_disagreements: disagreements } }: CertifiedRow): string {
  if (overlap === undefined || disagreements === undefined) return ''
  const e = upTo(judgeError(disagreements, overlap))
  return `, by a judge that differs from people in ${disagreements} of ${overlap} families: 2 x ${e} points set aside`
}

/** Of a floor that some families alone could have shown to break: in how many, by the evaluator that has the fewest. */
function exposedNote({ evaluators = [], families }: CertifiedRow): string {
  const exposed = Math.min(...evaluators.filter((e) => e.p !== null).map((e) => e.exposed))
  return exposed < families ? `, ${exposed} of them exposed` : ''
}

function rowWording(row: CertifiedRow, rules: number): string {
  if (row.kind === 'checked') return checkedWording(row)
  const p = `p=${short(row.p!)} <= ${number(row.level)}`
  if (row.guardrail === 'utility') {
    const { regressions: g, improvements: f } = row.counts
    return `utility rises (${g === undefined ? 'graded' : `g=${g}, f=${f}`}, n=${row.families}, ${p})`
  }
  if (row.guardrail !== 'utility_delta')
    return `${row.guardrail === 'approval_bypass_rate' ? 'approval bypasses' : `${row.guardrail} violations`} < ${percent(row.limit)} (${row.counts.violations} of ${row.families}${rules < 2 ? '' : exposedNote(row)}${excludedNote(row)}, ${p}; upper bound ${percent(row.bound ?? 1)})`
  const { regressions: g, improvements: f } = row.counts
  const counts = `${g === undefined ? 'graded' : `g=${g}, f=${f}`}, n=${row.families}${excludedNote(row)}${judgeNote(row)}`
  return `utility drop < ${(-row.limit * 100).toFixed(1)} points (${counts}, ${p})${row.bound === null ? '' : `; smallest certifiable drop ${(row.bound * 100).toFixed(1)} points`}`
}

function checkedWording(row: CertifiedRow): string {
  const { guardrail, observed } = row
  const seen = observed === null ? 'not measured' : `${signed(observed)} ${unitOf(guardrail)}`.trimEnd()
  return `${guardrail.replaceAll('_', ' ')} ${seen} (${ruleWording(row)})`
}

/** How a checked row was decided, in words. */
function ruleWording(row: CertifiedRow): string {
  const { guardrail, rule, families, p, level, limit, bound, counts } = row
  const pWording = p === null ? '' : `p=${short(p)} against ${number(level)}`
  const boundWording = `${percent(1 - level, 4)} bound ${bound === null ? 'not measured' : signed(bound)}${limit === 0 ? '' : ` against ${signed(limit)}`}`
  switch (rule) {
    case 'by_construction':
      return `no replay can be above its baseline by construction${bound !== null && bound < 0 ? `; ${boundWording}` : ''}`
    case 'count_above':
      return `${counts.above} of ${families} families above ${number(counts.pinned! + limit)} ms, ${number(counts.pinned!)} pinned before sealing; ${pWording}`
    case 'mean_bet': {
      const { beyond = 0, beyond_below = 1, worst = 0, capped = 0, decisions = 1 } = counts
      const cap = capped > 0 ? `; ${capped} families count ${decisions} decisions only` : ''
      return `${boundWording} of what is cut at ${signed(worst)} a decision; ${beyond} of ${families} families went beyond that, < ${percent(beyond_below, 2)}${cap}`
    }
    case 'not_measured':
      return row.note ?? 'not measured'
    case undefined:
      return guardrail === 'utility' ? pWording : boundWording
  }
}

function unitOf(guardrail: string): string {
  if (isMetric(guardrail)) return metricOf(guardrail).unit
  return guardrail === 'p95_latency_delta' ? 'ms' : guardrail === 'economics_delta' ? 'cents' : ''
}

/** "inconclusive" line: what was short, and that nothing was spent. */
export const inconclusiveWording = (rows: readonly PreflightRow[]): string =>
  `${rows
    .filter((r) => r.verdict === 'inconclusive')
    .map((r) => `${r.guardrail}: ${r.note}`)
    .join('; ')}. Nothing was spent.`

/** "not certified" line: the one bit and the balance. */
export const notCertifiedWording = (item: LedgerItem): string =>
  `${item.intent} ${item.version.slice(0, 15)}: question ${item.used} of ${item.questions} answered no. ${Number((item.used * item.alpha_k).toPrecision(6))} of ${item.alpha} spent. ${item.retired === null ? 'No further detail exists until the version is retired' : 'That was its last question: the version is retired, and its cases join the search set of the next run'}.`

/**
 * `0 of 210 exposed (< 2.2 % there at 1 %); 0 of 596 in all (< 0.77 %)`. The second bound counts families that were left out
 * as violations.
 */
function exposedWording(
  { exposed, not_at_stake, not_recorded, violations, exposed_violations, bound, exposed_bound }: FloorTally,
  level: number,
): string {
  const there = exposed_bound === null ? '' : ` (< ${percent(exposed_bound, 2)} there at ${percent(level, 2)})`
  const all = bound === null ? '' : ` (< ${percent(bound, 2)})`
  const unknown = not_recorded > 0 ? `; ${not_recorded} say nothing` : ''
  return `${exposed_violations} of ${exposed} exposed${there}; ${violations} of ${exposed + not_at_stake} in all${all}${unknown}`
}

/** One line an evaluator that was certified or checked. */
const floorLines = ({ evaluators = [], level }: CertifiedRow): string[] =>
  evaluators.filter((e) => e.p !== null).map((e) => `${e.evaluator_id}: ${exposedWording(e, level)}`)

/** One line an evaluator of which nothing is at stake, in the words of the table or of the owner. */
const notAtStakeLines = (rows: readonly CertifiedRow[]): string[] =>
  rows.flatMap(({ evaluators = [], guardrail, kind, note }) => [
    ...evaluators.flatMap((e) =>
      e.p === null && e.not_at_stake_because !== undefined ? [`${e.evaluator_id}: ${e.not_at_stake_because}`] : [],
    ),
    ...(kind === 'not_at_stake' && evaluators.length === 0 ? [`${guardrail}: ${note}`] : []),
  ])

/** `1 of 597 sealed families (0.17 %): each counts against the change` */
function leftOutWording(facts: Pick<HeldoutVersion, 'families' | 'excluded_families'>): string {
  const { some, all } = excludedFamilies(facts)
  const families = facts.families + all
  return `${some} of ${families} sealed families (${percent(families === 0 ? 0 : some / families, 2)})${some > 0 ? ': each counts against the change' : ''}`
}
