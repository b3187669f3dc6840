/** Checked rows: p95, cost and the target metric. Each by a rule that is valid at its limit, or "not measured". */
import type { Patch } from '#schemas/common.ts'
import type { CertifiedRow, HeldoutVersion } from '#schemas/heldout.ts'
import { isOwnMetric, type MetricName, metricOf } from '#schemas/metrics.ts'
import type { MetricRange } from '#schemas/target.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import { type OwnLimit, ownLimits } from '../evaluate/guardrails.ts'
import { metricOver } from '../evaluate/metric.ts'
import type { Panel } from '../evaluate/panel.ts'
import type { Measures } from '../evaluate/scorecard.ts'
import { type Changed, neverRises } from '../replay/by-construction.ts'
import { meanUpper, pMean } from '../statistics/betting-mean.ts'
import { upperRate } from '../statistics/binomial.ts'
import { isAtMost } from '../statistics/compare.ts'
import { asMeasured } from '../statistics/measured.ts'
import { fieldIfThere, fieldOf, type Series } from '../statistics/series.ts'
import { P95_SHARE, pTailShare } from '../statistics/tail-share.ts'
import { type Differences, familyDifferences } from './family-differences.ts'

/** What a checked row needs to know besides the measures. */
export interface CheckedQuestion {
  readonly facts: HeldoutVersion
  readonly target: ResolvedTarget
  readonly harness: Changed
  /** The change that is scored. */
  readonly patch: Patch
  /** L, candidates on the committed list: each is tried at alpha_k / L, so that a failed check need not stop the walk. */
  readonly listed: number
}

/** One checked rule of a target: a difference of a metric against a limit. */
export interface CheckedRule {
  readonly guardrail: string
  readonly metric: MetricName
  readonly limit: number
  /** -1 where more of the metric is better. */
  readonly sign: 1 | -1
  /** The limit itself is not good enough: the target metric must be better. */
  readonly strict: boolean
  /** alpha_k / L. */
  readonly level: number
  readonly how: How
}

/** How a rule is decided; `declare`: what is missing for any rule to apply. */
export type How =
  | { readonly rule: 'by_construction' }
  | { readonly rule: 'mean_bet'; readonly max: number; readonly beyond: number; readonly decisions: number }
  | { readonly rule: 'count_above'; readonly share: number; readonly pinned: number }
  | { readonly rule: 'not_measured'; readonly declare: string }

/** The checked rules of a target, in print order. A `utility` target is certified and is none of them. */
export function checkedRules(question: CheckedQuestion): CheckedRule[] {
  const { target, facts, listed } = question
  const { p95_latency_delta: latency, economics_delta: economics } = target.guardrails
  const rule = (guardrail: string, metric: MetricName, limit: number, alpha: number | undefined): CheckedRule => ({
    guardrail,
    metric,
    limit,
    sign: guardrail === metric && target.direction === 'increase' ? -1 : 1,
    strict: guardrail === metric,
    level: (alpha ?? facts.alpha) / facts.questions / Math.max(1, listed),
    how: howOf(metric, question, guardrail === metric && target.direction === 'increase'),
  })
  const own = ({ metric, limit, direction, alpha }: OwnLimit): CheckedRule => ({
    ...rule(metric, metric, limit, alpha),
    sign: direction === 'increase' ? -1 : 1,
    strict: false,
    how: howOf(metric, question, direction === 'increase'),
  })
  return [
    ...(latency ? [rule('p95_latency_delta', 'p95_latency_ms', latency.max_ms, latency.alpha)] : []),
    ...(economics
      ? [rule('economics_delta', 'economics_cents_per_decision', economics.max_cents, economics.alpha)]
      : []),
    ...ownLimits(target.guardrails).map(own),
    ...(target.metric === 'utility' ? [] : [rule(target.metric, target.metric, 0, undefined)]),
  ]
}

const WHOLE_RANGE: MetricRange = { max_rise: 1, max_fall: 1 }

/** @param up more of the metric is better */
function howOf(metric: MetricName, { target, facts, harness, patch }: CheckedQuestion, up: boolean): How {
  if (!up && neverRises(metric, patch, harness)) return { rule: 'by_construction' }
  if (up && metricOf(metric).statistic !== 'mean')
    return { rule: 'not_measured', declare: `no rule proves that ${metric} rises: its direction must be "decrease"` }
  if (!facts.pinned)
    return {
      rule: 'not_measured',
      declare: `version ${facts.version.slice(0, 15)} was sealed by version 0.1.0, which pinned no limit: import families that were never sealed`,
    }
  if (metricOf(metric).statistic !== 'mean') {
    const p95 = metricOf(metric).statistic === 'p95'
    const pinned = asMeasured('latency_ms', p95 ? facts.pinned.p95_latency_ms : facts.pinned.p50_latency_ms)
    return pinned === null
      ? { rule: 'not_measured', declare: 'not every recorded run of the search carries a latency' }
      : { rule: 'count_above', share: p95 ? P95_SHARE : 0.5, pinned }
  }
  // The range of a metric of one's own is declared by its suite, and no decision can differ by more than the whole of it.
  const range = isOwnMetric(metric) ? WHOLE_RANGE : target.ranges[metric]
  const max = up ? range?.max_fall : range?.max_rise
  if (!range || max === undefined)
    return {
      rule: 'not_measured',
      declare:
        metric === 'approval_wait_rate'
          ? 'approval waits are bounded only where every changed threshold rises'
          : `declare ranges.${metric}: {"max_${up ? 'fall' : 'rise'}": the most ${metricOf(metric).unit} that one decision may ${up ? 'fall' : 'rise'}}`,
    }
  return {
    rule: 'mean_bet',
    max,
    beyond: range.max_share_beyond ?? 0,
    decisions: range.decisions ?? facts.pinned.decisions,
  }
}

