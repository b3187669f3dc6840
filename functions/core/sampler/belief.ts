/**
 * What the observations make one believe, as one number a point: how much improvement to expect there, times how likely
 * it is allowed (constrained expected improvement: Schonlau, Welch and Jones, 1998; Gardner and others, 2014).
 */

import { isMeasured, signOf } from './judge.ts'
import type { Point } from './lattice.ts'
import { type Evidence, learnLimits, learnMetric, NEAR_MOST } from './limits.ts'
import { logCdf, logExpectedImprovement } from './normal.ts'

/** What a proposal is after. */
export interface Mood {
  /** Standard deviations of the noise to keep clear of every limit. */
  readonly caution: number
  /** The likeliest improvement, however small, instead of the greatest to be expected. */
  readonly sure: boolean
}

/**
 * Taken in turn. Great hopes alone overlook the small step that is nearly certain (measured: it makes the difference in
 * the few worlds where the search ended 3 % off); and under noise, where the edge runs is itself in doubt, so that some
 * proposals stay inside it. Without noise caution changes nothing.
 */
export const MOODS: readonly Mood[] = [
  { caution: 0, sure: false },
  { caution: 0, sure: true },
  { caution: 1, sure: false },
  { caution: 2, sure: false },
]

export interface Belief {
  /** Logarithm of the promise; -Infinity as soon as it is clear that it falls short of `atLeast`. */
  promise(point: Point, mood: Mood, atLeast: number): number
  /** Takes a point that is still out for evaluated as predicted, so that the next one lies elsewhere. */
  assume(point: Point): void
}

/**
 * In deviations of the objective: less than this is no improvement. Without it a search that is nearly done wastes its
 * evaluations on fields that do nothing.
 */
const LEAST_GAIN = 0.01

/** A point whose chance falls below this on any one limit is no mark to beat; one exactly on its limit has a half. */
const BELIEVED = Math.log(0.45)

/** Numbers of observations that narrow the doubt at a first and second glance; they dismiss most points. */
const GLANCES = [16, 48]

/** As long as nothing allowed is known, the promise is the chance alone of being allowed. */
export function believe(evidence: Evidence): Belief {
  const { objective } = evidence.goal
  const sign = signOf(objective)
  const target = learnMetric(evidence, objective.metric)
  const limits = learnLimits(evidence, new Map(target ? [[objective.metric, target]] : []))
  const models = new Set([...limits.map((limit) => limit.model), ...(target ? [target] : [])])

  /** By caution: the lowest cost believed to be allowed, which is what there is to improve on. */
  const marks: number[] = [Infinity, Infinity, Infinity]
  const mark = (point: Point): void => {
    if (!target) return
    const cost = sign * target.predict(point).mean
    for (const caution of marks.keys()) {
      const allowed = limits.every((limit) => limit.logAllowed(point, caution) >= BELIEVED)
      if (allowed) marks[caution] = Math.min(marks[caution]!, cost)
    }
  }
  for (const t of evidence.near.slice(0, NEAR_MOST)) if (isMeasured(evidence.goal, t)) mark(t.point)

  const look = (point: Point, { caution, sure }: Mood, atLeast: number, depth: number | undefined): number => {
    let sum = 0
    if (target && marks[caution]! < Infinity) {
      const { mean, sd } = target.predict(point, depth)
      const z = (marks[caution]! - LEAST_GAIN - sign * mean) / sd
      sum = sure ? logCdf(z) : logExpectedImprovement(z) + Math.log(sd)
    }
    // Every further term is a logarithm of a chance: the sum only falls.
    for (const limit of limits) {
      if (sum < atLeast) return -Infinity
      sum += limit.logAllowed(point, caution, depth)
    }
    return sum
  }
  return {
    promise(point, mood, atLeast) {
      if (atLeast > -Infinity) {
        for (const depth of GLANCES) if (look(point, mood, atLeast, depth) < atLeast) return -Infinity
      }
      return look(point, mood, atLeast, undefined)
    },
    assume(point) {
      mark(point)
      for (const model of models) model.assume(point)
    },
  }
}
