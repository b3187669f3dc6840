/**
 * How many evaluations until a large space's best feasible point is found, within 2 %? On the documented 45,000 points,
 * and on families of worlds with other formulas. Run directly it also takes `--family NAME,...`, `--batch N` and
 * `--seeds FIRST` (other worlds and other draws).
 */

import { createSearch } from '#core/sampler/create-search.ts'
import type { Metrics } from '#core/sampler/types.ts'
import { type Bench, percent } from './bench.ts'
import { FAMILIES } from './search-large-families.ts'
import { dice, ranksOf, type Truth, type World } from './search-large-worlds.ts'

const SEEDS = 20
const EVALUATIONS = 200
const WITHIN = 0.02
/** A random world is drawn again if more than this share of its points are hits: it would be too easy. */
const EASY = 0.001

interface Plan {
  readonly families: readonly string[]
  readonly batch: number
  readonly firstSeed: number
}

export const run = (): Promise<Bench> => measure({ families: Object.keys(FAMILIES), batch: 1, firstSeed: 0 })

interface Row {
  readonly family: string
  readonly points: number
  readonly ours: readonly number[]
  readonly random: readonly number[]
  readonly msPerEvaluation: number
}

async function measure(plan: Plan): Promise<Bench> {
  const rows = plan.families.map((family) => measureFamily(family, plan))
  const documented = rows.find((row) => row.family === 'documented')
  const others = rows.filter((row) => row !== documented)
  return {
    name: 'search-large',
    conditions: {
      seeds: `${plan.firstSeed} to ${plan.firstSeed + SEEDS - 1}, ${EVALUATIONS} evaluations each, asked ${plan.batch} at a time`,
      hit: `the first evaluation that is feasible and within ${percent(WITHIN, 0)} of the best feasible, both by the truth`,
      worlds: 'documented: one formula, 20 searches; every other family: 20 worlds, one search each',
      median: 'over all seeds, a miss counted as infinite; peers as they report it',
    },
    figures: {
      hits_of_20: documented ? hits(documented.ours) : null,
      median_evaluations: documented ? medianOf(documented.ours) : null,
      ...Object.fromEntries(others.map((row) => [`${row.family}_hits_of_20`, hits(row.ours)])),
      ...Object.fromEntries(others.map((row) => [`${row.family}_median`, medianOf(row.ours)])),
      families_hit_share: others.length > 0 ? mean(others.map((row) => hits(row.ours) / SEEDS)) : null,
    },
    peers: {
      'random, same run': Object.fromEntries(rows.map((row) => [row.family, hits(row.random)])),
      'Optuna 5.0 TPE with constraints, documented space, reported': { hits_of_20: 10, median_evaluations: 92.5 },
      'Optuna 5.0 NSGA-II, documented space, reported': { hits_of_20: 3 },
      'Optuna 5.0 random, documented space, reported': { hits_of_20: 1 },
    },
    table: tableOf(rows),
    bars: [
      { figure: 'hits_of_20', atLeast: 19 },
      { figure: 'median_evaluations', atMost: 60 },
    ],
  }
}

function tableOf(rows: readonly Row[]): string[][] {
  const cells = (row: Row) => {
    const sorted = [...row.ours].sort((a, b) => a - b)
    const figures = [hits(row.ours), medianOf(row.ours), finite(sorted[Math.floor(0.9 * SEEDS)]!), hits(row.random)]
    return [
      row.family,
      row.points.toLocaleString('en'),
      ...figures.map((figure) => String(figure ?? '-')),
      row.msPerEvaluation.toFixed(1),
    ]
  }
  return [
    ['family', 'median points', 'hits of 20', 'median', '90 % by', 'random hits', 'ms/evaluation'],
    ...rows.map(cells),
    ['Optuna 5.0 TPE, reported', '45,000', '10', '92.5', '-', '1', '-'],
  ]
}

function measureFamily(family: string, { batch, firstSeed }: Plan): Row {
  const seeds = Array.from({ length: SEEDS }, (_, i) => firstSeed + i)
  let spent = 0
  let asked = 0
  const runs = seeds.map((seed) => {
    const { world, judge } = drawWorld(family, seed)
    const started = performance.now()
    const ours = searched(world, judge, seed, batch)
    spent += performance.now() - started
    asked += Math.min(ours, EVALUATIONS)
    return { ours, random: guessed(world, judge, seed), points: judge.points }
  })
  return {
    family,
    points: medianOf(runs.map((r) => r.points)) ?? 0,
    ours: runs.map((r) => r.ours),
    random: runs.map((r) => r.random),
    msPerEvaluation: spent / asked,
  }
}

