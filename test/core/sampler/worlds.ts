/** Small worlds and a driver for the ask/tell tests. */
import { createSearch } from '#core/sampler/create-search.ts'
import type { Metrics, Proposal, Search, SearchOptions, Values } from '#core/sampler/types.ts'

export type Evaluate = (values: Values) => Metrics | null

const range = (low: number, high: number, step = 1): number[] =>
  Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step)

/** 24 points; cheap is bad, so the best feasible one lies inside. */
export const small: SearchOptions = {
  space: {
    top_k: { kind: 'ordered', values: [2, 4, 8, 16] },
    hops: { kind: 'ordered', values: [1, 2, 3] },
    tool: { kind: 'categorical', values: ['wiki', 'orders'] },
  },
  baseline: { top_k: 16, hops: 3, tool: 'wiki' },
  objective: { metric: 'cost', direction: 'decrease' },
  constraints: [{ metric: 'utility', min: -0.1, relative_to_baseline: true }],
  seed: 1,
}

/** 9,600 points: never exact. */
export const large: SearchOptions = {
  ...small,
  space: {
    top_k: { kind: 'ordered', values: range(1, 20) },
    hops: { kind: 'ordered', values: range(1, 6) },
    tokens: { kind: 'ordered', values: range(400, 2300, 100) },
    tool: { kind: 'categorical', values: ['wiki', 'orders', 'policy', 'none'] },
  },
  baseline: { top_k: 15, hops: 4, tokens: 1800, tool: 'orders' },
}

/** Cost rises and utility saturates in every ordered field; `wiki` helps a little and costs a little. */
export const evaluate: Evaluate = (values) => {
  const k = Number(values.top_k)
  const hops = Number(values.hops)
  const tokens = Number(values.tokens ?? 0) / 1000
  const wiki = values.tool === 'wiki' ? 1 : 0
  return {
    cost: 0.05 * k + 0.2 * hops + 0.3 * tokens + 0.1 * wiki,
    utility: 1 - 0.8 * Math.exp(-0.3 * k) - 0.3 * Math.exp(-hops) - 0.3 * Math.exp(-2 * tokens) + 0.03 * wiki,
  }
}

/** Asks for batches and tells their outcomes, in an order of the caller's choosing, until the search ends or `most` points. */
export function drive(
  search: Search,
  run: Evaluate,
  {
    most,
    batch = 1,
    order = (x) => x,
  }: { most: number; batch?: number; order?: <T>(items: readonly T[]) => readonly T[] },
): Proposal[] {
  const asked: Proposal[] = []
  while (asked.length < most) {
    const proposals = search.ask(Math.min(batch, most - asked.length))
    if (proposals.length === 0) break
    asked.push(...proposals)
    for (const { id, values } of order(proposals)) search.tell([{ id, metrics: run(values) }])
  }
  return asked
}

export const keys = (proposals: readonly Proposal[]): string[] => proposals.map((p) => JSON.stringify(p.values))

export const start = (options: Partial<SearchOptions> = {}): Search => createSearch({ ...small, ...options })
