/** Checked bounds in worlds that stand exactly at the limit, beside the percentile bootstrap. */

import { pMean } from '#core/statistics/betting-mean.ts'
import { upperRate } from '#core/statistics/binomial.ts'
import { bootstrapUpper } from '#core/statistics/bootstrap.ts'
import type { Family } from '#core/statistics/paired-statistic.ts'
import { P95_SHARE, pTailShare } from '#core/statistics/tail-share.ts'
import { type Draws, draws } from './bench.ts'
import { MEAN_WORLDS, type MeanWorld, summed, TAIL_WORLDS, type TailWorld } from './validity-worlds.ts'

const SEED = 8
const LEVEL = 0.05
const SIZES = [100, 150, 300, 1000]
const REPEATS = 4000
const POWER_REPEATS = 500
/** The bootstrap is a thousand times dearer: fewer repeats say enough of it. */
const BOOTSTRAP_REPEATS = 200
const RESAMPLES = 400

/** One sample of a world, judged by both rules. `shift`: how much better than the limit the truth is. */
type Judge = (
  n: number,
  shift: number,
  draw: Draws,
) => { readonly ours: () => boolean; readonly bootstrap: () => boolean }

export interface Cell {
  readonly world: string
  readonly n: number
  readonly accepted: number
  readonly lower99: number
  readonly power: number
  readonly bootstrapAccepts: number
  readonly bootstrapPower: number
}

export const CHECKED_CONDITIONS = {
  seed: SEED,
  level: LEVEL,
  checked: `${REPEATS} samples a cell with the truth exactly at the limit, ${POWER_REPEATS} at the alternative; n = ${SIZES.join(', ')}`,
  bootstrap: `percentile, ${RESAMPLES} resamples, ${BOOTSTRAP_REPEATS} samples a cell`,
  alternatives: [...MEAN_WORLDS, ...TAIL_WORLDS].map((w) => `${w.name}: better by ${Number(w.better.toFixed(2))}`),
}

/** The cells of a world, as a table shows them. */
export const CHECKED_HEAD = [
  `accepted at the limit, n = ${SIZES.join(' / ')}`,
  'ours',
  'bootstrap',
  'power: ours',
  'bootstrap',
]

/** Every world at every size. */
export function checkedCells(): Cell[] {
  const worlds: [name: string, better: number, judge: Judge][] = [
    ...MEAN_WORLDS.map((w): [string, number, Judge] => [w.name, w.better, judgeMean(w)]),
    ...TAIL_WORLDS.map((w): [string, number, Judge] => [w.name, w.better, judgeTail(w)]),
  ]
  return worlds.flatMap(([world, better, judge], at) =>
    SIZES.map((n): Cell => {
      const share = (repeats: number, shift: number, rule: 'ours' | 'bootstrap'): number => {
        const draw = draws(SEED + 10 * at + (shift === 0 ? 0 : 1))
        let accepted = 0
        for (let repeat = 0; repeat < repeats; repeat++) if (judge(n, shift, draw)[rule]()) accepted++
        return accepted / repeats
      }
      const accepted = share(REPEATS, 0, 'ours')
      return {
        world,
        n,
        accepted,
        lower99: 1 - upperRate(Math.round(REPEATS * (1 - accepted)), REPEATS, 0.01),
        power: share(POWER_REPEATS, better, 'ours'),
        bootstrapAccepts: share(BOOTSTRAP_REPEATS, 0, 'bootstrap'),
        bootstrapPower: share(BOOTSTRAP_REPEATS, better, 'bootstrap'),
      }
    }),
  )
}

const boundOf = (families: readonly Family[], statistic: 'mean_delta' | 'p95_delta', draw: Draws): number =>
  bootstrapUpper(families, { statistic, alpha: LEVEL, seed: draw.below(2 ** 32), resamples: RESAMPLES })

/** Half the level to the mean of what the range holds, half to what lies beyond it; an end by nature needs no such half. */
function judgeMean({ family, range, beyond }: MeanWorld): Judge {
  return (n, shift, draw) => {
    const drawn = Array.from({ length: n }, () => summed(family(draw), range.max, shift))
    return {
      ours: () => {
        const above = drawn.filter((f) => f.beyond).length
        if (beyond === 0) return above === 0 && pMean(sums(drawn), range, 0) <= LEVEL
        return pTailShare(above, n, beyond) <= LEVEL / 2 && pMean(sums(drawn), range, 0) <= LEVEL / 2
      },
      bootstrap: () =>
        boundOf(
          drawn.map((f) => f.pair),
          'mean_delta',
          draw,
        ) < 0,
    }
  }
}
const sums = (drawn: readonly ReturnType<typeof summed>[]) => drawn.map((f) => f.sum)

/** One decision a family, drawn; the bootstrap pools them all. */
function judgeTail({ family, pinned, maxMs }: TailWorld): Judge {
  return (n, shift, draw) => {
    const drawn = Array.from({ length: n }, () => family(draw).map(({ base, cand }) => ({ base, cand: cand - shift })))
    return {
      ours: () => {
        const above = drawn.filter((decisions) => decisions[draw.below(decisions.length)]!.cand > pinned + maxMs).length
        return pTailShare(above, n, P95_SHARE) <= LEVEL
      },
      bootstrap: () => boundOf(drawn.map(paired), 'p95_delta', draw) <= maxMs,
    }
  }
}
const paired = (decisions: readonly { base: number; cand: number }[]): Family =>
  decisions.map(({ base, cand }) => ({ base: { sum: base, count: 1 }, cand: { sum: cand, count: 1 } }))
