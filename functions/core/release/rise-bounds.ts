/**
 * Between which values does the true rise of a measure lie, however often anybody looks? A confidence sequence: the sequential
 * test of `harm-evidence.ts` turned round. A value is left out once a bet against it has won 2/level, so that over all looks
 * together the true mean rise of the comparisons is ever left out with probability at most `level` (betting on bounded means:
 * Waudby-Smith, Ramdas 2024).
 */
import { isAtLeast } from '../statistics/compare.ts'
import { requireWithin } from '../statistics/range.ts'
import { HARM_STAKES } from './harm-evidence.ts'

/** Bounds of a mean rise; −1 and 1 as long as nothing is left out. */
export interface RiseBounds {
  readonly lower: number
  readonly upper: number
}

/** Rises are counted in steps of this, rounded away from what they would show: a bound holds, and costs the same for any log. */
const STEP = 1e-3
/** Halvings of the range, which is 2 wide. */
const HALVINGS = 14

/** Collects the rises of one part of a rollout. Bounds only ever come nearer to each other. */
export class RiseSequence {
  readonly #up = new Map<number, number>()
  readonly #down = new Map<number, number>()
  readonly #needed: number
  #lower = -1
  #upper = 1

  /**
   * @param level chance that the true rise is ever left out, in (0, 1)
   * @throws RangeError
   */
  constructor(level: number) {
    requireWithin('level', level, '()', 0, 1)
    this.#needed = Math.log(2 / level)
  }

  /** @param rise in [-1, 1] */
  add(rise: number): void {
    count(this.#up, Math.max(-1, Math.floor(rise / STEP) * STEP))
    count(this.#down, Math.max(-1, Math.floor(-rise / STEP) * STEP))
  }

  /** What is left at this look. */
  bounds(): RiseBounds {
    this.#lower = leastLeft(this.#up, this.#needed, this.#lower)
    this.#upper = -leastLeft(this.#down, this.#needed, -this.#upper)
    return { lower: this.#lower, upper: this.#upper }
  }
}

const count = (counts: Map<number, number>, value: number): void => {
  counts.set(value, (counts.get(value) ?? 0) + 1)
}

/** The largest mean that the rises have ruled out to be the most, at least `from`: what is won falls as the mean rises. */
function leastLeft(rises: ReadonlyMap<number, number>, needed: number, from: number): number {
  let [low, high] = [from, 1]
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2
    if (isAtLeast(lnWon(rises, middle), needed)) low = middle
    else high = middle
  }
  return low
}

/** ln of what bets on "the mean is above `mean`" have made of one unit, shared out over the stakes. */
function lnWon(rises: ReadonlyMap<number, number>, mean: number): number {
  const won = HARM_STAKES.map((stake) => {
    let ln = 0
    for (const [rise, times] of rises) ln += times * Math.log1p((stake * (rise - mean)) / (1 + mean))
    return ln
  })
  const most = Math.max(...won)
  return most + Math.log(won.reduce((sum, ln) => sum + Math.exp(ln - most), 0) / won.length)
}
