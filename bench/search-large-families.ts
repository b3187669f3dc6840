/** The documented 45,000-point formula, and families of random worlds with other formulas, sizes, constraints, noise. */
import type { Space } from '#core/sampler/types.ts'
import {
  assemble,
  type Dice,
  decrease,
  drawFields,
  gains,
  keepUtility,
  ranksOf,
  rising,
  scatter,
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
    noise: {},
  }
}

/** Coverage that saturates over every knob, cost that adds up: the documented formula's relatives. */
function saturating(dice: Dice): World {
  const drafts = drawFields(dice, { ordered: [3, 5], categorical: [1, 2], size: [5_000, 200_000] })
  const rate = drafts.map(() => dice.between(0.5, 4))
  const step = drafts.map(() => (dice.chance(0.4) ? dice.between(0.2, 0.6) : undefined))
  const price = drafts.map(() => dice.between(0.1, 1))
  const bonus = drafts.map((d) => d.values.map(() => dice.between(-0.02, 0.02)))
  const ceiling = dice.between(0.25, 0.5)
  const guard = drafts.findIndex((d) => d.kind === 'ordered')
  const edge = dice.between(0.2, 0.5)
  return assemble(dice, {
    drafts,
    objective: decrease,
    constraints: [keepUtility, { metric: 'bypass', max: 0 }],
    truth: (ranks) => {
      let [cost, miss, extra] = [0.35, 1, 0]
      for (const [i, d] of drafts.entries()) {
        const u = d.u[ranks[i]!]!
        cost += price[i]! * u * (d.kind === 'ordered' ? 1 : 0.3)
        if (d.kind === 'categorical') extra += bonus[i]![ranks[i]!]!
        else if (i !== guard) miss *= step[i] === undefined ? Math.exp(-rate[i]! * u) : u >= step[i]! ? 0.55 : 1
      }
      cost -= price[guard]! * drafts[guard]!.u[ranks[guard]!]!
      const utility = Math.min(1, Math.max(0, 0.97 - ceiling * miss + extra))
      return { utility, cost, bypass: Math.max(0, edge - drafts[guard]!.u[ranks[guard]!]!) }
    },
  })
}

/** Costs multiply, and a choice scales them. */
function multiplicative(dice: Dice): World {
  const drafts = drawFields(dice, { ordered: [3, 5], categorical: [1, 2], size: [5_000, 300_000] })
  const grow = drafts.map(() => dice.between(0.2, 3))
  const gain = gains(dice, drafts, 0.02, 0.15)
  return assemble(dice, {
    drafts,
    objective: decrease,
    constraints: [keepUtility],
    truth: (ranks) => {
      let [cost, utility] = [0.2, 0.6]
      for (const [i, d] of drafts.entries()) {
        const u = d.u[ranks[i]!]!
        cost *= 1 + grow[i]! * u
        utility += gain[i]!(u)
      }
      return { cost, utility }
    },
  })
}

/** A choice sets the price of the knobs; knobs help each other or get in each other's way. */
function interacting(dice: Dice): World {
  const drafts = drawFields(dice, { ordered: [3, 5], categorical: [1, 2], size: [5_000, 200_000] })
  const choice = drafts.findIndex((d) => d.kind === 'categorical')
  const price = drafts.map(() => drafts[choice]!.values.map(() => dice.between(0.1, 0.8)))
  const gain = gains(dice, drafts, 0.03, 0.15)
  const knobs = drafts.flatMap((d, i) => (d.kind === 'ordered' ? [i] : []))
  const pairs = knobs
    .slice(1)
    .map((b, i) => ({ a: knobs[i]!, b, w: dice.between(-0.08, 0.15), least: dice.chance(0.5) }))
  return assemble(dice, {
    drafts,
    objective: decrease,
    constraints: [keepUtility],
    truth: (ranks) => {
      let [cost, utility] = [0.3, 0.5]
      const u = drafts.map((d, i) => d.u[ranks[i]!]!)
      for (const i of drafts.keys()) {
        cost += price[i]![ranks[choice]!]! * u[i]!
        utility += gain[i]!(u[i]!)
      }
      for (const p of pairs) utility += p.w * (p.least ? Math.min(u[p.a]!, u[p.b]!) : u[p.a]! * u[p.b]!)
      return { cost, utility }
    },
  })
}

