/**
 * What `search-large` is tried on: a world knows the truth about every point of a space, a searcher only sees what
 * `observe` gives away. Here stand the pieces that worlds are made of; the worlds are in `search-large-families.ts`.
 */

import type { Constraint, FieldValue, Objective, Space, Values } from '#core/sampler/types.ts'
import { type Draws, draws } from './bench.ts'

/** True metrics of a point, or null where its evaluation fails. */
export type Truth = Record<string, number> | null

export interface World {
  readonly space: Space
  readonly baseline: Values
  readonly objective: Objective
  readonly constraints: readonly Constraint[]
  /** Noise-free, by the rank of each field's value. */
  readonly truth: (ranks: readonly number[]) => Truth
  /** Standard deviation of the noise that an observation adds, by metric. */
  readonly noise: Readonly<Record<string, number>>
}

export interface Dice extends Draws {
  between(low: number, high: number): number
  /** A whole number, both ends included. */
  int(low: number, high: number): number
  pick<T>(items: readonly T[]): T
}

export function dice(seed: number): Dice {
  const draw = draws(seed)
  const int = (low: number, high: number) => low + draw.below(high - low + 1)
  return {
    ...draw,
    int,
    between: (low, high) => low + (high - low) * draw.unit(),
    pick: (items) => items[int(0, items.length - 1)]!,
  }
}

/** A fixed draw from 0..1 for each point. */
export function scatter(ranks: readonly number[]): number {
  let h = 0x811c9dc5
  for (const r of ranks) h = Math.imul(h ^ (r + 1), 0x01000193) ^ (h >>> 13)
  h = Math.imul(h ^ (h >>> 16), 0x45d9f3b)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32
}

/** The rank of each value of a point of the world's space. */
export function ranksOf(world: World, values: Values): number[] {
  return Object.entries(world.space).map(([name, f]) => (f.values as readonly FieldValue[]).indexOf(values[name]!))
}

export interface Draft {
  readonly name: string
  readonly kind: 'ordered' | 'categorical'
  readonly values: readonly (number | string)[]
  /** Position of each value on 0..1, as the formulas see it. */
  readonly u: readonly number[]
}

function ordered(dice: Dice, name: string, size: number): Draft {
  const grid = dice.pick(['even', 'even', 'geometric', 'irregular'] as const)
  let x = dice.between(0.5, 3)
  const values: number[] = []
  for (let i = 0; i < size; i++) {
    values.push(Number(x.toFixed(4)))
    x = grid === 'even' ? x + 1 : grid === 'geometric' ? x * 1.35 : x + dice.between(0.3, 2)
  }
  const eye = dice.chance(0.5) || grid === 'even' ? values : values.map((v) => Math.log(v))
  const [low, high] = [eye[0]!, eye.at(-1)!]
  return { name, kind: 'ordered', values, u: eye.map((v) => (v - low) / (high - low || 1)) }
}

function categorical(dice: Dice, name: string, size: number): Draft {
  return {
    name,
    kind: 'categorical',
    values: Array.from({ length: size }, (_, i) => `${name}-${i}`),
    u: Array.from({ length: size }, () => dice.unit()),
  }
}

/** Fields of random sizes whose product lies in [low, high]. */
export function drawFields(
  dice: Dice,
  o: { ordered: [number, number]; categorical: [number, number]; size: [number, number] },
) {
  for (;;) {
    const drafts: Draft[] = []
    const n = dice.int(...o.ordered)
    const c = dice.int(...o.categorical)
    for (let i = 0; i < n; i++) drafts.push(ordered(dice, `knob_${i}`, dice.int(3, 20)))
    for (let i = 0; i < c; i++) drafts.push(categorical(dice, `choice_${i}`, dice.int(2, 5)))
    const size = drafts.reduce((product, d) => product * d.values.length, 1)
    if (size >= o.size[0] && size <= o.size[1]) return drafts
  }
}

type Shape = (u: number) => number
/** A random increasing response on 0..1: straight, saturating, power, stairs, logistic. */
export function rising(dice: Dice): Shape {
  const kind = dice.int(0, 4)
  if (kind === 0) return (u) => u
  if (kind === 1) {
    const r = dice.between(2, 7)
    return (u) => (1 - Math.exp(-r * u)) / (1 - Math.exp(-r))
  }
  if (kind === 2) {
    const p = dice.between(0.4, 2.2)
    return (u) => u ** p
  }
  if (kind === 3) {
    const at = dice.between(0.15, 0.6)
    const low = dice.between(0, 0.4)
    return (u) => (u >= at ? 1 : low)
  }
  const mid = dice.between(0.2, 0.6)
  const s = dice.between(6, 14)
  return (u) => 1 / (1 + Math.exp(-s * (u - mid)))
}
/** A response with its best value inside the range. */
function peaked(dice: Dice): Shape {
  const at = dice.between(0.2, 0.8)
  const width = dice.between(0.25, 0.6)
  return (u) => Math.exp(-(((u - at) / width) ** 2))
}

/** What each field adds to a metric: up to a weight drawn from [low, high], peaked inside the range by chance. */
export function gains(dice: Dice, drafts: readonly Draft[], low: number, high: number, peaks = 0): Shape[] {
  return drafts.map((d) => {
    const shape: Shape = d.kind === 'categorical' ? (u) => u : dice.chance(peaks) ? peaked(dice) : rising(dice)
    const weight = dice.between(low, high)
    return (u) => weight * shape(u)
  })
}

export interface Parts {
  readonly drafts: readonly Draft[]
  readonly truth: World['truth']
  readonly objective: Objective
  readonly constraints: readonly Constraint[]
  readonly baseline?: (d: Draft, dice: Dice) => number
  readonly noise?: Readonly<Record<string, number>>
}

export function assemble(dice: Dice, parts: Parts): World {
  const start =
    parts.baseline ?? ((d, x) => (d.kind === 'ordered' ? Math.floor(d.values.length * x.between(0.5, 0.9)) : 0))
  const ranks = parts.drafts.map((d) => Math.min(d.values.length - 1, start(d, dice)))
  return {
    space: Object.fromEntries(parts.drafts.map((d) => [d.name, { kind: d.kind, values: d.values } as Space[string]])),
    baseline: Object.fromEntries(parts.drafts.map((d, i) => [d.name, d.values[ranks[i]!]!])),
    objective: parts.objective,
    constraints: parts.constraints,
    truth: parts.truth,
    noise: parts.noise ?? {},
  }
}

export const decrease: Objective = { metric: 'cost', direction: 'decrease' }
export const keepUtility: Constraint = { metric: 'utility', min: -0.02, relative_to_baseline: true }
