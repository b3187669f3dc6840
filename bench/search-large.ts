/**
 * How many evaluations until a large space's best feasible point is found, within 2 %? On the documented 45,000 points,
 * and on families of worlds with other formulas.
 */

import { createSearch } from '#core/sampler/create-search.ts'
import { type Bench, percent } from './bench.ts'
import { FAMILIES } from './search-large-families.ts'
import { dice, observed, ranksOf, type Truth, type World } from './search-large-worlds.ts'

/** Another first seed draws other worlds, and other noise. */
const FIRST_SEED = 0
const SEEDS = Array.from({ length: 20 }, (_, i) => FIRST_SEED + i)
const EVALUATIONS = 200
const WITHIN = 0.02
/** A random world is drawn again if more than this share of its points are hits: it would be too easy. */
const EASY = 0.001
/** Worlds and proposals that are timed. */
const TIMED = ['documented', 'wide', 'constrained', 'noisy']
const TIMED_PROPOSALS = 20

export async function run(): Promise<Bench> {
  const rows = Object.keys(FAMILIES).map((family) => {
    const worlds = SEEDS.map((seed) => ({ seed, ...worldOf(family, seed) }))
    return {
      family,
      ours: worlds.map(({ world, judge, seed }) => searched(world, judge, seed)),
      random: worlds.map(({ world, judge, seed }) => guessed(world, judge, seed)),
    }
  })
  const [documented, ...others] = rows
  const times = TIMED.flatMap(secondsAt)
  return {
    name: 'search-large',
    conditions: {
      seeds: `${FIRST_SEED} to ${SEEDS.at(-1)}, at most ${EVALUATIONS} evaluations each`,
      hit: `the first evaluation that is feasible and within ${percent(WITHIN, 0)} of the best feasible, both by the truth`,
      worlds: 'documented: one formula, 20 searches; every other family: 20 worlds, one search each',
      median: 'over all seeds, a miss counted as infinite; peers as they report it',
      seconds: `of processor time, of the last ${TIMED_PROPOSALS} proposals up to ${EVALUATIONS} observations, on ${TIMED.join(', ')}`,
    },
    figures: {
      hits_of_20: hits(documented!.ours),
      median_evaluations: medianOf(documented!.ours),
      seconds_a_proposal_at_200_observations: times.reduce((sum, s) => sum + s / times.length, 0),
      seconds_of_the_slowest: Math.max(...times),
      ...Object.fromEntries(others.map((row) => [`${row.family}_hits_of_20`, hits(row.ours)])),
      ...Object.fromEntries(others.map((row) => [`${row.family}_median`, medianOf(row.ours)])),
    },
    peers: {
      'random, same run, hits of 20': Object.fromEntries(rows.map((row) => [row.family, hits(row.random)])),
      'Optuna 5.0 TPE with constraints, documented space, reported': { hits_of_20: 10, median_evaluations: 92.5 },
      'Optuna 5.0 NSGA-II, documented space, reported': { hits_of_20: 3 },
    },
    bars: [
      { figure: 'hits_of_20', atLeast: 19 },
      { figure: 'median_evaluations', atMost: 60 },
      { figure: 'seconds_a_proposal_at_200_observations', atMost: 0.2 },
      { figure: 'seconds_of_the_slowest', atMost: 0.2 },
    ],
  }
}

/** Evaluations up to the first hit that is seen; infinite if there was none. Without its baseline nothing is feasible. */
function searched(world: World, judge: Judge, seed: number): number {
  const { space, baseline, objective, constraints } = world
  const search = createSearch({ space, baseline, objective, constraints, seed })
  const luck = dice(9000 + seed)
  for (let evaluations = 1; evaluations <= EVALUATIONS; evaluations++) {
    const [proposal] = search.ask()
    if (!proposal) break
    const metrics = observed(world, proposal.values, luck)
    search.tell([{ id: proposal.id, metrics }])
    if (!metrics || !judge.isHit(world.truth(ranksOf(world, proposal.values)))) continue
    if (!world.lost || search.best()) return evaluations
  }
  return Number.POSITIVE_INFINITY
}