/** Too little and too much both hurt, in utility and, for one knob, in cost (retries). */
function nonMonotone(dice: Dice): World {
  const drafts = drawFields(dice, { ordered: [3, 5], categorical: [1, 2], size: [5_000, 200_000] })
  const gain = gains(dice, drafts, 0.04, 0.15, 0.6)
  const price = drafts.map(() => dice.between(0.1, 0.8))
  const retry = dice.between(0.5, 1.5)
  const at = dice.between(0.3, 0.6)
  return assemble(dice, {
    drafts,
    objective: decrease,
    constraints: [keepUtility],
    truth: (ranks) => {
      let [cost, utility] = [0.3, 0.5]
      for (const [i, d] of drafts.entries()) {
        const u = d.u[ranks[i]!]!
        cost += i === 0 ? retry * (u - at) ** 2 : price[i]! * u
        utility += gain[i]!(u)
      }
      return { cost, utility }
    },
  })
}

/** Highest utility for no more than the baseline's cost and a stated latency. */
function maximising(dice: Dice): World {
  const drafts = drawFields(dice, { ordered: [3, 5], categorical: [1, 3], size: [5_000, 300_000] })
  const gain = gains(dice, drafts, 0.2, 1, 0.3)
  const price = drafts.map(() => dice.between(0.1, 1))
  const wait = drafts.map(() => dice.between(0.1, 1))
  const total = wait.reduce((a, b) => a + b, 0)
  return assemble(dice, {
    drafts,
    objective: { metric: 'utility', direction: 'increase' },
    constraints: [
      { metric: 'cost', max: 0, relative_to_baseline: true },
      { metric: 'latency_ms', max: 200 + 900 * 0.55 * total },
    ],
    baseline: (d, x) => (d.kind === 'ordered' ? Math.floor(d.values.length * x.between(0.2, 0.5)) : 0),
    truth: (ranks) => {
      let [cost, utility, latency] = [0.3, 0.1, 200]
      for (const [i, d] of drafts.entries()) {
        const u = d.u[ranks[i]!]!
        cost += price[i]! * u
        latency += 900 * wait[i]! * u
        utility += gain[i]!(u)
      }
      return { cost, utility, latency_ms: latency }
    },
  })
}

/** Five constraints at once: relative and absolute, lower and upper, one counted in whole violations. */
function constrained(dice: Dice): World {
  const drafts = drawFields(dice, { ordered: [4, 5], categorical: [1, 2], size: [10_000, 300_000] })
  const gain = gains(dice, drafts, 0.03, 0.15)
  const price = drafts.map(() => dice.between(0.1, 1))
  const wait = drafts.map(() => dice.between(0, 1))
  const knobs = drafts.flatMap((d, i) => (d.kind === 'ordered' ? [i] : []))
  const [x, y] = [knobs[0]!, knobs[1]!]
  const need = dice.between(0.3, 0.7)
  return assemble(dice, {
    drafts,
    objective: decrease,
    constraints: [
      keepUtility,
      { metric: 'violations', max: 0 },
      { metric: 'latency_ms', max: 50, relative_to_baseline: true },
      { metric: 'evidence', min: 0.3 },
      { metric: 'bypass', max: 0 },
    ],
    truth: (ranks) => {
      let [cost, utility, latency] = [0.3, 0.5, 200]
      for (const [i, d] of drafts.entries()) {
        const u = d.u[ranks[i]!]!
        cost += price[i]! * u
        latency += 900 * wait[i]! * (1 - u) * (i % 2 ? 1 : -0.5)
        utility += gain[i]!(u)
      }
      const [ux, uy] = [drafts[x]!.u[ranks[x]!]!, drafts[y]!.u[ranks[y]!]!]
      const short = need - (ux + uy) / 2
      return {
        cost,
        utility,
        latency_ms: latency,
        evidence: Math.sqrt(ux) * (0.5 + 0.5 * uy),
        violations: short > 0 ? Math.ceil(10 * short) : 0,
        bypass: Math.max(0, 0.25 - uy),
      }
    },
  })
}

