/** Finds a promising point without looking at every one: climbs along single fields, from several starts. */
import { type Field, keyOf, type Lattice, type Point } from './lattice.ts'
import { type Random, shuffle } from './random.ts'

const POOL = 64
const CLIMBED = 2
const SWEEPS = 8
/** Values of one field tried at a time. */
const RANKS_MOST = 10
const CHOICES_MOST = 40
/** Values of one field paired with those of another. */
const PAIRED_MOST = 6

/**
 * The untaken point of most promise that was come across; undefined if none was. `starts` are points to climb from
 * besides the best of a random pool.
 */
export function mostPromising(
  lattice: Lattice,
  promise: (point: Point, atLeast: number) => number,
  starts: readonly Point[],
  isTaken: (key: string) => boolean,
  random: Random,
): Point | undefined {
  const seen = new Map<string, number>()
  let best: Point | undefined
  let top = -Infinity
  /** Exact where it matters: for a climber standing at `here`, and for the best so far. */
  const look = (point: Point, here: number): number => {
    const key = keyOf(point)
    const known = seen.get(key)
    if (known !== undefined) return known
    const found = promise(point, Math.min(here, top))
    if (found > -Infinity) seen.set(key, found)
    if (found > top && !isTaken(key)) {
      top = found
      best = point
    }
    return found
  }
  const pool = Array.from({ length: POOL }, () => randomPoint(lattice, random))
    .map((point) => ({ point, rating: look(point, -Infinity) }))
    .sort((a, b) => b.rating - a.rating)
  for (const start of [...starts, ...pool.slice(0, CLIMBED).map((p) => p.point)]) climb(lattice, start, look, random)
  if (best) for (const point of pairMoves(lattice, best, random)) look(point, Infinity)
  return best
}

function climb(lattice: Lattice, start: Point, look: (p: Point, here: number) => number, random: Random): void {
  let point = start
  let here = look(start, -Infinity)
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const from = point
    for (const [i, field] of lattice.fields.entries()) {
      for (const rank of ranksToTry(field, point[i]!, random)) {
        const next = point.with(i, rank)
        const found = look(next, here)
        if (found > here) {
          point = next
          here = found
        }
      }
    }
    if (point === from) return
  }
}

/** All values of a short field; of a longer one the ends, the near ranks where there is an order, and random ones. */
function ranksToTry(field: Field, from: number, random: Random): number[] {
  const size = field.values.length
  if (size <= (field.ordered ? RANKS_MOST : CHOICES_MOST)) return [...field.values.keys()]
  const anywhere = (count: number) => Array.from({ length: count }, () => Math.floor(random() * size))
  if (!field.ordered) return anywhere(CHOICES_MOST)
  const near = [-4, -2, -1, 1, 2, 4].map((step) => from + step).filter((rank) => rank >= 0 && rank < size)
  return [0, size - 1, ...near, ...anywhere(RANKS_MOST - near.length - 2)]
}

/** Along the edge of what is allowed one field has to give for another to gain: no single move gets there. */
function* pairMoves(lattice: Lattice, from: Point, random: Random): Generator<Point> {
  const moves = lattice.fields.map((field, i) => {
    const ranks = field.ordered
      ? [-2, -1, 1, 2].map((step) => from[i]! + step)
      : shuffle([...field.values.keys()], random)
    return ranks.filter((rank) => rank !== from[i] && rank >= 0 && rank < field.values.length).slice(0, PAIRED_MOST)
  })
  for (const [i, first] of moves.entries()) {
    for (let j = 0; j < i; j++) {
      for (const a of first) for (const b of moves[j]!) yield from.with(i, a).with(j, b)
    }
  }
}

export function randomPoint(lattice: Lattice, random: Random): Point {
  return lattice.fields.map((field) => Math.floor(random() * field.values.length))
}
