import { logCdf, logEi } from './acquisition.ts'
import type { FieldKernel } from './kernel.ts'
import { idOf, type Lattice, type Point } from './lattice.ts'
import { type MetricModel, metricModel } from './metric-model.ts'
import type { Random } from './random.ts'
import type { Constraint, Metrics, Objective } from './types.ts'

export interface Told {
  readonly id: string
  readonly point: Point
  readonly metrics: Metrics | null
}
export interface Problem {
  readonly lattice: Lattice
  readonly kernels: readonly FieldKernel[]
  readonly objective: Objective
  readonly constraints: readonly Constraint[]
}
export const DEBUG: { log?: (x: unknown) => void } = {}
const finite = (x: number | null | undefined): x is number => typeof x === 'number' && Number.isFinite(x)

interface Limit {
  model: MetricModel
  min: number
  max: number
}
const SUBSET = 110
const process_env_smooth = globalThis.process.env.NOSMOOTH === undefined

interface Belief {
  value(p: Point): number // log acquisition
  condition(p: Point): void
}

function limitOf(c: Constraint, base: number | undefined): { min: number; max: number } | undefined {
  const shift = c.relative_to_baseline ? base : 0
  if (shift === undefined) return undefined
  return { min: c.min === undefined ? -Infinity : c.min + shift, max: c.max === undefined ? Infinity : c.max + shift }
}

export function complete(problem: Problem, metrics: Metrics | null): boolean {
  return metrics !== null && [problem.objective, ...problem.constraints].every((x) => finite(metrics[x.metric]))
}
export function feasible(problem: Problem, metrics: Metrics | null, base: Metrics | null | undefined): boolean {
  if (!complete(problem, metrics)) return false
  return problem.constraints.every((c) => {
    const b = base?.[c.metric]
    const l = limitOf(c, finite(b) ? b : undefined)
    const y = metrics![c.metric]!
    return l !== undefined && y >= l.min && y <= l.max
  })
}

function belief(problem: Problem, told: readonly Told[], baseline: Told | undefined): Belief {
  const { kernels, objective } = problem
  const cache = new Map<string, MetricModel>()
  const modelOf = (metric: string, plateau?: { min: number; max: number }): MetricModel | undefined => {
    const rows = told.filter((t) => finite(t.metrics?.[metric]))
    if (rows.length === 0) return undefined
    let raw = rows.map((t) => t.metrics![metric]!)
    let key = metric
    if (plateau) {
      const lo = Math.min(...raw)
      const hi = Math.max(...raw)
      const mean = raw.reduce((a, b) => a + b, 0) / raw.length
      const sd = Math.sqrt(raw.reduce((a, b) => a + (b - mean) ** 2, 0) / raw.length)
      const up = hi === plateau.min && sd > 0 // nothing above the lower limit
      const down = lo === plateau.max && sd > 0
      if (up || down) key += up ? '>' : '<'
      if ((up || down) && new Set(raw).size === 2) {
        const z = raw.map((y) => (y === hi ? 1 : -1))
        let m = cache.get(key)
        if (!m) {
          m = metricModel(kernels, rows.map((t) => t.point), z, true)
          cache.set(key, m)
          DEBUG.log?.([key, m.note])
          const inner = m.scale
          m.scale = () => inner(up ? 0 : 0) * 1
        }
        if (down) { plateau.max = 0; const inner = m }
        return down ? m : m
      }
      if (up) raw = raw.map((y) => (y === hi ? y + 0.5 * sd : y))
      if (down) raw = raw.map((y) => (y === lo ? y - 0.5 * sd : y))
    }
    let m = cache.get(key)
    if (!m) {
      m = metricModel(
        kernels,
        rows.map((t) => t.point),
        raw,
      )
      DEBUG.log?.([key, m.note])
      cache.set(key, m)
    }
    return m
  }
  const goal = modelOf(objective.metric)
  const sign = objective.direction === 'decrease' ? 1 : -1
  const limits: Limit[] = []
  for (const c of problem.constraints) {
    const b = baseline?.metrics?.[c.metric]
    const raw = limitOf(c, finite(b) ? b : undefined)
    if (!raw) continue
    const model = modelOf(c.metric, c.metric === objective.metric ? undefined : raw)
    if (!model) continue
    if (c.relative_to_baseline && process_env_smooth) {
      const smooth = model.unscale(model.predict(baseline!.point).mean)
      raw.min += smooth - b!
      raw.max += smooth - b!
    }
    limits.push({
      model,
      min: raw.min === -Infinity ? -Infinity : model.scale(raw.min),
      max: raw.max === Infinity ? Infinity : model.scale(raw.max),
    })
  }
  if (told.some((t) => t.metrics === null) && told.some((t) => t.metrics !== null)) {
    const model = metricModel(
      kernels,
      told.map((t) => t.point),
      told.map((t) => (t.metrics === null ? 1 : 0)),
    )
    limits.push({ model, min: -Infinity, max: model.scale(0.5) })
  }
  const logFeasible = (p: Point): number => {
    let s = 0
    for (const l of limits) {
      const { mean, sd } = l.model.predict(p)
      const upper = l.max === Infinity ? 0 : logCdf((l.max - mean) / sd)
      const lower = l.min === -Infinity ? 0 : logCdf((mean - l.min) / sd)
      s += upper + lower
    }
    return s
  }
  let best = Infinity
  if (goal)
    for (const t of told) {
      if (t.metrics === null || logFeasible(t.point) < Math.log(0.5) * Math.max(1, limits.length)) continue
      best = Math.min(best, sign * goal.predict(t.point).mean)
    }
  return {
    value(p) {
      let s = 0
      if (goal && best < Infinity) {
        const { mean, sd } = goal.predict(p)
        s = logEi((best - sign * mean) / sd) + Math.log(sd)
      }
      return s + logFeasible(p)
    },
    condition(p) {
      if (goal && best < Infinity && logFeasible(p) > Math.log(0.5)) best = Math.min(best, sign * goal.predict(p).mean)
      for (const m of cache.values()) m.condition(p)
    },
  }
}

