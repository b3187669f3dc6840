/** Chooses among certified and checked candidates: Pareto over five dimensions, then target, then smallest reach. */
import type { BlastRadius, CandidateScore } from '#schemas/candidate.ts'
import type { Dimension } from '#schemas/common.ts'
import type { Certificate, GateAnswer } from '#schemas/heldout.ts'
import { isOwnMetric, metricOf } from '#schemas/metrics.ts'
import { byCodeUnit } from '../canonical.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import { isBetter } from '../evaluate/metric.ts'
import type { SearchResult } from '../search/search.ts'
import { isAtLeast, isAtMost, isBelow } from '../statistics/compare.ts'

/** A candidate that may be proposed, with its reach on the search set. */
export interface Eligible {
  readonly certificate: Certificate
  readonly blastRadius: BlastRadius
}

/** Values by dimension, larger is better; a dimension that is not measured is left out for everyone. */
type Vector = Readonly<Partial<Record<Dimension | 'own', number>>>

/** Does `a` dominate `b`: no worse in every dimension both measure, better in one? */
export function dominates(a: Vector, b: Vector): boolean {
  let better = false
  for (const dimension of Object.keys(a) as (keyof Vector)[]) {
    const [left, right] = [a[dimension], b[dimension]]
    if (left === undefined || right === undefined) continue
    if (!isAtLeast(left, right)) return false
    if (isBelow(right, left)) better = true
  }
  return better
}

/** Held-out differences as a vector. The target's own dimension is its metric; a metric of one's own is beside all five. */
export function vectorOf({ heldout, metric }: Certificate, target: ResolvedTarget): Vector {
  const own = isOwnMetric(target.metric) ? 'own' : metricOf(target.metric).dimension
  const minus = (value: number | null): number | null => (value === null ? null : -value)
  const gain = metric.candidate === null || metric.baseline === null ? null : metric.candidate - metric.baseline
  const values: Partial<Record<keyof Vector, number | null>> = {
    policy: minus(heldout.policy_violations),
    safety: minus(heldout.safety_violations),
    utility: heldout.utility,
    latency: target.not_measured.latency === undefined ? minus(heldout.p95_latency_ms) : null,
    economics: target.not_measured.economics === undefined ? minus(heldout.economics_cents) : null,
  }
  values[own] = gain === null ? null : target.direction === 'decrease' ? -gain : gain
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))
}

/** Can it be compared at all? What stands beside a number that is none must not win by it. */
const isComparable = ({ certificate, blastRadius }: Eligible, target: ResolvedTarget): boolean =>
  [
    certificate.metric.candidate,
    certificate.metric.baseline ?? 0,
    ...Object.values(vectorOf(certificate, target)),
    blastRadius.b_decision,
    blastRadius.fields,
    blastRadius.b_config,
  ].every(Number.isFinite)

/**
 * The winner, or null when nothing is eligible. Drops the dominated; takes the best target value; all within 1 % of the
 * baseline's value of it are tied; among them the smallest B_decision, then fewest fields, then B_config, then digest.
 */
export function choose(certified: readonly Eligible[], target: ResolvedTarget): Eligible | null {
  const eligible = certified.filter((e) => isComparable(e, target))
  const vectors = eligible.map((e) => vectorOf(e.certificate, target))
  const front = eligible.filter((_, i) => !vectors.some((v, j) => j !== i && dominates(v, vectors[i]!)))
  const value = (e: Eligible): number => e.certificate.metric.candidate!
  const best = front.reduce<Eligible | null>(
    (top, e) => (top === null || isBetter(target.direction, value(e), value(top)) ? e : top),
    null,
  )
  if (best === null) return null
  const slack = Math.abs(best.certificate.metric.baseline ?? 0) * 0.01
  const tied = front.filter((e) => isAtMost(Math.abs(value(e) - value(best)), slack))
  return [...tied].sort(
    (a, b) =>
      a.blastRadius.b_decision - b.blastRadius.b_decision ||
      a.blastRadius.fields - b.blastRadius.fields ||
      a.blastRadius.b_config - b.blastRadius.b_config ||
      byCodeUnit(a.certificate.digest, b.certificate.digest),
  )[0]!
}

export interface Winner {
  readonly candidate: CandidateScore
  readonly certificate: Certificate
}

/** The winner of an answered question; null after a "no". */
export function selectWinner(answer: GateAnswer, found: SearchResult, target: ResolvedTarget): Winner | null {
  if (!answer.certified) return null
  const candidateOf = (certificate: Certificate): CandidateScore =>
    found.committed.find((c) => c.digest === certificate.digest)!
  const eligible = answer.certificates
    .filter((c) => c.certified && c.checked)
    .map((certificate) => ({ certificate, blastRadius: candidateOf(certificate).blast_radius! }))
  const chosen = choose(eligible, target)
  return chosen && { candidate: candidateOf(chosen.certificate), certificate: chosen.certificate }
}
