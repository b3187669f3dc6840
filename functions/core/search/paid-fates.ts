/** What a search makes of a candidate that it paid for: stopped, blocked, no gain, too wide, or a survivor. */
import type { CandidateScore } from '#schemas/candidate.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import { notEvaluated, pointRows } from '../evaluate/guardrails.ts'
import { metricOver } from '../evaluate/metric.ts'
import { scoreDelta, utilityPairs } from '../evaluate/pairs.ts'
import { radiusBlock } from '../space/blast-radius.ts'
import { isBelow } from '../statistics/compare.ts'
import { evidenceOf } from './committed-list.ts'
import { blindness, gains, noGain, tidy, type Visited } from './free-fates.ts'
import { happenedTo } from './predictions.ts'
import { radiusOf } from './radius.ts'
import { brokenScar } from './scars.ts'
import type { SearchInput } from './search-input.ts'
import type { Outcome } from './visit.ts'

/** Why a gain is none: the baseline itself differs as much when it is asked again. Null: it counts. */
export function withinNoise(
  { metric: name }: ResolvedTarget,
  metric: number,
  baseline: number,
  noise: number | null | undefined,
): string | null {
  if (noise === undefined) return null
  if (noise === null)
    return `${name} ${tidy(metric)}, baseline ${tidy(baseline)}: how far it differs when asked again is not measured`
  const gain = Math.abs(metric - baseline)
  return isBelow(noise, gain)
    ? null
    : `${name} ${tidy(metric)}, baseline ${tidy(baseline)}: within the noise, for the baseline itself differs by up to ${tidy(noise)} when asked again`
}

/** Score and fate of a replayed candidate; a survivor reads `dominated` until the list is committed. */
export function settleOutcome(
  visited: Visited,
  outcome: Outcome,
  input: SearchInput,
  baselineMetric: number | null,
): CandidateScore {
  const { target, panel } = input
  const { change, digest } = visited
  const base = { ...change, digest, metric: visited.metric, search_evidence: null, blast_radius: null }
  if ('stopped' in outcome) {
    const { stopped } = outcome
    if ('unreplayable' in stopped)
      return { ...base, fate: 'unreplayable', reason: stopped.unreplayable, search: null, guardrails: notEvaluated() }
    const { guardrail } = stopped
    const rows = notEvaluated().map((r) => (r.guardrail === guardrail.guardrail ? guardrail : r))
    return {
      ...base,
      fate: 'search_guardrail',
      reason: `${guardrail.guardrail}: ${guardrail.note}`,
      search: null,
      guardrails: rows,
    }
  }
  const { measures, changed } = outcome
  const guardrails = pointRows(target.guardrails, target.not_measured, panel, measures)
  const delta = scoreDelta('search', panel, measures, 0)
  const metric = metricOver(target.metric, measures)
  const happened = happenedTo(change, { metric, search: delta }, changed, input)
  const done = { ...base, metric, search: delta, guardrails, ...happened }
  const blocked = guardrails.find((r) => r.verdict === 'block')
  if (blocked) {
    const value =
      metric === null || baselineMetric === null
        ? ''
        : ` (${target.metric} ${tidy(metric)}, baseline ${tidy(baselineMetric)})`
    return { ...done, fate: 'search_guardrail', reason: `${blocked.guardrail}: ${blocked.note}${value}` }
  }
  const scar = brokenScar(input.scars ?? [], panel.baseline, measures)
  if (scar) return { ...done, fate: 'scar', reason: scar }
  if (!gains(target, metric, baselineMetric))
    return { ...done, fate: 'no_gain', reason: noGain(target, metric, baselineMetric) }
  const noise = withinNoise(target, metric!, baselineMetric!, input.noise?.metric.within)
  if (noise) return { ...done, fate: 'no_gain', reason: noise }
  const pairs = utilityPairs(panel, measures)
  const blast_radius = radiusOf(change.patch, input.fields, panel, changed, pairs)
  const block = radiusBlock(blast_radius, target)
  const kept = { ...done, blast_radius, search_evidence: evidenceOf(target, pairs) }
  if (block) return { ...kept, fate: 'blast_radius', reason: block }
  const blind = blindness(change, input, true)
  return blind ? { ...kept, fate: 'blind', reason: blind } : { ...kept, fate: 'dominated', reason: '' }
}
