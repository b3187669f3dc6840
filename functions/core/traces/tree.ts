/** Who stands under whom in a trace: its roots, the model calls among its spans, and in which agent's context each span lies. */
import type { About, Part, Span } from './span.ts'
import type { Trace } from './trace.ts'

export interface Tree {
  /** Spans that no other span of the data stands above, by start. */
  readonly roots: readonly Span[]
  /** The root that names no parent at all, where there is exactly one. */
  readonly root: Span | null
  readonly calls: readonly Span[]
  /** Sub-agent in whose context a span lies; null: the root agent. */
  agentOf(span: Span): string | null
  /** The agent span in which a span's work was done; null: in none. One agent may be asked several times. */
  workerOf(span: Span): Span | null
  /** The first agent that did anything itself, under no other. */
  readonly lead: Span | null
  /** Agents that stand under no other: the root, and those that took over from it. */
  readonly answers: ReadonlySet<string | null>
  readonly cyclic: boolean
  /** Work was done in it, and the span above that is in no row: a window cut it, or who wrote it exports no such span. */
  readonly rootless: boolean
}

export function treeOf({ spans, about }: Trace): Tree {
  const by = new Map(spans.map((span) => [span.span, span]))
  const parentOf = (span: Span): Span | null => (span.parent === null ? null : (by.get(span.parent) ?? null))
  const roots = spans.filter((span) => parentOf(span) === null)
  const calls = callsAmong(spans, parentOf)
  const whole = roots.filter(({ parent }) => parent === null)
  return {
    roots,
    root: whole.length === 1 ? whole[0]! : null,
    calls,
    cyclic: hasCycle(spans, parentOf),
    rootless: isRootless(roots, spans, about),
    ...agentsOf(spans, calls, parentOf),
  }
}

/**
 * A call is a span that is one, or that carries usage, with no such span below it: containers repeat the sums of what they contain, and
 * one call may be recorded by two instrumentors. What the lowest does not record, the one span directly above it of the same call does.
 */
function callsAmong(spans: readonly Span[], parentOf: (span: Span) => Span | null): Span[] {
  const isCall = (span: Span) => span.kind === 'call' || (span.usage !== null && CONTAINERS.has(span.kind))
  const below = new Map<Span, { n: number; readonly first: Span }>()
  for (const span of spans.filter(isCall))
    for (let at = parentOf(span), steps = 0; at && steps < MOST_LEVELS; at = parentOf(at), steps++) {
      if (!isCall(at)) continue
      const known = below.get(at)
      if (known) known.n++
      else below.set(at, { n: 1, first: span })
    }
  const above = new Map<Span, Span>()
  for (const [span, { n, first }] of below) if (span.kind === 'call' && n === 1) above.set(first, span)
  return spans
    .filter((span) => isCall(span) && !below.has(span))
    .map((span) => (above.has(span) ? filledFrom(span, above.get(span)!) : span))
}

/** Levels that are walked up: no framework nests deeper, and a circle ends. */
const MOST_LEVELS = 1000

const CONTAINERS: ReadonlySet<Span['kind']> = new Set(['agent', 'workflow', 'other'])

const filledFrom = (span: Span, above: Span): Span => ({
  ...span,
  input: span.input ?? above.input,
  output: span.output ?? above.output,
  usage: span.usage ?? above.usage,
  model: span.model ?? above.model,
  cost_usd: span.cost_usd ?? above.cost_usd,
})

/** Spans that an agent did itself. */
const WORK: ReadonlySet<Span['kind']> = new Set(['call', 'tool', 'retrieval'])

/**
 * The nearest agent above a span that does anything itself: frameworks wrap a run in an agent that only holds others. The first of those
 * with none above is the root; one that took over from it bears its own name.
 */
function agentsOf(
  spans: readonly Span[],
  calls: readonly Span[],
  parentOf: (span: Span) => Span | null,
): Pick<Tree, 'agentOf' | 'workerOf' | 'lead' | 'answers'> {
  /** The first such agent that a span is, or that stands above it. */
  const nearest = (span: Span | null, isIt: (agent: Span) => boolean): Span | null => {
    for (let up = span, steps = 0; up && steps < MOST_LEVELS; up = parentOf(up), steps++)
      if (up.kind === 'agent' && isIt(up)) return up
    return null
  }
  const working = new Set<Span>()
  const works = (agent: Span): boolean => working.has(agent)
  const addWorking = (span: Span): void => {
    const agent = nearest(span, () => true)
    if (agent) working.add(agent)
  }
  for (const call of calls) addWorking(call)
  for (const span of spans) if (WORK.has(span.kind)) addWorking(span)
  const nameOfAgent = (agent: Span) => agent.agent ?? (agent.name || 'agent')
  const top = spans.filter((span) => works(span) && nearest(parentOf(span), works) === null)
  const root = top[0] ? nameOfAgent(top[0]) : null
  const label = (agent: Span | undefined): string | null => {
    if (!agent || (top.includes(agent) && nameOfAgent(agent) === root)) return null
    return nameOfAgent(agent)
  }
  const workerOf = (span: Span): Span | null => nearest(span, works)
  return {
    agentOf: (span) => label(workerOf(span) ?? undefined),
    workerOf,
    lead: top[0] ?? null,
    answers: new Set([null, ...top.map(label)]),
  }
}

/**
 * Is a root missing, of one of the traces that were joined here? A span that alone holds all others is the entry of a service, whose own
 * parent stands in another one's export; a row that is the trace itself stands above all.
 */
function isRootless(roots: readonly Span[], spans: readonly Span[], about: Trace['about']): boolean {
  if (roots.every(({ parent }) => parent === null) || !spans.some(({ kind }) => WORK.has(kind))) return false
  for (const [trace, tops] of Map.groupBy(roots, (root) => root.trace)) {
    if (tops.some(({ parent }) => parent === null) || about.some((row) => row.trace === trace && isTraceItself(row)))
      continue
    const [top] = tops as [Span, ...Span[]]
    const isEntry = !WORK.has(top.kind) || spans.some((span) => span.trace === trace && span !== top)
    if (tops.length > 1 || !isEntry) return true
  }
  return false
}

/** Does a part tell of work that was done? */
export const isWork = (part: Part): boolean => part.kind === 'span' && WORK.has(part.span.kind)

/** Does a part say of a trace that its root is there? */
export const isRoot = (part: Part): boolean =>
  part.kind === 'span'
    ? part.span.parent === null && CONTAINERS.has(part.span.kind)
    : part.kind === 'about' && isTraceItself(part.about)

const isTraceItself = ({ updated }: About): boolean => updated !== undefined

function hasCycle(spans: readonly Span[], parentOf: (span: Span) => Span | null): boolean {
  const safe = new Set<Span>()
  for (const span of spans) {
    // Nearly every span stands under one that was looked at.
    const parent = parentOf(span)
    if (parent === null || safe.has(parent)) {
      safe.add(span)
      continue
    }
    const path = new Set<Span>()
    let at: Span | null = span
    while (at && !safe.has(at)) {
      if (path.has(at)) return true
      path.add(at)
      at = parentOf(at)
    }
    for (const each of path) safe.add(each)
  }
  return false
}
