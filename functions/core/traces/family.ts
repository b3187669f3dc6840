/** Of whom a trace is: its family by the store's rule, its intent. A placeholder that an exporter writes for nobody is nobody. */
import { pathOf, type TraceOptions } from './options.ts'
import type { Where } from './span.ts'
import type { Trace } from './trace.ts'
import type { Tree } from './tree.ts'
import type { JsonValue } from './values.ts'
import { idOf, isPlaceholder, nameOf } from './words.ts'

/** Two different families in one trace: no split could put it on a side. */
export class TwoFamilies extends Error {
  readonly families: readonly string[]
  readonly where: Where | null
  constructor(trace: Trace, families: readonly string[]) {
    super(`trace ${trace.id} names two families: ${families.join(' and ')}`)
    this.families = families
    this.where = (trace.spans[0] ?? trace.about[0])?.where ?? null
  }
}

/** @throws TwoFamilies */
export function familyOf(
  trace: Trace,
  { family }: TraceOptions,
): { readonly family: string; readonly by: 'session' | 'user' | 'trace' | 'path' | 'case' } {
  if (family === 'trace') return { family: `trace:${trace.id}`, by: 'trace' }
  const path = pathOf(family)
  const by = path !== null ? 'path' : family === 'user' ? 'user' : 'session'
  const found = [
    ...new Set(
      (path !== null ? namedAt(trace, path) : said(trace, by as 'session' | 'user'))
        .map((value) => value.trim())
        .filter((value) => !isPlaceholder(value)),
    ),
  ]
  if (found.length > 1) throw new TwoFamilies(trace, found)
  const name = found[0] === undefined ? null : nameOf(found[0])
  if (name !== null) return { family: name, by }
  const shared = nameOf(trace.about.find((about) => about.case)?.case ?? null)
  return shared === null ? { family: `trace:${trace.id}`, by: 'trace' } : { family: shared, by: 'case' }
}

const said = ({ spans, about }: Trace, by: 'session' | 'user'): string[] =>
  [...spans, ...about].map((each) => each[by]).filter((name) => typeof name === 'string')

const textOf = (value: JsonValue | undefined): string[] =>
  typeof value === 'string' ? [value] : typeof value === 'number' || typeof value === 'boolean' ? [String(value)] : []

/** What spans and trace say at a path, in order. */
export const namedAt = ({ spans, about }: Trace, path: string): string[] =>
  [...about.map(({ named }) => named?.[path]), ...spans.map(({ named }) => named[path])].flatMap(textOf)

/** The intent: as the user named it, or by the agent, the workflow, the root. */
export function intentOf(trace: Trace, tree: Tree, { intent }: TraceOptions): string {
  const path = pathOf(intent)
  if (path !== null) return idOf(namedAt(trace, path)[0] ?? null) ?? 'unnamed'
  if (intent !== null) return idOf(intent) ?? 'unnamed'
  // An agent that did nothing itself is a step that a framework calls one.
  const agent = tree.lead ?? trace.spans.find(({ kind }) => kind === 'workflow')
  const whole = trace.about.find(({ name }) => name)?.name
  return (
    idOf(agent?.agent ?? null) ??
    idOf(agent?.name ?? null) ??
    idOf(trace.spans.find((span) => span.agent !== null)?.agent ?? null) ??
    idOf(whole ?? null) ??
    idOf(tree.roots[0]?.name ?? null) ??
    'unnamed'
  )
}
