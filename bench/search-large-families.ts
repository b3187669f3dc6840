/** The documented 45,000-point formula, and families of random worlds with other formulas, sizes, constraints, noise. */
import type { Space } from '#core/sampler/types.ts'
import {
  type Dice,
  decrease,
  drawWorld,
  gains,
  keepUtility,
  prices,
  ranksOf,
  type Shape,
  sum,
  type World,
} from './search-large-worlds.ts'

function documented(): World {
  const range = (low: number, high: number, step: number) =>
    Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => Number((low + i * step).toFixed(2)))
  const space: Space = {
    top_k: { kind: 'ordered', values: range(1, 20, 1) },
    max_hops: { kind: 'ordered', values: range(1, 5, 1) },
    evidence_tokens: { kind: 'ordered', values: range(400, 3200, 200) },
    tool_preference: { kind: 'categorical', values: ['wiki', 'policy_kb', 'orders'] },
    approval_threshold: { kind: 'ordered', values: range(0.5, 0.95, 0.05) },
  }
  return {
    space,
    baseline: { top_k: 10, max_hops: 3, evidence_tokens: 1600, tool_preference: 'wiki', approval_threshold: 0.7 },
    objective: decrease,
    constraints: [keepUtility, { metric: 'bypass', max: 0 }],
    truth: ([ki, hi, ti, pi, ai]) => {
      const [k, h, t, a] = [ki! + 1, hi! + 1, 400 + 200 * ti!, 0.5 + 0.05 * ai!]
      const policy = pi === 1
      const cov = 1 - Math.exp(-0.35 * k) * (h >= 2 ? 0.55 : 1) * (t >= 800 ? 1 : 1.15)
      const utility = Math.min(1, Math.max(0, 0.62 + 0.36 * cov + (policy ? 0.02 : 0) - (h >= 4 ? 0.015 : 0)))
      const cost = 0.35 + 0.055 * k + 0.06 * h + 0.00018 * t + (policy ? 0.05 : 0)
      return { utility, cost, bypass: Math.max(0, 0.62 - a) }
    },
  }
}

/** Costs multiply, and a choice scales them. */
const multiplicative = (dice: Dice): World =>
  drawWorld(dice, {}, (drafts) => {
    const grow = drafts.map(() => dice.between(0.2, 3))
    const gain = gains(dice, drafts, 0.02, 0.15)
    return (u) => ({ cost: u.reduce((cost, x, i) => cost * (1 + grow[i]! * x), 0.2), utility: 0.6 + gain(u) })
  })

/** A choice sets the price of the knobs; knobs help each other or get in each other's way. */
const interacting = (dice: Dice): World =>
  drawWorld(dice, {}, (drafts) => {
    const choice = drafts.findIndex((d) => d.kind === 'categorical')
    const price = drafts.map(() => drafts[choice]!.values.map(() => dice.between(0.1, 0.8)))
    const gain = gains(dice, drafts, 0.03, 0.15)
    const help = drafts.map(() => dice.between(-0.08, 0.15))
    return (u, ranks) => ({
      cost: 0.3 + sum(u.map((x, i) => price[i]![ranks[choice]!]! * x)),
      utility: 0.5 + gain(u) + sum(u.map((x, i) => help[i]! * Math.min(x, u[i + 1] ?? 0))),
    })
  })

/** Highest utility, often peaked inside the range, for no more than the baseline's cost and a stated latency. */
const maximising = (dice: Dice): World => ({
  ...drawWorld(dice, { start: [0.2, 0.5] }, (drafts) => {
    const gain = gains(dice, drafts, 0.2, 1, 0.3)
    const price = prices(dice, drafts, 0.1, 1)
    const wait = prices(dice, drafts, 0.1, 1)
    const longest = wait(drafts.map(() => 1))
    return (u) => ({ cost: 0.3 + price(u), utility: 0.1 + gain(u), latency: wait(u) / longest })
  }),
  objective: { metric: 'utility', direction: 'increase' },
  constraints: [
    { metric: 'cost', max: 0, relative_to_baseline: true },
    { metric: 'latency', max: 0.55 },
  ],
})

/** A sum of gains at a price that adds up: what the worlds below are made of. */
const additive = (dice: Dice, shape: Shape = {}): World =>
  drawWorld(dice, shape, (drafts) => {
    const gain = gains(dice, drafts, 0.03, 0.15)
    const price = prices(dice, drafts, 0.1, 1)
    return (u) => ({ cost: 0.3 + price(u), utility: 0.5 + gain(u) })
  })

/** Five constraints at once: relative and absolute, lower and upper, one counted in whole violations. */
function constrained(dice: Dice): World {
  const world = additive(dice, { ordered: [4, 5], size: [10_000, 300_000] })
  const [nx, ny] = Object.values(world.space).map((field) => field.values.length - 1) as [number, number]
  const need = dice.between(0.3, 0.7)
  const limits = [
    { metric: 'violations', max: 0 },
    { metric: 'latency_ms', max: 50, relative_to_baseline: true },
    { metric: 'evidence', min: 0.3 },
    { metric: 'bypass', max: 0 },
  ]
  const truth = (ranks: readonly number[]) => {
    const [ux, uy] = [ranks[0]! / nx, ranks[1]! / ny]
    const violations = Math.max(0, Math.ceil(10 * (need - (ux + uy) / 2)))
    const evidence = Math.sqrt(ux) * (0.5 + 0.5 * uy)
    const more = { violations, evidence, latency_ms: 900 * (ux - uy / 2), bypass: Math.max(0, 0.25 - uy) }
    return { ...world.truth(ranks), ...more }
  }
  return { ...world, constraints: [keepUtility, ...limits], truth }
}

/** The one constraint is a bit: passed, or not. */
function passFail(dice: Dice): World {
  const world = additive(dice, { ordered: [4, 5], size: [5_000, 100_000] })
  const floor = 0.97 * world.truth(ranksOf(world, world.baseline)).utility!
  const truth = (ranks: readonly number[]) => {
    const { cost, utility } = world.truth(ranks)
    return { cost: cost!, passed: utility! >= floor ? 1 : 0 }
  }
  return { ...world, constraints: [{ metric: 'passed', min: 1 }], truth }
}

/** Every family by name; `documented` is the fixed formula of the published comparison. */
export const FAMILIES: Readonly<Record<string, (dice: Dice) => World>> = {
  documented,
  multiplicative,
  interacting,
  maximising,
  wide: (dice) => additive(dice, { ordered: [5, 7], size: [200_000, 500_000] }),
  constrained,
  'pass-fail': passFail,
  noisy: (dice) => ({ ...interacting(dice), noise: { cost: 0.005, utility: 0.003 } }),
  // The baseline breaks the absolute limit itself, so the first task is to find anything allowed.
  'infeasible-start': (dice) => ({ ...additive(dice), constraints: [{ metric: 'utility', min: 0.5 + 0.4 }] }),
  // Every third evaluation is lost, the baseline's too.
  flaky: (dice) => ({ ...additive(dice), lost: 0.35 }),
}