/** Many fields, most of which do nothing. */
function wide(dice: Dice): World {
  const drafts = drawFields(dice, { ordered: [5, 7], categorical: [2, 3], size: [400_000, 1_000_000] })
  const active = drafts.map((_, i) => i < 2 || dice.chance(0.4))
  const gain = gains(dice, drafts, 0.03, 0.15)
  const price = drafts.map(() => dice.between(0.1, 1))
  return assemble(dice, {
    drafts,
    objective: decrease,
    constraints: [keepUtility],
    truth: (ranks) => {
      let [cost, utility] = [0.3, 0.5]
      for (const [i, d] of drafts.entries()) {
        if (!active[i]) continue
        const u = d.u[ranks[i]!]!
        cost += price[i]! * u
        utility += gain[i]!(u)
      }
      return { cost, utility }
    },
  })
}

/** Mostly choices, whose effects have no order, and whose pairs interact. */
function choices(dice: Dice): World {
  const drafts = drawFields(dice, { ordered: [2, 3], categorical: [3, 5], size: [5_000, 200_000] })
  const price = drafts.map((d) => d.values.map((_, r) => (d.kind === 'ordered' ? d.u[r]! : dice.unit()) * 0.6))
  const gain = drafts.map((d) => {
    const f = rising(dice)
    return d.values.map((_, r) => (d.kind === 'ordered' ? f(d.u[r]!) : dice.unit()) * 0.12)
  })
  const [a, b] = drafts.flatMap((d, i) => (d.kind === 'categorical' ? [i] : [])) as [number, number]
  const pair = drafts[a]!.values.map(() => drafts[b]!.values.map(() => dice.between(-0.04, 0.04)))
  return assemble(dice, {
    drafts,
    objective: decrease,
    constraints: [keepUtility],
    truth: (ranks) => {
      let [cost, utility] = [0.3, 0.5 + pair[ranks[a]!]![ranks[b]!]!]
      for (const i of drafts.keys()) {
        cost += price[i]![ranks[i]!]!
        utility += gain[i]![ranks[i]!]!
      }
      return { cost, utility }
    },
  })
}

/** The one constraint is a bit: passed, or not. */
function passFail(dice: Dice): World {
  const world = saturatingSum(dice, 0.93)
  return {
    ...world,
    constraints: [{ metric: 'passed', min: 1 }],
    truth: (ranks) => {
      const { cost, utility } = world.truth(ranks)!
      return { cost: cost!, passed: utility! >= world.floor ? 1 : 0 }
    },
  }
}

/** Utility ends at 1, the baseline lies on that ceiling, and nothing may be lost. */
function clamped(dice: Dice): World {
  const world = saturatingSum(dice, 0.9)
  return {
    ...world,
    constraints: [{ metric: 'utility', min: 0, relative_to_baseline: true }],
    truth: (ranks) => {
      const { cost, utility } = world.truth(ranks)!
      return { cost: cost!, utility: Math.min(1, utility! / world.floor) }
    },
  }
}

