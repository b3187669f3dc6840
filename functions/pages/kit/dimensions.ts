/** The five dimensions of a certificate in words and numbers: what the table and the plot of limits are made of. */
import type { Dimension } from '#schemas/common.ts'
import type { CertifiedRow } from '#schemas/heldout.ts'
import {
  DIMENSIONS,
  GUARDRAILS,
  type GuardrailName,
  isMetric,
  isOwnMetric,
  type MetricName,
  metricOf,
} from '#schemas/metrics.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import { count, metricChange, metricName, number, percent, pValue, signed, visible } from './format.ts'

/** Harm on one scale for all measures: 0 is the baseline, 1 what is tolerated, below 0 is better. */
export interface Place {
  readonly observed: number
  /** The other end of the bar. */
  readonly bound: number
  readonly limit: number
  readonly passed: boolean
}

/** The target's own metric, candidate minus baseline, as `unit` says: it tolerates nothing but a gain, so it has no such scale. */
export interface Gain extends Place {
  readonly unit: string
  /** Which of it is worse. */
  readonly worse: 'less' | 'more'
}

export interface DimensionRow {
  readonly dimension: Dimension
  /** Which measure of the dimension; empty where the dimension has one. */
  readonly of: string
  readonly observed: string
  readonly interval: string
  readonly limit: string
  readonly known: string
  readonly place: Place | null
  /** Of the target's row, in place of `place`. */
  readonly gain: Gain | null
}

/** Dimension of a certificate row: of a guardrail, or of the target's own metric. */
const dimensionOf = (guardrail: string): Dimension | null =>
  guardrail in GUARDRAILS
    ? GUARDRAILS[guardrail as GuardrailName]
    : isMetric(guardrail)
      ? metricOf(guardrail).dimension
      : null

/** Always all five, each with what was observed, its interval and its limit. */
export const dimensionRows = (proposal: TuningProposal): DimensionRow[] =>
  DIMENSIONS.flatMap((dimension): DimensionRow[] => {
    const found = proposal.certificate.filter((row) => dimensionOf(row.guardrail) === dimension)
    if (found.length > 0)
      return found.map((row) => ({
        dimension,
        ...said(row, proposal),
        known: known(row),
        ...(row.guardrail === proposal.target.metric && row.limit === 0
          ? { place: null, gain: gained(row, proposal) }
          : { place: placed(row, proposal), gain: null }),
      }))
    const why = proposal.not_measured[dimension]
    const reason = why === undefined ? 'no guardrail was declared' : visible(why)
    return [
      {
        dimension,
        of: '',
        observed: 'not measured',
        interval: '-',
        limit: '-',
        known: reason,
        place: null,
        gain: null,
      },
    ]
  })

const isFloor = (guardrail: string): boolean =>
  guardrail === 'policy' || guardrail === 'safety' || guardrail === 'approval_bypass_rate'

/** 1 where more of the metric is worse, −1 where less is. */
const harmSign = ({ guardrail, limit }: CertifiedRow, { target }: TuningProposal): 1 | -1 =>
  guardrail === target.metric
    ? target.direction === 'increase'
      ? -1
      : 1
    : isOwnMetric(guardrail) && limit < 0
      ? -1
      : 1

function said(
  row: CertifiedRow,
  proposal: TuningProposal,
): Pick<DimensionRow, 'of' | 'observed' | 'interval' | 'limit'> {
  const { guardrail, families, observed, limit, bound, counts } = row
  if (guardrail === 'utility_delta') {
    const { regressions: g, improvements: f } = counts
    return {
      of: '',
      observed:
        observed === null
          ? 'not measured'
          : `${signed(observed * 100)} points${g === undefined ? '' : ` (${g} worse, ${f} better)`}`,
      interval: bound === null ? '-' : `drop below ${number(bound * 100)} points`,
      limit: `drop below ${number(-limit * 100)} points`,
    }
  }
  if (isFloor(guardrail))
    return {
      of: guardrail === 'approval_bypass_rate' ? 'approval bypass' : 'violations',
      observed: observed === null ? 'not measured' : `${number(counts.violations ?? 0)} of ${number(families)}`,
      interval: bound === null ? '-' : `0 to ${percent(bound)}`,
      limit: `below ${percent(limit)}`,
    }
  const metric = metricIn(guardrail)
  const own = guardrail === proposal.target.metric
  const most = harmSign(row, proposal) === 1
  const name = metric === 'utility' ? '' : metricName(metric)
  return {
    of: own ? [name, 'the target'].filter(Boolean).join(', ') : name,
    observed: metricChange(metric, observed),
    interval: intervalOf(row, metric, most ? 'most' : 'least'),
    limit: `${own ? (most ? 'below' : 'above') : most ? 'at most' : 'at least'} ${metricChange(metric, limit)}`,
  }
}

