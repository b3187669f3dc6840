import { makeKernels } from './kernel.ts'
import { idOf, makeLattice, type Point, valuesOf } from './lattice.ts'
import { feasible, type Problem, propose, type Told } from './propose.ts'
import { randomFor } from './random.ts'
import type { Best, Search, SearchOptions } from './types.ts'

export function createSearch(o: SearchOptions): Search {
  const lattice = makeLattice(o.space, o.baseline)
  const problem: Problem = {
    lattice,
    kernels: makeKernels(lattice),
    objective: o.objective,
    constraints: o.constraints,
  }
  const told = new Map<string, Told>()
  const pending = new Map<string, Point>()
  return {
    ask(n = 1) {
      const list = [...told.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
      const ps = propose(problem, o.seed, list, [...pending.values()], n, (i) => randomFor(o.seed, i))
      for (const p of ps) pending.set(idOf(p), p)
      return ps.map((p) => ({ id: idOf(p), values: valuesOf(lattice, p) }))
    },
    tell(obs) {
      for (const x of obs) {
        const p = pending.get(x.id)!
        pending.delete(x.id)
        told.set(x.id, { id: x.id, point: p, metrics: x.metrics })
      }
    },
    best(): Best | null {
      const base = told.get(idOf(lattice.baseline))
      let best: Told | undefined
      const sign = o.objective.direction === 'decrease' ? 1 : -1
      for (const t of told.values())
        if (feasible(problem, t.metrics, base?.metrics))
          if (!best || sign * (t.metrics![o.objective.metric]! - best.metrics![o.objective.metric]!) < 0) best = t
      return best ? { id: best.id, values: valuesOf(lattice, best.point), metrics: best.metrics! } : null
    },
  }
}