/** A sum of saturating gains at a price that adds up; `floor` is a share of the baseline's utility. */
function saturatingSum(dice: Dice, share: number): World & { readonly floor: number } {
  const drafts = drawFields(dice, { ordered: [4, 5], categorical: [1, 1], size: [5_000, 100_000] })
  const rate = drafts.map(() => dice.between(1, 6))
  const gain = drafts.map(() => dice.between(0.3, 1))
  const price = drafts.map(() => dice.between(0.1, 1))
  const truth = (ranks: readonly number[]) => {
    let [cost, utility] = [0.3, 0]
    for (const [i, d] of drafts.entries()) {
      const u = d.u[ranks[i]!]!
      cost += price[i]! * u
      utility += (gain[i]! * (1 - Math.exp(-rate[i]! * u))) / (1 - Math.exp(-rate[i]!))
    }
    return { cost, utility }
  }
  const world = assemble(dice, { drafts, objective: decrease, constraints: [], truth })
  return { ...world, floor: share * truth(ranksOf(world, world.baseline)).utility }
}

/** Every level of every knob has a quirk of its own, in price and in gain. */
function rugged(dice: Dice): World {
  const drafts = drawFields(dice, { ordered: [3, 4], categorical: [1, 2], size: [5_000, 100_000] })
  const table = (slope: number, quirk: number) =>
    drafts.map((d) => d.values.map((_, r) => (d.kind === 'ordered' ? slope * d.u[r]! : 0) + quirk * dice.unit()))
  const price = table(0.3, 0.08)
  const gain = table(0.07, 0.05)
  return assemble(dice, {
    drafts,
    objective: decrease,
    constraints: [keepUtility],
    truth: (ranks) => {
      let [cost, utility] = [0.4, 0.5]
      for (const [i, rank] of ranks.entries()) {
        cost += price[i]![rank]!
        utility += gain[i]![rank]!
      }
      return { cost, utility }
    },
  })
}

/** The saturating and interacting worlds seen through measurement noise. */
function noisy(dice: Dice): World {
  const world = dice.chance(0.5) ? saturating(dice) : interacting(dice)
  return { ...world, noise: { cost: 0.005, utility: 0.003 } }
}

/** One evaluation in ten is lost, and a corner of the space always crashes. */
function failing(dice: Dice): World {
  const world = dice.chance(0.5) ? saturating(dice) : multiplicative(dice)
  const sizes = Object.values(world.space).map((f) => f.values.length)
  const start = ranksOf(world, world.baseline)
  return {
    ...world,
    truth: (ranks) => {
      if (ranks.every((r, i) => r === start[i])) return world.truth(ranks)
      const corner = ranks[0]! > 0.8 * sizes[0]! && ranks[1]! > 0.5 * sizes[1]!
      const hole = scatter(ranks) < 0.1
      return corner || hole ? null : world.truth(ranks)
    },
  }
}

/** The baseline breaks the absolute limits itself, so the first task is to find anything allowed. */
function infeasibleStart(dice: Dice): World {
  const drafts = drawFields(dice, { ordered: [3, 5], categorical: [1, 2], size: [5_000, 200_000] })
  const gain = gains(dice, drafts, 0.03, 0.15)
  const total = gain.reduce((sum, g) => sum + g(1), 0)
  const price = drafts.map(() => dice.between(0.1, 1))
  return assemble(dice, {
    drafts,
    objective: decrease,
    constraints: [{ metric: 'utility', min: 0.5 + 0.85 * total }],
    baseline: (d, x) => (d.kind === 'ordered' ? Math.floor(d.values.length * x.between(0, 0.3)) : 0),
    truth: (ranks) => {
      let [cost, utility] = [0.3, 0.5]
      for (const [i, d] of drafts.entries()) {
        const u = d.u[ranks[i]!]!
        cost += price[i]! * u
        utility += gain[i]!(u)
      }
      return { cost, utility }
    },
  })
}

/** Every family by name; `documented` is the fixed formula of the published comparison. */
export const FAMILIES: Readonly<Record<string, (dice: Dice) => World>> = {
  documented,
  saturating,
  multiplicative,
  interacting,
  'non-monotone': nonMonotone,
  maximising,
  constrained,
  wide,
  choices,
  rugged,
  clamped,
  'pass-fail': passFail,
  noisy,
  failing,
  'infeasible-start': infeasibleStart,
}
