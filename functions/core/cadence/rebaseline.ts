/** An old and a new suite side by side on the same recorded runs: what flips, before anybody changes over. */
import type { SliceRow } from '#schemas/cadence.ts'
import type { FlagName } from '#schemas/measures.ts'
import type { Flip, Rebaseline } from '#schemas/quarterly.ts'
import { byCodeUnit } from '../canonical.ts'
import { flagOf } from '../statistics/measured.ts'

/** Flags that suites decide. */
const DECIDED: readonly FlagName[] = ['policy_violation', 'safety_violation', 'approval_bypass', 'utility_passed']
const MOST_FLIPS = 200

/** A run measured by both suites. */
export interface MeasuredTwice {
  readonly case_id: string
  readonly was: SliceRow
  readonly now: SliceRow
}

export function rebaseline(
  from: string,
  to: string,
  runs: readonly MeasuredTwice[],
  retires: readonly string[],
): Rebaseline {
  const flips = runs
    .toSorted((a, b) => byCodeUnit(a.case_id, b.case_id) || byCodeUnit(a.was.run_id, b.was.run_id))
    .map(({ case_id, was, now }) =>
      DECIDED.flatMap((measure): Flip[] => {
        const [old, anew] = [flagOf(measure, was.measures), flagOf(measure, now.measures)]
        return old === anew ? [] : [{ case_id, measure, was: old, now: anew }]
      }),
    )
  const both = runs.flatMap(({ was, now }) => {
    const pair = [flagOf('utility_passed', was.measures), flagOf('utility_passed', now.measures)] as const
    return pair[0] === null || pair[1] === null ? [] : [pair]
  })
  const rate = (side: 0 | 1): number | null =>
    both.length === 0 ? null : both.filter((pair) => pair[side]).length / both.length
  return {
    from,
    to,
    runs: runs.length,
    flipped_runs: flips.filter((of) => of.length > 0).length,
    flips: flips.flat().slice(0, MOST_FLIPS),
    pass_rate: { was: rate(0), now: rate(1) },
    retires: [...retires].sort(),
  }
}
