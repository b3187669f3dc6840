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
import { type Badness, type Compared, compareRuns } from './comparisons.ts'

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
  /** Candidate runs compared until 1/level was first reached; null: it never was. */
  readonly crossed_after: number | null
  /** Runs that were compared, by arm, up to that moment or the end. */
  readonly compared: Compared
}

/**
 * Shares of the money that a bet puts at risk. Growth is flat around its best stake (drop / variance, here .02 to 1), so
 * four of them a factor three apart stay within a few percent of knowing it; measured in `bench/rollout.ts`.
 */
export const HARM_STAKES = [0.03, 0.1, 0.3, 0.7] as const

/** The money of one start. */
interface Part {
  readonly wealth: Float64Array
  money: number
}

/**
 * Evidence that the candidate is worse than tolerated, over the runs in the order of their log (`comparisons.ts`). Once it has
 * crossed it has crossed for every longer log, so that the outcome does not depend on how often it is asked for.
 * @param level in (0, 1)
 * @param look told the money after each run that was counted
 * @throws RangeError for a level or a tolerance outside its range, and for a badness that is none: no bet on it would be fair
 */
export function harmEvidence(
  runs: Iterable<ProductionRun>,
  rule: HarmRule,
  level: number,
  look?: (run: ProductionRun, money: number) => void,
): HarmEvidence {
  requireWithin('level', level, '()', 0, 1)
  requireWithin('tolerated', rule.tolerated, '[)', 0, 1)
  const parts = PERIODS.map((): Part => ({ wealth: new Float64Array(HARM_STAKES.length).fill(1), money: 1 }))
  const bet = bettor(rule.tolerated)
  let largest = 1
  let crossed: number | null = null
  const compared = compareRuns(runs, rule.badness, {
    rise: (part, rise) => bet(parts[part]!, rise),
    counted(run, { candidate }) {
      let money = 0
      for (const part of parts) money += part.money / parts.length
      if (money > largest) largest = money
      if (money >= 1 / level) crossed = candidate
      look?.(run, money)
      return crossed !== null
    },
  })
  return { evidence: largest, crossed_after: crossed, compared }
}

/** One bet of each stake. The stake is scaled so that the worst rise, -1, never costs more than it. */
function bettor(tolerated: number): (part: Part, rise: number) => void {
  const stakes = HARM_STAKES.map((stake) => stake / (1 + tolerated))
  return (part, rise) => {
    let money = 0
    for (let i = 0; i < stakes.length; i++) {
      part.wealth[i]! *= 1 + stakes[i]! * (rise - tolerated)
      money += part.wealth[i]!
    }
    part.money = money / stakes.length
  }
}
