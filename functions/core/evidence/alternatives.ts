/** Changes that were certified beside the chosen one: what each gains and whom it makes worse. */
import type { CandidateScore } from '#schemas/candidate.ts'
import { byCodeUnit } from '../canonical.ts'
import type { Alternative } from './types.ts'

const MOST = 12

/** Part of a baseline's metric that a value gains: positive is better. null: not measured, or a baseline of 0. */
export function gainOf(
  direction: 'decrease' | 'increase',
  baseline: number | null,
  value: number | null,
): number | null {
  if (baseline === null || value === null || baseline === 0) return null
  const gain = (value - baseline) / Math.abs(baseline)
  return gain === 0 ? 0 : direction === 'decrease' ? -gain : gain
}

/** The certified candidates, the best gain first. */
export function alternativesOf(
  candidates: readonly CandidateScore[],
  direction: 'decrease' | 'increase',
  baseline: number | null,
): Alternative[] {
  const certified = candidates
    .filter((c) => c.fate === 'won' || c.fate === 'certified')
    .map(({ candidate_id, patch, fate, metric, search }) => ({
      candidate_id,
      patch,
      chosen: fate === 'won',
      metric,
      gain: gainOf(direction, baseline, metric),
      worse: search?.regressions ?? null,
      better: search?.improvements ?? null,
      labelled: search?.labelled ?? 0,
    }))
    .sort((a, b) => (b.gain ?? -Infinity) - (a.gain ?? -Infinity) || byCodeUnit(a.candidate_id, b.candidate_id))
  // The chosen one stands among them, however many there are.
  return certified.filter((a, i) => a.chosen || i < MOST)
}