function randomPoint(l: Lattice, random: Random): number[] {
  return l.fields.map((f) => Math.floor(random() * f.values.length))
}

/** Best unvisited point under `value`, by scoring everything or by climbing from several starts. */
function maximise(
  l: Lattice,
  value: (p: Point) => number,
  starts: readonly Point[],
  taken: (id: string) => boolean,
  random: Random,
): Point | undefined {
  let best: Point | undefined
  let top = -Infinity
  const seen = new Map<string, number>()
  const score = (p: number[]): number => {
    const id = idOf(p)
    let s = seen.get(id)
    if (s === undefined) {
      s = value(p)
      seen.set(id, s)
      if (!taken(id) && (s > top || best === undefined)) {
        top = s
        best = p.slice()
      }
    }
    return s
  }
  const pool = Array.from({ length: 300 }, () => randomPoint(l, random))
  const ranked = pool.map((p) => [score(p), p] as const).sort((a, b) => b[0] - a[0])
  const all = [...starts, ...ranked.slice(0, 4).map((r) => r[1])]
  for (const s of all) {
    let here = s.slice()
    let now = score(here)
    for (let sweep = 0; sweep < 8; sweep++) {
      let moved = false
      for (let i = 0; i < l.fields.length; i++) {
        let pick = here[i]!
        for (let r = 0; r < l.fields[i]!.values.length; r++) {
          const q = here.slice()
          q[i] = r
          const v = score(q)
          if (v > now + 1e-12) {
            now = v
            pick = r
          }
        }
        if (pick !== here[i]) {
          here = here.slice()
          here[i] = pick
          moved = true
        }
      }
      if (!moved) break
    }
  }
  if (best) {
    // pairs of one-step moves around the winner
    const c = best
    for (let i = 0; i < l.fields.length; i++)
      for (let j = 0; j < i; j++)
        for (const a of l.fields[i]!.ordered ? [-1, 1, -2, 2] : l.fields[i]!.values.map((_, r) => r - c[i]!))
          for (const b of l.fields[j]!.ordered ? [-1, 1, -2, 2] : l.fields[j]!.values.map((_, r) => r - c[j]!)) {
            const q = c.slice()
            q[i]! += a
            q[j]! += b
            if (q[i]! < 0 || q[j]! < 0 || q[i]! >= l.fields[i]!.values.length || q[j]! >= l.fields[j]!.values.length)
              continue
            score(q)
          }
  }
  return best
}