/** Evaluations up to the first hit; infinite if there was none. */
function searched(world: World, judge: Judge, seed: number, batch: number): number {
  const { space, baseline, objective, constraints } = world
  const search = createSearch({ space, baseline, objective, constraints, seed })
  const noise = dice(9000 + seed)
  for (let evaluations = 0; evaluations < EVALUATIONS; ) {
    const proposals = search.ask(Math.min(batch, EVALUATIONS - evaluations))
    if (proposals.length === 0) break
    const told = []
    for (const { id, values } of proposals) {
      const truth = world.truth(ranksOf(world, values))
      evaluations++
      if (judge.isHit(truth)) return evaluations
      told.push({ id, metrics: observed(truth, world, () => noise.normal()) })
    }
    search.tell(told)
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

function observed(truth: Truth, world: World, normal: () => number): Metrics | null {
  if (!truth) return null
  return Object.fromEntries(
    Object.entries(truth).map(([name, value]) => [name, value + (world.noise[name] ?? 0) * normal()]),
  )
}

/** The family's world of this seed; drawn again where no point is feasible or a random one would do. */
function drawWorld(family: string, seed: number): { world: World; judge: Judge } {
  for (let attempt = 0; ; attempt++) {
    const world = FAMILIES[family]!(dice(1000 * seed + attempt))
    const judge = judgeOf(world)
    if (judge.hits > 0 && judge.hits <= EASY * judge.points) return { world, judge }
  }
}

interface Judge {
  readonly points: number
  readonly hits: number
  isHit(truth: Truth): boolean
}

/** Knows the best feasible point, by looking at all of them. */
function judgeOf(world: World): Judge {
  const origin = world.truth(ranksOf(world, world.baseline))!
  const { metric, direction } = world.objective
  const sign = direction === 'decrease' ? 1 : -1
  const costOf = (truth: Truth): number => {
    const allowed =
      truth !== null &&
      world.constraints.every((c) => {
        const shift = c.relative_to_baseline ? origin[c.metric]! : 0
        const value = truth[c.metric]! - shift
        return value >= (c.min ?? -Infinity) - 1e-12 && value <= (c.max ?? Infinity) + 1e-12
      })
    return allowed ? sign * truth[metric]! : Number.POSITIVE_INFINITY
  }
  const costs = everyPoint(world).map((ranks) => costOf(world.truth(ranks)))
  let best = Number.POSITIVE_INFINITY
  let points = 0
  const feasible: number[] = []
  for (const cost of costs) {
    points++
    if (cost === Number.POSITIVE_INFINITY) continue
    feasible.push(cost)
    best = Math.min(best, cost)
  }
  const limit = best + WITHIN * Math.abs(best)
  return {
    points,
    hits: feasible.filter((cost) => cost <= limit).length,
    isHit: (truth) => costOf(truth) <= limit && best < Number.POSITIVE_INFINITY,
  }
}

/** Every combination of ranks, in one array that is written over: look, do not keep. */
function* everyPoint(world: World): Generator<readonly number[]> {
  const sizes = Object.values(world.space).map((field) => field.values.length)
  const ranks = sizes.map(() => 0)
  for (;;) {
    yield ranks
    let at = ranks.length - 1
    while (at >= 0 && ++ranks[at]! === sizes[at]) ranks[at--] = 0
    if (at < 0) return
  }
}

const hits = (counts: readonly number[]): number => counts.filter(Number.isFinite).length
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)
const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length

/** The mean of the middle two; null if that is a miss. */
function medianOf(counts: readonly number[]): number | null {
  const sorted = [...counts].sort((a, b) => a - b)
  return finite((sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2)
}

if (import.meta.main) {
  const args = process.argv.slice(2)
  const option = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined)
  const families = option('--family')?.split(',') ?? Object.keys(FAMILIES)
  const unknown = families.filter((name) => !Object.hasOwn(FAMILIES, name))
  if (unknown.length > 0) throw new Error(`no family ${unknown.join()}; there are ${Object.keys(FAMILIES).join()}`)
  const plan = { families, batch: Number(option('--batch') ?? 1), firstSeed: Number(option('--seeds') ?? 0) }
  for (const row of (await measure(plan)).table!) {
    console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(26) : cell.padStart(14))).join(''))
  }
}