/** The same number of evaluations, spent on uniformly random points after the baseline. */
function guessed(world: World, judge: Judge, seed: number): number {
  const draw = dice(7000 + seed)
  const sizes = Object.values(world.space).map((field) => field.values.length)
  for (let evaluation = 1; evaluation <= EVALUATIONS; evaluation++) {
    const ranks = evaluation === 1 ? ranksOf(world, world.baseline) : sizes.map((size) => draw.below(size))
    if (judge.isHit(world.truth(ranks))) return evaluation
  }
  return Number.POSITIVE_INFINITY
}

/** Processor seconds of the last proposals of a search that goes on to the last evaluation: others may be at work here. */
function secondsAt(family: string): number[] {
  const { world } = worldOf(family, 0)
  const { space, baseline, objective, constraints } = world
  const search = createSearch({ space, baseline, objective, constraints, seed: 0 })
  const luck = dice(9000)
  const seconds = Array.from({ length: EVALUATIONS }, () => {
    const before = process.cpuUsage()
    const [{ id, values }] = search.ask() as [{ id: string; values: World['baseline'] }]
    const { user, system } = process.cpuUsage(before)
    search.tell([{ id, metrics: observed(world, values, luck) }])
    return (user + system) / 1e6
  })
  return seconds.slice(-TIMED_PROPOSALS)
}

interface Judge {
  /** Share of the points that are hits. */
  readonly share: number
  isHit(truth: Truth): boolean
}

/** The family's world of this seed; drawn again where no point is feasible or a random one would do. */
function worldOf(family: string, seed: number): { world: World; judge: Judge } {
  for (let attempt = 0; ; attempt++) {
    const world = FAMILIES[family]!(dice(1000 * seed + attempt))
    const judge = judgeOf(world)
    if (judge.share > 0 && judge.share <= EASY) return { world, judge }
  }
}

/** Knows the best feasible point, by looking at all of them. */
function judgeOf(world: World): Judge {
  const origin = world.truth(ranksOf(world, world.baseline))
  const { metric, direction } = world.objective
  const costOf = (truth: Truth): number => {
    const allowed = world.constraints.every((c) => {
      const value = truth[c.metric]! - (c.relative_to_baseline ? origin[c.metric]! : 0)
      return value >= (c.min ?? -Infinity) - 1e-12 && value <= (c.max ?? Infinity) + 1e-12
    })
    return allowed ? (direction === 'decrease' ? 1 : -1) * truth[metric]! : Number.POSITIVE_INFINITY
  }
  const costs = Array.from(everyPoint(world), (ranks) => costOf(world.truth(ranks)))
  const best = costs.reduce((a, b) => Math.min(a, b))
  const limit = best < Infinity ? best + WITHIN * Math.abs(best) : -Infinity
  return {
    share: costs.filter((cost) => cost <= limit).length / costs.length,
    isHit: (truth) => costOf(truth) <= limit,
  }
}

/** Every combination of ranks, in one array that is written over: look, do not keep. */
function* everyPoint(world: World): Generator<readonly number[]> {
  const sizes = Object.values(world.space).map((field) => field.values.length)
  const ranks = sizes.map(() => 0)
  for (let at = 0; at >= 0; ) {
    yield ranks
    for (at = ranks.length - 1; at >= 0 && ++ranks[at]! === sizes[at]; at--) ranks[at] = 0
  }
}

const hits = (counts: readonly number[]): number => counts.filter(Number.isFinite).length

/** The mean of the middle two; null if that is a miss. */
function medianOf(counts: readonly number[]): number | null {
  const [low, high] = [...counts].sort((a, b) => a - b).slice((counts.length - 1) >> 1)
  return hits([low!, high!]) === 2 ? (low! + high!) / 2 : null
}
