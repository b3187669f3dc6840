/** Traces of one session as one: `--unit session`, for agents that write a trace a turn, or go on in a new one after a person's answer. */
import type { Records } from '../bytes/records.ts'
import type { Span } from './span.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'
import { isPlaceholder } from './words.ts'

/** Where traces wait until all are known: `Scratch` is one. */
interface Aside {
  readonly records: Records
  set(key: string, text: string): void
  entries(): Iterable<readonly [key: string, text: string]>
}

/** A trace, the dialect that read it, and the ids of the traces that it was joined of. */
export interface NamedTrace {
  readonly trace: Trace
  readonly name: string
  readonly of: readonly string[]
}

/** Each session's traces by their first instant, as one trace with the id of its first. A trace without a session stays alone. */
export function* bySession(traces: Iterable<NamedTrace>, aside: Aside, tally: Tally): Generator<NamedTrace> {
  for (const named of traces) {
    const { spans, about } = named.trace
    const session = [...spans, ...about]
      .map((each) => each.session)
      .find((id) => typeof id === 'string' && !isPlaceholder(id))
    const first = (spans.find(({ start }) => start !== null)?.start ?? '').padStart(20, '0')
    const key = [session ? `s${session}` : `t${named.trace.id}`, first, named.trace.id].join('\u0000')
    aside.set(key, String(aside.records.append(JSON.stringify(named))))
  }
  let last: string | null = null
  let held: NamedTrace[] = []
  for (const [key, position] of aside.entries()) {
    const session = key.slice(0, key.indexOf('\u0000'))
    if (last !== null && session !== last) {
      yield joined(held, tally)
      held = []
    }
    last = session
    held.push(JSON.parse(aside.records.read(Number(position)).toString()) as NamedTrace)
  }
  if (held.length > 0) yield joined(held, tally)
}

function joined(held: readonly NamedTrace[], tally: Tally): NamedTrace {
  const [first] = held as [NamedTrace, ...NamedTrace[]]
  if (held.length === 1) return first
  tally.add('traces.joined_by_session', held.length - 1)
  if (held.some(({ trace }) => trace.spans.some(({ approval }) => approval !== null)))
    tally.add('traces.joined_after_approval', held.length - 1)
  // Span ids are unique in their trace alone.
  const renamed = ({ id }: Trace, span: Span): Span => ({
    ...span,
    span: `${id}/${span.span}`,
    parent: span.parent === null ? null : `${id}/${span.parent}`,
  })
  return {
    name: first.name,
    of: held.flatMap(({ of }) => of),
    trace: {
      id: first.trace.id,
      spans: held.flatMap(({ trace }) => trace.spans.map((span) => renamed(trace, span))),
      about: held.flatMap(({ trace }) => trace.about),
    },
  }
}
