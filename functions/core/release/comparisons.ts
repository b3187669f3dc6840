/**
 * Production runs as comparisons of both arms, in the order of their log: what every sequential look counts at a rollout whose
 * configuration declares no subjects (rule 1, before 0.3.0; `subject-comparisons.ts` has what came after). A run
 * with a `pair` is compared with its shadow. The others are compared in blocks: a block ends as soon as it holds both arms, and
 * its two means are compared; where a block ends depends on the arms alone, never on what was measured.
 */
import type { Arm, ProductionRun } from '#schemas/release.ts'
import { PERIODS, type Period } from '#schemas/stages.ts'
import { requireWithin } from '../statistics/range.ts'

/** How bad a run is, in [0, 1]; null: not measured. */
export type Badness = (run: ProductionRun) => number | null

/** Runs that were compared, by arm. */
export type Compared = Readonly<Record<Arm, number>>

/** What looks on while runs are compared. */
export interface Onlooker {
  /**
   * A comparison of the part that began with a period.
   * @param part position of that period in `PERIODS`
   * @param rise badness of the candidate minus that of the baseline, in [-1, 1]
   * @param sums of subjects: the same of the sums over their runs, and the candidate's runs, as parts of the most that count
   */
  rise(part: number, rise: number, sums?: { readonly sum: number; readonly weight: number }): void
  /** A run, or a subject, was counted, and its comparisons were told. True: enough, nothing more is looked at. */
  counted(of: Pick<ProductionRun, 'period'>, compared: Compared): boolean
}

/** The block of unpaired runs of a part that is still open. */
interface Block {
  period: Period | null
  baseSum: number
  baseCount: number
  candSum: number
  candCount: number
}

/**
 * Compares runs. There is one part for every period, and it counts what came in its period or later: so that a look at one
 * stage is not diluted by what earlier ones have shown. Each part counts a subject once.
 * @param runs of one rollout and intent, in log order; runs that are neither `compared` nor paired are skipped
 * @throws RangeError for a badness that is none: no bet on it would be fair
 */
export function compareRuns(runs: Iterable<ProductionRun>, badness: Badness, onlooker: Onlooker): Compared {
  const blocks = PERIODS.map(newBlock)
  const tells = PERIODS.map((_, part) => (rise: number) => onlooker.rise(part, rise))
  const last = new Map<string, number>()
  const waiting = new Map<string, ProductionRun>()
  const compared = { baseline: 0, candidate: 0 }
  for (const run of runs) {
    const bad = badness(run)
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
      const before = badness(other)!
      const rise = run.arm === 'candidate' ? bad - before : before - bad
      const [from, to] = partsFor(run, last)
      for (let part = from; part <= to; part++) onlooker.rise(part, rise)
      compared.baseline++
      compared.candidate++
    } else if (run.compared) {
      const [from, to] = partsFor(run, last)
      for (let part = from; part <= to; part++) addToBlock(blocks[part]!, run, bad, tells[part]!)
      compared[run.arm]++
    } else continue
    if (onlooker.counted(run, compared)) break
  }
  return compared
}

const newBlock = (): Block => ({ period: null, baseSum: 0, baseCount: 0, candSum: 0, candCount: 0 })

/**
 * The parts, from and to, that have started by the run's period and have not counted its subject yet: one customer's ten runs
 * are not ten proofs. A part has counted a subject exactly when one of its runs came in the part's first period or later, so
 * the last period of each subject is all there is to remember.
 */
function partsFor(run: ProductionRun, last: Map<string, number>): readonly [from: number, to: number] {
  const period = PERIODS.indexOf(run.period)
  const before = last.get(run.subject) ?? -1
  if (PERIODS.indexOf(run.period) <= before) return [0, -1]
  last.set(run.subject, period)
  return [before + 1, period]
}

function addToBlock(block: Block, run: ProductionRun, bad: number, rise: (rise: number) => void): void {
  // A block never spans two stages: their populations differ.
  if (block.period !== run.period) empty(block, run.period)
  if (run.arm === 'baseline') {
    block.baseSum += bad
    block.baseCount++
  } else {
    block.candSum += bad
    block.candCount++
  }
  if (block.baseCount === 0 || block.candCount === 0) return
  rise(block.candSum / block.candCount - block.baseSum / block.baseCount)
  empty(block, run.period)
}

function empty(block: Block, period: Period): void {
  block.period = period
  block.baseSum = 0
  block.baseCount = 0
  block.candSum = 0
  block.candCount = 0
}