/** The interval of a checked row, or what stands in its place. */
function intervalOf(row: CertifiedRow, metric: MetricName, end: 'most' | 'least'): string {
  const { rule, bound, families, level, counts } = row
  if (rule === 'count_above')
    return `${number(counts.above ?? families)} of ${number(families)} families above the limit, pinned at ${number(counts.pinned ?? 0)} ms before sealing`
  if (rule === 'not_measured') return visible(row.note ?? 'not measured')
  const stands = bound === null ? '-' : `at ${end} ${metricChange(metric, bound)} (${percent(1 - level, 4)} bound)`
  if (rule === 'by_construction')
    return `never above the baseline, by construction${bound !== null && bound < 0 ? `; ${stands}` : ''}`
  return rule === 'mean_bet'
    ? `${stands}; ${number(counts.beyond ?? 0)} of ${number(families)} families beyond the declared worst, below ${percent(counts.beyond_below ?? 1)}`
    : stands
}

function known({ kind, passed, p, level, families, evaluators = [], note }: CertifiedRow): string {
  const by = [
    count(families, 'family', 'families'),
    ...evaluators
      .filter((e) => e.p !== null)
      .map((e) => `${e.evaluator_id}: ${e.exposed_violations} of ${number(e.exposed)} exposed`),
  ].join('; ')
  if (kind === 'not_at_stake') {
    const why = evaluators.map((e) => `${e.evaluator_id}, ${visible(e.not_at_stake_because ?? '')}`)
    return `not at stake${passed ? '' : ', and broken all the same'}: ${why.join('; ') || visible(note ?? '')}`
  }
  return kind === 'certified'
    ? `${passed ? 'certified' : 'not certified'}, p = ${p === null ? 'none' : pValue(p)} against ${number(level)}, ${by}`
    : `checked${passed ? '' : ', does not hold'}, ${by}`
}

const metricIn = (guardrail: string): MetricName =>
  guardrail === 'p95_latency_delta'
    ? 'p95_latency_ms'
    : guardrail === 'economics_delta'
      ? 'economics_cents_per_decision'
      : (guardrail as MetricName)

/** The target in its own unit; utility and shares in points. */
function gained(row: CertifiedRow, proposal: TuningProposal): Gain | null {
  const { observed, bound, limit, passed } = row
  if (observed === null || bound === null) return null
  const { metric } = proposal.target
  const { unit } = metricOf(metric)
  const points = unit === 'score' || unit === 'share'
  const times = points ? 100 : 1
  return {
    observed: observed * times,
    bound: bound * times,
    limit: limit * times,
    passed,
    unit: points ? 'points' : unit,
    worse: harmSign(row, proposal) === 1 ? 'more' : 'less',
  }
}

/** Harm in units of what is tolerated; of what was observed, where nothing is tolerated. */
function placed(row: CertifiedRow, proposal: TuningProposal): Place | null {
  const { guardrail, observed, bound, limit, passed } = row
  if (observed === null || bound === null) return null
  const utility = guardrail === 'utility_delta'
  const sign = utility ? -1 : harmSign(row, proposal)
  // The bound of utility is the drop itself, not a difference.
  const [seen, most, allowed] = [sign * observed, utility ? bound : sign * bound, sign * limit]
  const unit = Math.abs(allowed) || Math.max(Math.abs(seen), Math.abs(most)) || 1
  return { observed: seen / unit, bound: most / unit, limit: allowed / unit, passed }
}
