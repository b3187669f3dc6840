/** The synthetic world of `search-lattice`: 140 cases with needs and offers, 105 points, and the truth about every point. */
import { draws } from './bench.ts'

export interface Point {
  readonly top_k: number
  readonly max_hops: number
  readonly evidence_tokens: number
}

const VALUES = {
  top_k: [2, 3, 4, 5, 6, 8, 10],
  max_hops: [1, 2, 3],
  evidence_tokens: [800, 1200, 1600, 2000, 2400],
} as const satisfies Record<keyof Point, readonly number[]>

export const FIELDS = Object.entries(VALUES) as readonly (readonly [keyof Point, readonly number[]])[]
export const BASELINE: Point = { top_k: 10, max_hops: 3, evidence_tokens: 2400 }
export const CASES = 140
/** Mean loss of utility that a feasible point may have. */
export const MARGIN = 0.02

/** All points but the baseline. */
export const POINTS: readonly Point[] = VALUES.top_k.flatMap((top_k) =>
  VALUES.max_hops.flatMap((max_hops) =>
    VALUES.evidence_tokens
      .map((evidence_tokens) => ({ top_k, max_hops, evidence_tokens }))
      .filter(
        (p) =>
          top_k !== BASELINE.top_k || max_hops !== BASELINE.max_hops || p.evidence_tokens !== BASELINE.evidence_tokens,
      ),
  ),
)

interface WorldCase {
  readonly need: Point
  readonly offered: Point
  readonly critical: boolean
  readonly survives: boolean
  readonly passes: boolean
}

/** What a replay of one case shows. */
export interface Shown {
  readonly violates: boolean
  readonly passes: boolean
}

export interface World {
  readonly baselinePasses: readonly boolean[]
  /** The settings as far as the case offers anything: equal texts are one replay. */
  readonly context: (caseIndex: number, point: Point) => string
  /** Cost of a case, known without a replay. */
  readonly cost: (caseIndex: number, point: Point) => number
  readonly replay: (caseIndex: number, point: Point) => Shown
}

export function drawWorld(seed: number): World {
  const draw = draws(seed)
  const cases = Array.from({ length: CASES }, (): WorldCase => {
    let failures = 0
    while (failures < 7 && !draw.chance(0.55)) failures++
    const topK = 1 + failures
    const u = draw.unit()
    const hops = u < 0.8 ? 1 : u < 0.96 ? 2 : 3
    const tokens = Math.min(2300, Math.max(200, 700 * Math.exp(0.45 * draw.normal())))
    return {
      need: { top_k: topK, max_hops: hops, evidence_tokens: tokens },
      offered: {
        top_k: Math.min(10, topK + draw.below(6)),
        max_hops: Math.min(3, hops + (draw.chance(0.6) ? 0 : 1)),
        evidence_tokens: Math.min(2400, tokens + 900 * draw.unit()),
      },
      critical: draw.chance(0.25),
      survives: draw.chance(0.35),
      passes: draw.chance(0.92),
    }
  })
  const read = (i: number, { top_k, max_hops, evidence_tokens }: Point): Point => {
    const { offered } = cases[i]!
    return {
      top_k: Math.min(top_k, offered.top_k),
      max_hops: Math.min(max_hops, offered.max_hops),
      evidence_tokens: Math.min(evidence_tokens, offered.evidence_tokens),
    }
  }
  return {
    baselinePasses: cases.map((c) => c.passes),
    context: (i, point) => Object.values(read(i, point)).join(),
    cost(i, point) {
      const { top_k, max_hops, evidence_tokens } = read(i, point)
      return 0.3 + 0.03 * top_k + 0.06 * max_hops + 0.00025 * evidence_tokens
    },
    replay(i, point) {
      const { need, critical, survives, passes } = cases[i]!
      const has = read(i, point)
      const missing =
        has.top_k < need.top_k || has.max_hops < need.max_hops || has.evidence_tokens < need.evidence_tokens
      return { violates: missing && critical, passes: passes && (!missing || (survives && !critical)) }
    },
  }
}

/** Mean cost over all cases. */
export function meanCost(world: World, point: Point): number {
  let sum = 0
  for (let i = 0; i < CASES; i++) sum += world.cost(i, point)
  return sum / CASES
}

/** By how much a point misses on these cases: violations, and lost passes above the margin. 0: feasible. */
export function shortfall(world: World, point: Point, cases: readonly number[]): number {
  let violations = 0
  let lost = 0
  for (const i of cases) {
    const { violates, passes } = world.replay(i, point)
    violations += Number(violates)
    lost += Number(world.baselinePasses[i]!) - Number(passes)
  }
  return violations + Math.max(0, lost - MARGIN * cases.length - 1e-9)
}
