/** How much of what recorded actions used was traced to where it could have been read, by tool; and which tokens are estimates. */
import { rulesOf } from '#schemas/compile-rules.ts'
import { layerBit, PLACE } from '#schemas/need-places.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { emptyCalls } from './empty-calls.ts'

/** Counts over recordings; of those that were compiled by the first rules nothing is known. */
export interface Tracing {
  readonly recordings: number
  /** Tool -> argument values that were traced, and those that stand nowhere. */
  readonly tools: Readonly<Record<string, readonly [traced: number, untraced: number]>>
  /** Tool -> calls of it, and those that passed nothing that could be traced. */
  readonly calls: Readonly<Record<string, readonly [all: number, empty: number]>>
  /** What was estimated as ceil(chars/4) -> in how many recordings. */
  readonly estimated: Readonly<Record<string, number>>
}

export const NO_TRACING: Tracing = { recordings: 0, tools: {}, calls: {}, estimated: {} }

/** Bit of the model's input beside those of the layers. */
export const INPUT_BIT = 8
const ESTIMATED: readonly (readonly [string, number])[] = [
  ['passages', layerBit(PLACE.evidence)],
  ['tool output', layerBit(PLACE.tool)],
  ['dialogue', layerBit(PLACE.memory)],
  ['model input', INPUT_BIT],
]

/** Counts of one case. */
export function tracingOf({ recordings }: ReplayCase): Tracing {
  const tools = new Map<string, [number, number]>()
  const calls = new Map<string, [number, number]>()
  const estimated: Record<string, number> = {}
  let count = 0
  for (const recording of recordings) {
    if (rulesOf(recording) < 2) continue
    count++
    const { actions, needs, untraced } = recording
    const add = (to: Map<string, [number, number]>, action: number, column: 0 | 1) => {
      const name = actions.name[action]!
      const tool = to.get(name) ?? [0, 0]
      tool[column]++
      to.set(name, tool)
    }
    for (const action of needs.action) add(tools, action, 0)
    for (const action of untraced?.action ?? []) add(tools, action, 1)
    for (const action of actions.name.keys()) add(calls, action, 0)
    for (const action of emptyCalls(recording)) add(calls, action, 1)
    for (const [what, bit] of ESTIMATED)
      if ((recording.estimated_tokens ?? 0) & bit) estimated[what] = (estimated[what] ?? 0) + 1
  }
  return { recordings: count, tools: Object.fromEntries(tools), calls: Object.fromEntries(calls), estimated }
}

/** Counts of two sets together. */
export function addTracing(a: Tracing, b: Tracing): Tracing {
  if (b.recordings === 0) return a
  const estimated: Record<string, number> = { ...a.estimated }
  for (const [what, n] of Object.entries(b.estimated)) estimated[what] = (estimated[what] ?? 0) + n
  return {
    recordings: a.recordings + b.recordings,
    tools: together(a.tools, b.tools),
    calls: together(a.calls, b.calls),
    estimated,
  }
}

/** Pairs of counts by tool. */
function together(a: Tracing['tools'], b: Tracing['tools']): Tracing['tools'] {
  const sum: Record<string, readonly [number, number]> = { ...a }
  for (const [name, [one, other]] of Object.entries(b)) {
    const before = Object.hasOwn(sum, name) ? sum[name]! : [0, 0]
    sum[name] = [before[0]! + one, before[1]! + other]
  }
  return sum
}

const MOST_TOOLS = 5
const percent = (traced: number, all: number): string => `${((100 * traced) / all).toFixed(1)} %`

/** The traced share, in all and by tool, least first; null: no argument value was recorded. */
export function tracedLine({ tools }: Tracing): string | null {
  const rows = Object.entries(tools).map(([name, [traced, untraced]]) => ({ name, traced, all: traced + untraced }))
  const all = rows.reduce((sum, r) => sum + r.all, 0)
  if (all === 0) return null
  const traced = rows.reduce((sum, r) => sum + r.traced, 0)
  rows.sort((a, b) => a.traced / a.all - b.traced / b.all || b.all - a.all || (a.name < b.name ? -1 : 1))
  const listed = rows.slice(0, MOST_TOOLS).map((r) => `${r.name} ${percent(r.traced, r.all)} of ${r.all}`)
  const more = rows.length > MOST_TOOLS ? `, and ${rows.length - MOST_TOOLS} more tools` : ''
  return `${percent(traced, all)} of ${all} argument values were traced: ${listed.join(', ')}${more}`
}

/** Calls that passed nothing that could be traced, by tool, most first; null: there are none. */
export function emptyCallsLine({ calls }: Tracing, suite: EvaluatorSuite): string | null {
  const rows = Object.entries(calls).filter(([, [, empty]]) => empty > 0)
  if (rows.length === 0) return null
  rows.sort(([a, [, m]], [b, [, n]]) => n - m || (a < b ? -1 : 1))
  const sum = (column: 0 | 1) => Object.values(calls).reduce((total, tool) => total + tool[column], 0)
  const listed = rows.slice(0, MOST_TOOLS).map(([name, [all, empty]]) => `${name} ${empty} of ${all}`)
  const more = rows.length > MOST_TOOLS ? `, and ${rows.length - MOST_TOOLS} more tools` : ''
  const named = suite.evaluators.flatMap((e) => (e.check === 'grounded_arguments' ? (e.nothing_to_trace ?? []) : []))
  const said = named.length > 0 ? `; the suite says that ${[...new Set(named)].join(', ')} takes nothing` : ''
  return `${sum(1)} of ${sum(0)} calls passed nothing that could be traced (no argument, a yes or no, null): ${listed.join(', ')}${more}. What they rested on is not seen${said}`
}

/** What a suite that ignores untraced values lets pass, in words; null: nothing. */
export function ignoredLine({ tools }: Tracing, suite: EvaluatorSuite): string | null {
  const untraced = Object.values(tools).reduce((sum, [, n]) => sum + n, 0)
  const ignoring = suite.evaluators.flatMap((e) =>
    e.check === 'grounded_arguments' && e.never_grounded === 'ignore' ? [e.evaluator_id] : [],
  )
  if (untraced === 0 || ignoring.length === 0) return null
  return `${untraced} argument values stand nowhere in the records and are ignored by ${ignoring.join(', ')} (never_grounded "ignore"): what a cut does to them is not recorded`
}

/** Which tokens are estimates, in words; null: all of them were recorded. */
export function estimatedLine({ estimated, recordings }: Tracing): string | null {
  const parts = ESTIMATED.flatMap(([what]) =>
    estimated[what] === undefined ? [] : [`${what} in ${estimated[what]} of ${recordings} recordings`],
  )
  return parts.length === 0 ? null : `estimated as ceil(chars/4): ${parts.join(', ')}`
}

/** Everything that is said of the records under a proposal: what was traced, what passed nothing, what is ignored, and which tokens are estimates. */
export function recordLines(tracing: Tracing, suite: EvaluatorSuite): string[] {
  const estimated = estimatedLine(tracing)
  return [
    tracedLine(tracing),
    emptyCallsLine(tracing, suite),
    ignoredLine(tracing, suite),
    estimated && `tokens ${estimated}`,
  ].filter((line) => line !== null)
}

/** Lines that stand beside every result over these records; none where all is traced and every token was recorded. */
export function tracingReasons(tracing: Tracing, suite: EvaluatorSuite): string[] {
  const isWhole = Object.values(tracing.tools).every(([, untraced]) => untraced === 0)
  return recordLines(isWhole ? { ...tracing, tools: {} } : tracing, suite)
}
