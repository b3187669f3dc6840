/**
 * Decides the next points from what was told: the baseline, a spread of first points, then whatever promises most. The
 * same observations, the same points still out and the same seed give the same proposals.
 */

import { type Belief, believe, MOODS } from './belief.ts'
import { mostPromising, randomPoint } from './climb.ts'
import { design, designSize } from './design.ts'
import { feasibleBestFirst, type Goal, type Told } from './judge.ts'
import { type FieldKernel, makeKernels } from './kernel.ts'
import { allPoints, distance, keyOf, type Lattice, type Point } from './lattice.ts'
import { type FitMemo, milestone } from './metric-model.ts'
import { randomFor } from './random.ts'

interface Situation {
  /** In proposal order. */
  readonly told: readonly Told[]
  /** Handed out and not to be learned from yet. */
  readonly out: readonly Point[]
  /** Keys of all points ever handed out or told. */
  readonly taken: ReadonlyMap<string, unknown>
  /** Number of the next proposal. */
  readonly next: number
}

/** Gives up to `count` new points, fewer only when the lattice is used up. */
export type Proposer = (situation: Situation, count: number) => Point[]

export function makeProposer(lattice: Lattice, goal: Goal, seed: number, exact: boolean): Proposer {
  const kernels = makeKernels(lattice)
  const memo: FitMemo = new Map()
  const first = [lattice.baseline, ...design(lattice, randomFor(seed, -1))]
  const beliefOf = (told: readonly Told[]) => beliefFrom(lattice, goal, kernels, memo, told)
  const rank = exact ? makeRanking(lattice, beliefOf) : undefined

  return ({ told, out, taken, next }, count) => {
    const points: Point[] = []
    const added = new Set<string>()
    const isTaken = (key: string) => taken.has(key) || added.has(key)
    const add = (point: Point) => {
      points.push(point)
      added.add(keyOf(point))
    }
    const used = () => taken.size + added.size
    const room = () => points.length < count && used() < lattice.size
    for (const [i, point] of first.entries()) {
      if (room() && (i === 0 || used() <= designSize(lattice)) && !isTaken(keyOf(point))) add(point)
    }
    if (!room()) return points
    if (rank) {
      for (const point of rank(told)) {
        if (!room()) break
        if (!isTaken(keyOf(point))) add(point)
      }
      return points
    }
    const belief = beliefOf(told)
    for (const point of [...out, ...points]) belief.assume(point)
    const starts = startsFrom(lattice, goal, told)
    while (room()) {
      const number = next + points.length
      const random = randomFor(seed, number)
      const mood = MOODS[number % MOODS.length]!
      const promise = (point: Point, atLeast: number) => belief.promise(point, mood, atLeast)
      const found = mostPromising(lattice, promise, starts, isTaken, random)
      add(found ?? untakenFrom(lattice, randomPoint(lattice, random), isTaken))
      if (room()) belief.assume(points.at(-1)!)
    }
    return points
  }
}

/** The nearest to the best tell most, and the baseline, on which relative limits rest. */
function beliefFrom(
  lattice: Lattice,
  goal: Goal,
  kernels: readonly FieldKernel[],
  memo: FitMemo,
  told: readonly Told[],
): Belief {
  const baseline = findBaseline(lattice, told)
  const centre = feasibleBestFirst(goal, told, baseline)[0]?.point ?? lattice.baseline
  const near = told
    .map((t) => ({ t, far: t === baseline ? -1 : distance(lattice, t.point, centre) }))
    .sort((a, b) => a.far - b.far || a.t.number - b.t.number)
  return believe({ goal, kernels, told, near: near.map((n) => n.t), baseline, memo })
}

export function findBaseline(lattice: Lattice, told: readonly Told[]): Told | undefined {
  return told.find((t) => t.point.every((rank, i) => rank === lattice.baseline[i]))
}

/** Climbs begin at the best two so far, at first at the baseline. */
function startsFrom(lattice: Lattice, goal: Goal, told: readonly Told[]): Point[] {
  const best = feasibleBestFirst(goal, told, findBaseline(lattice, told))
  return best.length > 0 ? best.slice(0, 2).map((t) => t.point) : [lattice.baseline]
}

/** For an exact search: every point, most promising first, ranked anew at each milestone. */
function makeRanking(lattice: Lattice, beliefOf: (told: readonly Told[]) => Belief) {
  const points = allPoints(lattice)
  let last: { readonly key: string; readonly ranking: readonly Point[] } | undefined
  return (told: readonly Told[]): readonly Point[] => {
    const known = told.slice(0, milestone(told.length))
    // Observations are only ever added, so as many up to the same number are the same.
    const key = `${known.length} up to ${known.at(-1)?.number}`
    if (last?.key !== key) {
      const belief = beliefOf(known)
      const rated = points.map((point) => ({ point, promise: belief.promise(point, MOODS[0]!, -Infinity) }))
      last = { key, ranking: rated.sort((a, b) => b.promise - a.promise).map((r) => r.point) }
    }
    return last.ranking
  }
}

/** The first untaken point from `start` on, in lattice order; there must be one. */
function untakenFrom(lattice: Lattice, start: Point, isTaken: (key: string) => boolean): Point {
  let point = start
  while (isTaken(keyOf(point))) {
    const next = [...point]
    for (let i = next.length - 1; i >= 0; i--) {
      next[i] = (next[i]! + 1) % lattice.fields[i]!.values.length
      if (next[i] !== 0) break
    }
    point = next
  }
  return point
}
