/**
 * Subjects as comparisons of both arms, in the order in which they entered: what every sequential look at a rollout counts. A
 * subject says two things of a measure: its mean over the runs that count, which holds a subject with one run and one with
 * twenty for alike, and its sum as a part of the most that may count, which does not forget how many went wrong.
 *
 * A run whose outcome had not come in time speaks against harm in both arms: as a clean one of the candidate, as a bad one of the
 * baseline. So outcomes that one arm tells late roll nothing back; that they are missing is counted, and pauses. What came in
 * without the measure says nothing in either arm.
 */
import type { ProductionRun } from '#schemas/release.ts'
import { PERIODS, type Period } from '#schemas/stages.ts'
import { requireWithin } from '../statistics/range.ts'
import type { Badness, Compared, Onlooker } from './comparisons.ts'
import type { Entered, Item } from './subjects.ts'

/** What a subject, or the mean of several, says: mean, sum as a part of the most, and runs as a part of the most. */
export interface Said {
  readonly mean: number
  readonly sum: number
  readonly weight: number
}

/** The open block of a part in a period: sums of what was said, and how many said it. */
interface Side {
  mean: number
  sum: number
  weight: number
  count: number
}
type Block = Record<'baseline' | 'candidate', Side>

/**
 * Compares subjects. Parts as in `comparisons.ts`: one for every period, which counts what entered in its period or later, each
 * subject once. Subjects are compared in blocks of one part and period that end as soon as they hold both arms.
 * @param maxRuns runs of a subject that may count
 * @throws RangeError for a badness that is none
 */
export function compareSubjects(
  subjects: Iterable<Entered>,
  badness: Badness,
  maxRuns: number,
  onlooker: Onlooker,
): Compared {
  const blocks = PERIODS.map(() => new Map<Period, Block>())
  const last = new Map<string, number>()
  const compared = { baseline: 0, candidate: 0 }
  for (const of of subjects) {
    if (of.crossed) continue
    const said = saidBy(of, badness, maxRuns)
    if (said === null) continue
    const period = PERIODS.indexOf(of.period)
    const before = last.get(of.subject) ?? -1
    last.set(of.subject, Math.max(before, period))
    for (let part = before + 1; part <= period; part++) {
      const rise = of.arm === null ? said : inBlock(blocks[part]!, of.period, of.arm, said)
      if (rise !== null) onlooker.rise(part, rise.mean, rise)
    }
    if (of.arm !== 'candidate') compared.baseline++
    if (of.arm !== 'baseline') compared.candidate++
    if (onlooker.counted(of, compared)) break
  }
  return compared
}

/** Null: none of its runs says anything of the measure. */
export function saidBy(
  { arm, tested }: Pick<Entered, 'arm' | 'tested'>,
  badness: Badness,
  maxRuns: number,
): Said | null {
  let [sum, runs] = [0, 0]
  for (const item of tested) {
    const value = arm === null ? riseOf(item, badness) : countedAs(item[arm], arm, badness)
    if (value === null) continue
    sum += value
    runs++
  }
  return runs === 0 ? null : { mean: sum / runs, sum: sum / maxRuns, weight: runs / maxRuns }
}

/** How bad a run counts as. One that nobody told of is as one whose outcome is still to come. */
function countedAs(run: ProductionRun | null, arm: 'baseline' | 'candidate', badness: Badness): number | null {
  const bad = run === null ? null : badness(run)
  if (bad !== null) {
    requireWithin('badness', bad, '[]', 0, 1)
    return bad
  }
  return run === null || run.outcome_at === null ? (arm === 'candidate' ? 0 : 1) : null
}

function riseOf({ baseline, candidate }: Item, badness: Badness): number | null {
  const [before, after] = [countedAs(baseline, 'baseline', badness), countedAs(candidate, 'candidate', badness)]
  return before === null || after === null ? null : after - before
}

function inBlock(blocks: Map<Period, Block>, period: Period, arm: 'baseline' | 'candidate', said: Said): Said | null {
  const block = blocks.get(period) ?? { baseline: emptySide(), candidate: emptySide() }
  blocks.set(period, block)
  const side = block[arm]
  side.mean += said.mean
  side.sum += said.sum
  side.weight += said.weight
  side.count++
  const { baseline, candidate } = block
  if (baseline.count === 0 || candidate.count === 0) return null
  blocks.delete(period)
  return {
    mean: candidate.mean / candidate.count - baseline.mean / baseline.count,
    sum: candidate.sum / candidate.count - baseline.sum / baseline.count,
    weight: candidate.weight / candidate.count,
  }
}

const emptySide = (): Side => ({ mean: 0, sum: 0, weight: 0, count: 0 })
