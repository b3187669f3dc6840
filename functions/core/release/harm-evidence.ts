/**
 * Has production shown that the candidate is worse than tolerated? A sequential test by betting that may be looked at after
 * every run: whoever looks, and however often, rolls back a change that is within tolerance with probability at most the
 * declared level, over all stages and the window together.
 *
 * One unit of money is divided over six starts (each stage and the window) and four stakes. Every part bets, comparison
 * by comparison, that the candidate's badness exceeds the baseline's by more than `tolerated`. While it does not, no bet
 * gains in expectation, so the sum is a non-negative supermartingale that starts at 1, and it ever reaches 1/level with
 * probability <= level (Ville 1939). Betting on bounded means: Waudby-Smith, Ramdas 2024; two samples: Shekhar, Ramdas
 * 2023. Dividing the money over starts is never weaker than dividing the level over stages (each part alone would have
 * to reach the same sum), and it keeps what earlier stages have shown.
 */
import type { ProductionRun } from '#schemas/release.ts'
import { PERIODS } from '#schemas/stages.ts'
import { requireWithin } from '../statistics/range.ts'
import { type Badness, type Compared, compareRuns, type Onlooker } from './comparisons.ts'
import { compareSubjects, type Said } from './subject-comparisons.ts'
import type { Entered } from './subjects.ts'

/** What is tested: badness of a run, and how much more of it is tolerated. */
export interface HarmRule {
  readonly name: string
  readonly badness: Badness
  /** Tolerated rise of the mean badness, in [0, 1). */
  readonly tolerated: number
}

export interface HarmEvidence {
  /** Largest amount of money that was ever reached; it starts at 1. */
  readonly evidence: number
  /** Candidate runs, or subjects, compared until 1/level was first reached; null: it never was. */
  readonly crossed_after: number | null
  /** Runs, or subjects, that were compared, by arm, up to that moment or the end. */
  readonly compared: Compared
}

/**
 * Shares of the money that a bet puts at risk. Growth is flat around its best stake (drop / variance, here .02 to 1), so
 * four of them a factor three apart stay within a few percent of knowing it; measured in `bench/rollout.ts`.
 */
export const HARM_STAKES = [0.03, 0.1, 0.3, 0.7] as const

/** Told the money after each run, or subject, that was counted. */
type Look = (of: Pick<ProductionRun, 'period'>, money: number) => void

/**
 * Evidence that the candidate is worse than tolerated, over the runs in the order of their log (`comparisons.ts`). Once it has
 * crossed it has crossed for every longer log, so that the outcome does not depend on how often it is asked for.
 * @param level in (0, 1)
 * @throws RangeError for a level or a tolerance outside its range, and for a badness that is none: no bet on it would be fair
 */
export const harmEvidence = (runs: Iterable<ProductionRun>, rule: HarmRule, level: number, look?: Look): HarmEvidence =>
  betting((onlooker) => compareRuns(runs, rule.badness, onlooker), rule, level, look)

/**
 * The same over subjects, in the order in which they entered (`subject-comparisons.ts`). Every start puts half of its money on
 * their means and half on their sums: tolerated is what raises neither by more than the rule allows for each run.
 * @param maxRuns runs of a subject that may count
 * @throws RangeError
 */
export const subjectEvidence = (
  subjects: Iterable<Entered>,
  maxRuns: number,
  rule: HarmRule,
  level: number,
  look?: Look,
): HarmEvidence => betting((onlooker) => compareSubjects(subjects, rule.badness, maxRuns, onlooker), rule, level, look)

function betting(
  compare: (onlooker: Onlooker) => Compared,
  { tolerated }: HarmRule,
  level: number,
  look: Look | undefined,
): HarmEvidence {
  requireWithin('level', level, '()', 0, 1)
  requireWithin('tolerated', tolerated, '[)', 0, 1)
  const starts = PERIODS.map(() => ({ means: purse(HARM_STAKES, tolerated), sums: null as Purse | null }))
  let largest = 1
  let crossed: number | null = null
  const compared = compare({
    rise(part, rise, sums) {
      const start = starts[part]!
      start.means.bet(rise, 1)
      if (sums === undefined) return
      start.sums ??= purse(SUM_STAKES, tolerated)
      start.sums.bet(sums.sum, sums.weight)
    },
    counted(of, { candidate }) {
      let money = 0
      for (const { means, sums } of starts)
        money += (sums === null ? means.money : (means.money + sums.money) / 2) / starts.length
      if (money > largest) largest = money
      if (money >= 1 / level) crossed = candidate
      look?.(of, money)
      return crossed !== null
    },
  })
  return { evidence: largest, crossed_after: crossed, compared }
}

/**
 * Largest money that bets on rises over something that is known ever reach; it starts at 1. Half is put on means and half on
 * sums, as above; there is one start.
 */
export function riseEvidence(rises: Iterable<Said>, tolerated: number): number {
  const [means, sums] = [purse(HARM_STAKES, tolerated), purse(SUM_STAKES, tolerated)]
  let largest = 1
  for (const { mean, sum, weight } of rises) {
    means.bet(mean, 1)
    sums.bet(sum, weight)
    largest = Math.max(largest, (means.money + sums.money) / 2)
  }
  return largest
}

/** Stakes on sums: they are small parts of the most that may count, so that the best stake lies near all that there is. */
const SUM_STAKES = [0.1, 0.3, 0.7, 0.97] as const

/** Money that is divided over the stakes. */
interface Purse {
  money: number
  /** @param weight what is tolerated, as a part of what is tolerated for a whole comparison */
  bet(rise: number, weight: number): void
}

/** One bet of each stake. The stake is scaled so that the worst rise, -1, never costs more than it. */
function purse(shares: readonly number[], tolerated: number): Purse {
  const stakes = shares.map((share) => share / (1 + tolerated))
  const wealth = new Float64Array(stakes.length).fill(1)
  return {
    money: 1,
    bet(rise, weight) {
      let money = 0
      for (let i = 0; i < stakes.length; i++) {
        wealth[i]! *= 1 + stakes[i]! * (rise - tolerated * weight)
        money += wealth[i]!
      }
      this.money = money / stakes.length
    },
  }
}
