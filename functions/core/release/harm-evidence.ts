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
import type { Arm, ProductionRun } from '#schemas/release.ts'
import { PERIODS, type Period } from '#schemas/stages.ts'
import { requireWithin } from '../statistics/range.ts'

/** What is tested: badness in [0, 1] of a run, null where it was not measured, and how much more of it is tolerated. */
export interface HarmRule {
  readonly name: string
  readonly badness: (run: ProductionRun) => number | null
  /** Tolerated rise of the mean badness, in [0, 1). */
  readonly tolerated: number
}

export interface HarmEvidence {
  /** Largest amount of money that was ever reached; it starts at 1. */
  readonly evidence: number
  /** Candidate runs compared until 1/level was first reached; null: it never was. */
  readonly crossed_after: number | null
  /** Runs that were compared, by arm, up to that moment or the end. */
  readonly compared: Readonly<Record<Arm, number>>
}

/**
 * Shares of the money that a bet puts at risk. Growth is flat around its best stake (drop / variance, here .02 to 1), so
 * four of them a factor three apart stay within a few percent of knowing it; measured in `bench/rollout.ts`.
 */
const STAKES = [0.03, 0.1, 0.3, 0.7] as const

/** The money of one start: its stakes, and the block of unpaired runs that is still open. */
interface Part {
  readonly wealth: Float64Array
  money: number
  period: Period | null
  baseSum: number
  baseCount: number
  candSum: number
  candCount: number
}

/**
 * Evidence that the candidate is worse than tolerated, over the runs in the order of their log. Once it has crossed it
 * has crossed for every longer log, so that the outcome does not depend on how often it is asked for.
 *
 * Runs with a `pair` are compared with their shadow. The others are compared in blocks: a block ends as soon as it holds
 * both arms, and its two means are compared; where a block ends depends on the arms alone, never on what was measured.
 * @param runs of one rollout and intent, in log order; runs that are neither `compared` nor paired are skipped
 * @param level in (0, 1)
 * @throws RangeError for a level or a tolerance outside its range, and for a badness that is none: no bet on it would be fair
 */
export function harmEvidence(runs: Iterable<ProductionRun>, rule: HarmRule, level: number): HarmEvidence {
  requireWithin('level', level, '()', 0, 1)
  requireWithin('tolerated', rule.tolerated, '[)', 0, 1)
  const parts = PERIODS.map(newPart)
  const bet = bettor(rule.tolerated)
  const counted = new Map<string, number>()
  const waiting = new Map<string, ProductionRun>()
  const compared = { baseline: 0, candidate: 0 }
  let largest = 1
  for (const run of runs) {
    const bad = rule.badness(run)
    if (bad === null) continue
    requireWithin('badness', bad, '[]', 0, 1)
    if (run.pair !== null) {
      const other = waiting.get(run.pair)
      if (other === undefined) {
        waiting.set(run.pair, run)
        continue
      }
      if (other.arm === run.arm) continue
      waiting.delete(run.pair)
      const before = rule.badness(other)!
      const rise = run.arm === 'candidate' ? bad - before : before - bad
      for (const part of newFor(run, parts, counted)) bet(part, rise)
      compared.baseline++
      compared.candidate++
    } else if (run.compared) {
      for (const part of newFor(run, parts, counted)) addToBlock(part, run, bad, bet)
      compared[run.arm]++
    } else continue
    let money = 0
    for (const part of parts) money += part.money / parts.length
    if (money > largest) largest = money
    if (money >= 1 / level) return { evidence: largest, crossed_after: compared.candidate, compared }
  }
  return { evidence: largest, crossed_after: null, compared }
}

const newPart = (): Part => ({
  wealth: new Float64Array(STAKES.length).fill(1),
  money: 1,
  period: null,
  baseSum: 0,
  baseCount: 0,
  candSum: 0,
  candCount: 0,
})

/**
 * The parts that have started by the run's period and have not counted its subject yet: one customer's ten runs are not
 * ten proofs. A part has counted a subject exactly when one of its runs came in the part's first period or later, so the
 * last period of each subject is all there is to remember.
 */
function newFor(run: ProductionRun, parts: readonly Part[], counted: Map<string, number>): readonly Part[] {
  const period = PERIODS.indexOf(run.period)
  const last = counted.get(run.subject) ?? -1
  if (last >= period) return []
  counted.set(run.subject, period)
  return parts.slice(last + 1, period + 1)
}

type Bet = (part: Part, rise: number) => void

/** One bet of each stake. The stake is scaled so that the worst rise, -1, never costs more than it. */
function bettor(tolerated: number): Bet {
  const stakes = STAKES.map((stake) => stake / (1 + tolerated))
  return (part, rise) => {
    let money = 0
    for (let i = 0; i < stakes.length; i++) {
      part.wealth[i]! *= 1 + stakes[i]! * (rise - tolerated)
      money += part.wealth[i]!
    }
    part.money = money / stakes.length
  }
}

function addToBlock(part: Part, run: ProductionRun, bad: number, bet: Bet): void {
  // A block never spans two stages: their populations differ.
  if (part.period !== run.period) emptyBlock(part, run.period)
  if (run.arm === 'baseline') {
    part.baseSum += bad
    part.baseCount++
  } else {
    part.candSum += bad
    part.candCount++
  }
  if (part.baseCount === 0 || part.candCount === 0) return
  bet(part, part.candSum / part.candCount - part.baseSum / part.baseCount)
  emptyBlock(part, run.period)
}

function emptyBlock(part: Part, period: Period): void {
  part.period = period
  part.baseSum = 0
  part.baseCount = 0
  part.candSum = 0
  part.candCount = 0
}
