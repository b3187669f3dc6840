/**
 * Decides the next point from what was told: the baseline, a few anywhere, then whatever promises most. It is found
 * without looking at every one: by climbing along single fields from several starts.
 */

import { type Belief, believe, type Frame } from './belief.ts'
import { keyOf, type Lattice, type Point, type Random, randomFor, randomPoint, reach } from './lattice.ts'
import { type Handed, isMeasured, isTold } from './observations.ts'
import type { Field } from './types.ts'

/** Evaluations of a point that fails, and of a baseline without which no relative limit can be judged. */
const TRIES = 3
const BASELINE_TRIES = 8
const POOL = 64
const CLIMBED = 2
const SWEEPS = 8
/** Values of one field tried at a time. */
const RANKS_MOST = 12
/** Values of one field paired with those of another. */
const PAIRED_MOST = 6

/** The point of proposal `number`; undefined when every point in reach is used up. */
export function propose(frame: Frame, seed: number, number: number, handed: readonly Handed[]): Point | undefined {
  const { lattice, goal } = frame
  const random = randomFor(seed, number)
  const home = keyOf(lattice.baseline)
  /** Of each point how often it failed; Infinity: it is out, or was measured and needs no second try. */
  const tries = new Map<string, number>()
  for (const one of handed) {
    const key = keyOf(one.point)
    const failed = isTold(one) && (key === home ? !isMeasured(goal, one) : one.metrics === null)
    tries.set(key, failed ? (tries.get(key) ?? 0) + 1 : Infinity)
  }
  const isTaken = (point: Point) => {
    const key = keyOf(point)
    return (tries.get(key) ?? 0) >= (key === home ? BASELINE_TRIES : TRIES)
  }
  if (!isTaken(lattice.baseline)) return lattice.baseline
  // A plane over the fields needs about this many.
  const first = lattice.fields.filter((field) => field.values.length > 1).length + 2
  const belief = tries.size < first ? undefined : believe(frame, handed.filter(isTold))
  const found = belief && mostPromising(lattice, belief, number, isTaken, random)
  if (found) return found
  const point = randomPoint(lattice, random)
  return isTaken(point) ? reach(lattice).find((other) => !isTaken(other)) : point
}

/** The untaken point of most promise that was come across; undefined if none was. */
function mostPromising(
  lattice: Lattice,
  { promise, leaders }: Belief,
  number: number,
  isTaken: (point: Point) => boolean,
  random: Random,
): Point | undefined {
  const promised = promise(number)
  let best: Point | undefined
  let top = -Infinity
  const look = (point: Point): number => {
    const found = promised(point)
    if (found > top && !isTaken(point)) {
      top = found
      best = point
    }
    return found
  }
  const pool = Array.from({ length: POOL }, () => randomPoint(lattice, random))
    .map((point) => ({ point, rating: look(point) }))
    .sort((a, b) => b.rating - a.rating)
  const known = leaders.length > 0 ? leaders.slice(0, 2) : [{ point: lattice.baseline }]
  for (let { point } of [...known, ...pool.slice(0, CLIMBED)]) {
    let here = look(point)
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      const from = point
      for (const [i, field] of lattice.fields.entries()) {
        for (const rank of ranksToTry(field, point[i]!, random)) {
          for (const next of within(lattice, point.with(i, rank), i)) {
            const found = look(next)
            if (found > here) [point, here] = [next, found]
          }
        }
      }
      if (point === from) break
    }
  }
  if (best) for (const point of pairMoves(lattice, best, random)) look(point)
  return best
}

/** The point, or where it changes a field too many, the same with other changes than that of field `kept` undone. */
function within(lattice: Lattice, point: Point, kept: number): Point[] {
  const { baseline, mostChanged } = lattice
  const changed = [...point.keys()].filter((i) => point[i] !== baseline[i])
  if (changed.length <= mostChanged) return [point]
  return changed.flatMap((i) => (i === kept ? [] : within(lattice, point.with(i, baseline[i]!), kept)))
}

/** All values of a short field; of a longer one the ends, the near ranks and random ones. */
function ranksToTry({ values: { length } }: Field, from: number, random: Random): number[] {
  if (length <= RANKS_MOST) return Array.from({ length }, (_, rank) => rank)
  const near = [-4, -2, -1, 1, 2, 4].map((step) => from + step).filter((rank) => rank >= 0 && rank < length)
  return [0, length - 1, ...near, ...Array.from({ length: 4 }, () => Math.floor(random() * length))]
}

/** Along the edge of what is allowed one field has to give for another to gain: no single move gets there. */
function* pairMoves(lattice: Lattice, from: Point, random: Random): Generator<Point> {
  const moves = lattice.fields.map((field, i) => {
    const ranks =
      field.kind === 'ordered' ? [-2, -1, 1, 2].map((step) => from[i]! + step) : ranksToTry(field, 0, random)
    return ranks.filter((rank) => rank !== from[i] && rank >= 0 && rank < field.values.length).slice(0, PAIRED_MOST)
  })
  for (const [i, first] of moves.entries()) {
    for (let j = 0; j < i; j++) {
      for (const a of first) for (const b of moves[j]!) yield* within(lattice, from.with(i, a).with(j, b), i)
    }
  }
}