export const CONFIG = { design: 'lhs' as 'lhs' | 'ofat' | 'none', init: (d: number) => d + 1 }

function design(l: Lattice, count: number, taken: (id: string) => boolean, random: Random): Point[] {
  const out: Point[] = []
  const perms = l.fields.map((f) => {
    const base = Array.from({ length: count }, (_, i) =>
      Math.min(f.values.length - 1, Math.floor(((i + random()) / count) * f.values.length)),
    )
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1))
      ;[base[i], base[j]] = [base[j]!, base[i]!]
    }
    return base
  })
  for (let i = 0; i < count; i++) {
    let p: Point = perms.map((x) => x[i]!)
    while (taken(idOf(p)) || out.some((q) => idOf(q) === idOf(p))) p = randomPoint(l, random)
    out.push(p)
  }
  return out
}

export function propose(
  problem: Problem,
  seed: number,
  told: readonly Told[],
  pending: readonly Point[],
  count: number,
  rng: (index: number) => Random,
): Point[] {
  const l = problem.lattice
  const out: Point[] = []
  const ids = new Set([...told.map((t) => t.id), ...pending.map(idOf)])
  const taken = (id: string) => ids.has(id)
  const add = (p: Point) => {
    out.push(p)
    ids.add(idOf(p))
  }
  const done = () => told.length + pending.length + out.length
  if (!taken(idOf(l.baseline))) add(l.baseline)
  const init = 1 + CONFIG.init(l.fields.length)
  const plan = design(l, init - 1, (id) => id === idOf(l.baseline), rng(-1))
  for (const p of plan) if (out.length < count && done() < init && !taken(idOf(p))) add(p)
  if (out.length >= count) return out.slice(0, count)
  const baseId = idOf(l.baseline)
  const base = told.find((t) => t.id === baseId)
  const b = belief(problem, subset(problem, told, base), base)
  for (const p of [...pending, ...out]) b.condition(p)
  const good = told.filter((t) => feasible(problem, t.metrics, base?.metrics))
  const sign = problem.objective.direction === 'decrease' ? 1 : -1
  good.sort(
    (x, y) =>
      sign * (x.metrics![problem.objective.metric]! - y.metrics![problem.objective.metric]!) || (x.id < y.id ? -1 : 1),
  )
  const starts = [l.baseline, ...good.slice(0, 2).map((t) => t.point)]
  while (out.length < count && done() < l.size) {
    const p = maximise(l, b.value, starts, taken, rng(done()))
    if (!p) break
    add(p)
    if (out.length < count) b.condition(p)
  }
  return out
}

function subset(problem: Problem, told: readonly Told[], base: Told | undefined): readonly Told[] {
  if (told.length <= SUBSET) return told
  const good = told.filter((t) => feasible(problem, t.metrics, base?.metrics))
  const sign = problem.objective.direction === 'decrease' ? 1 : -1
  good.sort(
    (x, y) =>
      sign * (x.metrics![problem.objective.metric]! - y.metrics![problem.objective.metric]!) || (x.id < y.id ? -1 : 1),
  )
  const centre = good[0]?.point ?? problem.lattice.baseline
  const dist = (t: Told) =>
    t === base
      ? -1
      : t.point.reduce((s, r, i) => {
          const f = problem.lattice.fields[i]!
          return (
            s + (f.ordered ? Math.abs(r - centre[i]!) / Math.max(1, f.values.length - 1) : r === centre[i] ? 0 : 0.5)
          )
        }, 0)
  return told
    .map((t) => [dist(t), t] as const)
    .sort((a, b) => a[0] - b[0] || (a[1].id < b[1].id ? -1 : 1))
    .slice(0, SUBSET)
    .map((x) => x[1])
}