/** All checked rows of one scored candidate. */
export const checkedRows = (question: CheckedQuestion, panel: Panel, measures: Series<Measures>): CertifiedRow[] =>
  checkedRules(question).map((rule) => checkedRow(rule, panel, measures))

function checkedRow(rule: CheckedRule, panel: Panel, measures: Series<Measures>): CertifiedRow {
  const { guardrail, metric, limit, sign, how, level } = rule
  const after = metricOver(metric, measures)
  const before = metricOver(metric, panel.baseline)
  const row = {
    guardrail,
    kind: 'checked' as const,
    families: panel.families,
    observed: after === null || before === null ? null : after - before,
    limit,
    level,
    rule: how.rule,
  }
  const nothing = { ...row, passed: false, p: null, bound: null, counts: {} }
  switch (how.rule) {
    case 'not_measured':
      return { ...nothing, note: how.declare }
    case 'by_construction':
      return { ...row, ...constructed(rule, familyDifferences(panel, measures, { metric, sign, max: 0, cap: null })) }
    case 'count_above':
      return { ...row, ...counted(rule, how, aboveLimit(panel, measures, how.pinned + limit)) }
    case 'mean_bet': {
      const drawn = familyDifferences(panel, measures, { metric, sign, max: how.max, cap: how.decisions })
      if (drawn.otherCounts) return { ...nothing, rule: 'not_measured', note: 'the two arms count different decisions' }
      return { ...row, ...betted(rule, how, drawn) }
    }
  }
}

type Decided = Pick<CertifiedRow, 'passed' | 'p' | 'bound' | 'counts' | 'level'>

/** No replay can be above its baseline. A lost measurement blocks all the same, and "better" is to have been seen once. */
function constructed({ metric, limit, strict, level }: CheckedRule, drawn: Differences): Decided {
  const { sums, lost, measured: seen, below, decisions } = drawn
  const range = { max: 0, decisions }
  const isMean = metricOf(metric).statistic === 'mean' && !drawn.otherCounts
  // A limit below 0 asks for a saving, of which the construction says nothing.
  const bet = limit < 0 ? (isMean ? pMean(sums, range, limit) : 1) : null
  const holds = bet === null ? !strict || below > 0 : isAtMost(bet, level)
  return {
    passed: Number.isFinite(limit) && seen > 0 && lost === 0 && drawn.beyond === 0 && holds,
    p: bet,
    bound: lost > 0 || seen === 0 ? null : isMean ? meanUpper(sums, range, level) : 0,
    counts: { lost, below },
    level,
  }
}

/** One decision a family, drawn by its key, against the limit that was pinned before sealing. */
function counted({ level }: CheckedRule, { share, pinned }: How & { rule: 'count_above' }, drawn: Above): Decided {
  const p = pTailShare(drawn.above, drawn.families, share)
  return {
    passed: drawn.measured > 0 && isAtMost(p, level),
    p,
    bound: null,
    counts: { above: drawn.above, pinned },
    level,
  }
}

/** Half the level to the mean of what the range holds, half to what lies beyond it: clipping a tail must not hide it. */
function betted({ limit, sign, level }: CheckedRule, how: How & { rule: 'mean_bet' }, drawn: Differences): Decided {
  const half = level / 2
  const range = { max: how.max, decisions: how.decisions }
  const families = drawn.sums.length
  const p = pMean(drawn.sums, range, sign * limit)
  const within = how.beyond === 0 ? drawn.beyond === 0 : isAtMost(pTailShare(drawn.beyond, families, how.beyond), half)
  const bound = families === 0 ? null : sign * meanUpper(drawn.sums, range, half)
  return {
    // A mean of exactly the limit counts as harmful: a p-value at the limit says "below".
    passed: drawn.measured > 0 && isAtMost(p, half) && within,
    p,
    bound: drawn.measured === 0 ? null : bound,
    counts: {
      beyond: drawn.beyond,
      beyond_below: families === 0 ? 1 : upperRate(drawn.beyond, families, half),
      worst: sign * how.max,
      decisions: how.decisions,
      capped: drawn.capped,
      lost: drawn.lost,
    },
    level: half,
  }
}

interface Above {
  readonly families: number
  readonly above: number
  readonly measured: number
}

/** Families whose one decision, drawn by the split's key, is above a limit; one that is not measured is above every limit. */
export function aboveLimit(panel: Panel, measures: Series<Measures>, limit: number): Above {
  let above = 0
  let known = 0
  const [baseAt, nowAt] = [fieldOf(panel.baseline, 'latency_ms'), fieldIfThere(measures, 'latency_ms')]
  for (const i of panel.representative) {
    const ms = asMeasured('latency_ms', nowAt(i))
    const base = asMeasured('latency_ms', baseAt(i))
    if (base !== null) known++
    // Where the baseline was not measured there is nothing that this decision could have stayed below.
    if (ms === null || base === null || !isAtMost(ms, limit)) above++
  }
  return { families: panel.families, above, measured: known }
}
