/**
 * Decides the next point from what was told: the baseline, a few anywhere, then whatever promises most. It is found
 * without looking at every one: by climbing along single fields from several starts.
 */

import { type Belief, believe, type Frame, MOODS } from './belief.ts'
import {
  changedFields,
  type Field,
  keyOf,
  type Lattice,
  type Point,
  type Random,
  randomFor,
  randomPoint,
  reach,
} from './lattice.ts'
import { isMeasured, type Told } from './observations.ts'

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

/** The point of proposal `number`; undefined when every point in reach is used up. `out`: handed out and not told. */
export function propose(frame: Frame, seed: number, number: number, told: readonly Told[], out: readonly Point[]) {
  const { lattice, goal } = frame
  const random = randomFor(seed, number)
  const tries = new Map<string, number>()
  for (const t of told) {
    const key = keyOf(t.point)
    // One that was measured needs no second try.
    tries.set(key, t.metrics ? Infinity : (tries.get(key) ?? 0) + 1)
  }
  const home = keyOf(lattice.baseline)
  const atHome = told.filter((t) => keyOf(t.point) === home)
  const settled = atHome.length >= BASELINE_TRIES || atHome.some((t) => isMeasured(goal, t))
  const isOut = new Set(out.map(keyOf))
  if (!settled && !isOut.has(home)) return lattice.baseline
  const isTaken = (point: Point) => {
    const key = keyOf(point)
    return key === home || isOut.has(key) || (tries.get(key) ?? 0) >= TRIES
  }
  // A plane over the fields needs about this many.
  const first = lattice.fields.filter((field) => field.values.length > 1).length + 2
  const known = tries.size + out.length
  const found = known < first ? undefined : mostPromising(lattice, believe(frame, told), isTaken, number, random)
  if (found) return found
  const point = randomPoint(lattice, random)
  return isTaken(point) ? reach(lattice).find((other) => !isTaken(other)) : point
}

/** The untaken point of most promise that was come across; undefined if none was. */
function mostPromising(
  lattice: Lattice,
  belief: Belief,
  isTaken: (point: Point) => boolean,
  number: number,
  random: Random,
) {
  const mood = MOODS[number % MOODS.length]!
  const seen = new Map<string, number>()
  let best: Point | undefined
  let top = -Infinity
  /** Exact where it matters: for a climber standing at `here`, and for the best so far. */
  const look = (point: Point, here: number): number => {
    const key = keyOf(point)
    const known = seen.get(key)
    if (known !== undefined) return known
    const found = belief.promise(point, mood, Math.min(here, top))
    if (found > -Infinity) seen.set(key, found)
    if (found > top && !isTaken(point)) {
      top = found
      best = point
    }
    return found
  }
  const pool = Array.from({ length: POOL }, () => randomPoint(lattice, random))
    .map((point) => ({ point, rating: look(point, -Infinity) }))
    .sort((a, b) => b.rating - a.rating)
  const leaders = belief.leaders.length > 0 ? belief.leaders.slice(0, 2) : [{ point: lattice.baseline }]
  for (const start of [...leaders, ...pool.slice(0, CLIMBED)]) {
    let { point } = start
    let here = look(point, -Infinity)
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      const from = point
      for (const [i, field] of lattice.fields.entries()) {
        for (const rank of ranksToTry(field, point[i]!, random)) {
          for (const next of within(lattice, point.with(i, rank), i)) {
            const found = look(next, here)
            if (found > here) [point, here] = [next, found]
          }
        }
      }
      if (point === from) break
    }
  }
  if (best) for (const point of pairMoves(lattice, best, random)) look(point, Infinity)
  return best
}

/** The point, or where it changes a field too many, the same with other changes than that of field `kept` undone. */
function within(lattice: Lattice, point: Point, kept: number): Point[] {
  const changed = changedFields(lattice, point)
  if (changed.length <= lattice.mostChanged) return [point]
  return changed.flatMap((i) => (i === kept ? [] : within(lattice, point.with(i, lattice.baseline[i]!), kept)))
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
    const ranks = field.ordered ? [-2, -1, 1, 2].map((step) => from[i]! + step) : ranksToTry(field, 0, random)
    return ranks.filter((rank) => rank !== from[i] && rank >= 0 && rank < field.values.length).slice(0, PAIRED_MOST)
  })
  for (const [i, first] of moves.entries()) {
    for (let j = 0; j < i; j++) {
      for (const a of first) for (const b of moves[j]!) yield* within(lattice, from.with(i, a).with(j, b), i)
    }
  }
}
