/** Everything that the rows of an import say of one trace, put together: each span once, logs joined to their spans, in one order. */

import { compareInstants } from './ids.ts'
import type { About, Message, More, Part, Score, Span, Where } from './span.ts'
import { standingAbout } from './standing.ts'
import type { Tally } from './tally.ts'
import { sortedJson } from './values.ts'

export interface Trace {
  readonly id: string
  /** Every span once, by start, the parent before the child. */
  readonly spans: readonly Span[]
  readonly about: readonly About[]
}

/** Two rows say different things of one span, and nothing tells which is newer. */
export class SpanConflict extends Error {
  readonly span: Span
  readonly other: Span
  constructor(span: Span, other: Span) {
    super(`span ${span.span} of trace ${span.trace} stands twice with different content`)
    this.span = span
    this.other = other
  }
}

/** @throws SpanConflict when a span stands twice with different content and neither row says that it is newer */
export function traceOf(id: string, parts: Iterable<Part>, tally: Tally): Trace {
  const spans = new Map<string, Span>()
  const more: More[] = []
  const about: About[] = []
  for (const part of parts) {
    if (part.kind === 'about') about.push(part.about)
    if (part.kind === 'more') more.push(part.more)
    if (part.kind === 'span') addSpan(spans, part.span, tally)
  }
  const joined = joinMore(spans, once(more, tally), tally)
  return { id, spans: inOrder(joined), about: standingAbout(once(about, tally)) }
}

/** Each of them once: a row that came twice says nothing new. */
function once<T extends { readonly where: Where }>(all: readonly T[], tally: Tally): readonly T[] {
  if (all.length < 2) return all
  const seen = new Set<string>()
  const left = all.filter((each) => {
    const content = contentOf(each)
    return !seen.has(content) && seen.add(content)
  })
  tally.add('records.repeated', all.length - left.length)
  return left
}

function addSpan(spans: Map<string, Span>, span: Span, tally: Tally): void {
  tally.add('spans.read')
  const known = spans.get(span.span)
  if (!known) {
    spans.set(span.span, span)
    return
  }
  if (isSame(known, span)) {
    tally.add('spans.repeated')
    spans.set(span.span, { ...known, named: { ...span.named, ...known.named } })
    return
  }
  const newer = newest(known, span)
  if (newer === null) throw new SpanConflict(known, span)
  tally.add('spans.superseded')
  spans.set(span.span, newer)
}

/** What a part says, whatever file it stood in and in which order its exporter wrote the names. */
const contentOf = ({ where: _, ...content }: { readonly where: Where }): string => sortedJson(content)

/** Fields that one of two imports alone was asked for (`--tag`) are no difference. */
function isSame(a: Span, b: Span): boolean {
  const both = (one: Span, other: Span): Span => ({
    ...one,
    named: Object.fromEntries(Object.entries(one.named).filter(([path]) => path in other.named)),
  })
  return contentOf(both(a, b)) === contentOf(both(b, a))
}

/** By what the rows say of their last change; a span that has ended is newer than the same one open. */
function newest(a: Span, b: Span): Span | null {
  if (a.open !== b.open) return a.open ? b : a
  if (a.updated === null || b.updated === null || a.updated === b.updated) return null
  return BigInt(a.updated) > BigInt(b.updated) ? a : b
}

function joinMore(spans: ReadonlyMap<string, Span>, more: readonly More[], tally: Tally): Span[] {
  if (more.length === 0) return [...spans.values()]
  const by = Map.groupBy(
    more.toSorted((a, b) => compareInstants(a.time, b.time)),
    ({ span }) => span,
  )
  for (const [span, logs] of by) if (!spans.has(span)) tally.add('spans.logs_without_span', logs.length)
  return [...spans.values()].map((span) => withMore(span, by.get(span.span) ?? []))
}

/** What logs say fills what the span itself did not record. */
function withMore(span: Span, logs: readonly More[]): Span {
  if (logs.length === 0) return span
  const all = <T>(of: (said: Partial<Span>) => readonly T[] | null | undefined): T[] =>
    logs.flatMap(({ said }) => of(said) ?? [])
  const input = all((said) => said.input)
  const output = all((said) => said.output)
  const scores: Score[] = all((said) => said.scores)
  const filled: Record<string, unknown> = { ...span }
  for (const { said } of logs)
    for (const [name, value] of Object.entries(said))
      if (filled[name] === null && value !== null && name !== 'input' && name !== 'output') filled[name] = value
  return {
    ...(filled as unknown as Span),
    kind: span.kind === 'other' ? (logs.find(({ said }) => said.kind)?.said.kind ?? 'other') : span.kind,
    input: span.input ?? (input.length > 0 ? input : null),
    output: span.output ?? (output.length > 0 ? output : null),
    scores: [...span.scores, ...scores],
    open: span.open && !logs.some(({ said }) => said.open === false),
    settings: Object.assign({}, ...logs.map(({ said }) => said.settings ?? {}), span.settings),
    named: Object.assign({}, ...logs.map(({ said }) => said.named ?? {}), span.named),
    tool: span.kind === 'tool' ? toolWith(span.tool, input, output) : ((filled.tool as Span['tool']) ?? null),
    cut: [...span.cut, ...all((said) => said.cut)],
    external: [...span.external, ...all((said) => said.external)],
  }
}

/** A tool whose arguments and answer stand in a log record of its own. */
function toolWith(tool: Span['tool'], input: readonly Message[], output: readonly Message[]): Span['tool'] {
  if (!tool) return null
  const said = output.find(({ text }) => text !== '')?.text ?? null
  const answer =
    output.flatMap(({ results }) => results)[0] ??
    (said === null ? input.flatMap(({ results }) => results)[0] : undefined)
  const call = input.flatMap(({ calls }) => calls)[0]
  return {
    ...tool,
    id: tool.id ?? answer?.id ?? null,
    arguments: tool.arguments ?? call?.arguments,
    result: tool.result ?? answer?.content ?? said,
    error: tool.error ?? answer?.error ?? null,
  }
}

/** By start, then the parent before its child, then by id: whatever the order of files and lines. */
function inOrder(spans: readonly Span[]): Span[] {
  // Most begin at an instant of their own.
  let depths: ReadonlyMap<string, number> | null = null
  const depthOf = ({ span }: Span): number => {
    depths ??= depthsOf(spans)
    return depths.get(span) ?? 0
  }
  return spans.toSorted(
    (a, b) => compareInstants(a.start, b.start) || depthOf(a) - depthOf(b) || (a.span < b.span ? -1 : 1),
  )
}

/** How many spans stand above each; a circle ends where it closes. */
function depthsOf(spans: readonly Span[]): ReadonlyMap<string, number> {
  const parents = new Map(spans.map(({ span, parent }) => [span, parent]))
  const depths = new Map<string, number>()
  for (const { span } of spans) {
    const path: string[] = []
    let at: string | null = span
    while (at !== null && parents.has(at) && !depths.has(at) && !path.includes(at) && path.length < 1000) {
      path.push(at)
      at = parents.get(at) ?? null
    }
    let depth = at !== null ? (depths.get(at) ?? 0) : 0
    for (const each of path.reverse()) depths.set(each, ++depth)
  }
  return depths
}
