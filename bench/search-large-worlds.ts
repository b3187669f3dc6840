/** What `search-large` is tried on: a world knows the truth about every point of a space, a searcher sees what is observed. */

import type { Constraint, Goal, Metrics, Space, Values } from '#core/sampler/types.ts'
import { type Draws, draws } from './bench.ts'

/** True metrics of a point. */
export type Truth = Record<string, number>

export interface World extends Goal {
  readonly space: Space
  readonly baseline: Values
  /** By the rank of each field's value. */
  readonly truth: (ranks: readonly number[]) => Truth
  /** Standard deviation of the noise that an observation adds, by metric. */
  readonly noise?: Readonly<Record<string, number>>
  /** Share of evaluations that fail, by chance. */
  readonly lost?: number
}

export interface Dice extends Draws {
  between(low: number, high: number): number
}

export function dice(seed: number): Dice {
  const draw = draws(seed)
  return { ...draw, between: (low, high) => low + (high - low) * draw.unit() }
}

/** The rank of each value of a point of the world's space. */
export const ranksOf = (world: World, values: Values): number[] =>
  Object.entries(world.space).map(([name, f]) => (f.values as unknown[]).indexOf(values[name]))

/** One look at a point; null where the evaluation failed. */
export function observed(world: World, values: Values, luck: Draws): Metrics | null {
  if (luck.chance(world.lost ?? 0)) return null
  const truth = Object.entries(world.truth(ranksOf(world, values)))
  return Object.fromEntries(truth.map(([name, value]) => [name, value + (world.noise?.[name] ?? 0) * luck.normal()]))
}

type Range = readonly [number, number]

/** How many knobs a random world has, how many points, and where on its knobs the baseline may lie. */
export interface Shape {
  readonly ordered?: Range
  readonly size?: Range
  readonly start?: Range
}

interface Draft {
  readonly kind: 'ordered' | 'categorical'
  readonly values: readonly (number | string)[]
  /** Position of each value on 0..1, as the formulas see it. */
  readonly u: readonly number[]
}

/** An ordered field on an even, a geometric or an irregular grid, which formulas see as it is or as logarithms. */
function ordered(dice: Dice): Draft {
  const grid = dice.below(3)
  const logs = grid > 0 && dice.chance(0.5)
  let x = dice.between(0.5, 3)
  const values = Array.from({ length: 3 + dice.below(18) }, () => {
    x = grid === 0 ? x + 1 : grid === 1 ? x * 1.35 : x + dice.between(0.3, 2)
    return Number(x.toFixed(4))
  })
  const eye = values.map((value) => (logs ? Math.log(value) : value))
  return { kind: 'ordered', values, u: eye.map((v) => (v - eye[0]!) / (eye.at(-1)! - eye[0]!)) }
}

function categorical(dice: Dice): Draft {
  const values = Array.from({ length: 2 + dice.below(4) }, (_, i) => `choice ${i}`)
  return { kind: 'categorical', values, u: values.map(() => dice.unit()) }
}

/** A random response on 0..1: straight, saturating, power, stairs, logistic, or by chance with its best value inside. */
function response(dice: Dice, peaks: number): (u: number) => number {
  const [at, steep] = [dice.between(0.2, 0.6), dice.between(2, 7)]
  if (dice.chance(peaks)) return (u) => Math.exp(-(((u - at) / 0.4) ** 2))
  const rising: ((u: number) => number)[] = [
    (u) => u,
    (u) => (1 - Math.exp(-steep * u)) / (1 - Math.exp(-steep)),
    (u) => u ** (steep / 3),
    (u) => (u >= at ? 1 : 0.2),
    (u) => 1 / (1 + Math.exp(-2 * steep * (u - at))),
  ]
  return rising[dice.below(rising.length)]!
}

export const sum = (terms: readonly number[]): number => terms.reduce((a, b) => a + b, 0)

/** What a point costs where each field has a price that is drawn from [low, high]. */
export function prices(dice: Dice, drafts: readonly Draft[], low: number, high: number) {
  const price = drafts.map(() => dice.between(low, high))
  return (u: readonly number[]) => sum(u.map((x, i) => price[i]! * x))
}

/** What a point adds to a metric where each field adds up to a weight that is drawn from [low, high]. */
export function gains(dice: Dice, drafts: readonly Draft[], low: number, high: number, peaks = 0) {
  const gain = drafts.map((d) => {
    const shape = d.kind === 'categorical' ? (u: number) => u : response(dice, peaks)
    const weight = dice.between(low, high)
    return (u: number) => weight * shape(u)
  })
  return (u: readonly number[]) => sum(u.map((x, i) => gain[i]!(x)))
}

export const decrease: Goal['objective'] = { metric: 'cost', direction: 'decrease' }
export const keepUtility: Constraint = { metric: 'utility', min: -0.02, relative_to_baseline: true }

/**
 * A world of random fields. Its baseline lies in the range `start` of each knob; The goal is a
 * lower cost at kept utility.
 */
export function drawWorld(
  dice: Dice,
  { ordered: [few, many] = [3, 5], size: [least, most] = [5_000, 200_000], start: [low, high] = [0.5, 0.9] }: Shape,
  formula: (drafts: readonly Draft[]) => (u: readonly number[], ranks: readonly number[]) => Truth,
): World {
  let drafts: Draft[]
  let points: number
  do {
    const knobs = Array.from({ length: few + dice.below(many - few + 1) }, () => ordered(dice))
    drafts = [...knobs, ...Array.from({ length: 1 + dice.below(2) }, () => categorical(dice))]
    points = drafts.reduce((product, d) => product * d.values.length, 1)
  } while (points < least || points > most)
  const truth = formula(drafts)
  const home = drafts.map((d) => (d.kind === 'ordered' ? Math.floor(d.values.length * dice.between(low, high)) : 0))
  return {
    space: Object.fromEntries(drafts.map(({ kind, values }, i) => [`field ${i}`, { kind, values } as Space[string]])),
    baseline: Object.fromEntries(drafts.map((d, i) => [`field ${i}`, d.values[home[i]!]!])),
    objective: decrease,
    constraints: [keepUtility],
    truth: (ranks) =>
      truth(
        ranks.map((rank, i) => drafts[i]!.u[rank]!),
        ranks,
      ),
  }
}
