/**
 * The tool calls of a trace, each with its result. A call is what the model wrote; its result stands in a tool's span, else in what the
 * next call read. They are paired by an id that is the only one of its kind, else by name and arguments, never by position: what is
 * ambiguous is left out and counted.
 */
import { ID_PATTERN, isSafeId } from '#schemas/patterns.ts'
import { callKey, type Turn } from './conversation.ts'
import type { Span, ToolCall, ToolResult } from './span.ts'
import type { Tally } from './tally.ts'
import { isSameName } from './tools.ts'
import { sortedJson } from './values.ts'

/** One action, with what is known of its result. */
export interface Action {
  /** Id in the run: the recorded one where it is the only one, else `c<call>_<k>`. */
  id: string
  readonly call: ToolCall
  /** Turn that chose it; null: no recorded output names it, its span alone does. */
  readonly turn: number | null
  /** It stood in the history of the first input: it was chosen before this trace began. */
  readonly before: boolean
  readonly agent: string | null
  /** Span of its work, and of its wait for a person. */
  span: Span | null
  waited: Span | null
  /** Result as a later call read it, and the turn that read it. */
  read: { readonly result: ToolResult; readonly turn: number } | null
}

export interface Actions {
  readonly all: readonly Action[]
  /** Of an output or of a history, in order, by the call as it stands there. */
  of(call: ToolCall): Action | undefined
}

export function actionsOf(
  turns: readonly Turn[],
  tools: readonly Span[],
  agentOf: (span: Span) => string | null,
  tally: Tally,
): Actions {
  const actions: Action[] = []
  const byCall = new Map<ToolCall, Action>()
  const known = new Set<string>()
  const add = (call: ToolCall, { agent }: Turn, at: number, before: boolean): void => {
    const key = callKey(call)
    // A history that was written anew repeats calls that are known.
    if (before && at > 0 && (known.has(key) || (call.id !== null && call.id !== call.name && known.has(call.id))))
      return
    known.add(key)
    if (call.id !== null) known.add(call.id)
    const action = newAction(call, before ? null : at, before && at === 0, agent)
    actions.push(action)
    byCall.set(call, action)
  }
  for (const [at, turn] of turns.entries()) {
    for (const { calls } of turn.added) for (const call of calls) add(call, turn, at, true)
    for (const { calls } of turn.output) for (const call of calls) add(call, turn, at, false)
  }
  pairSpans(actions, tools, agentOf, tally)
  pairReads(actions, turns, tally)
  nameThem(actions, tally)
  return { all: actions, of: (call) => byCall.get(call) }
}

const newAction = (call: ToolCall, turn: number | null, before: boolean, agent: string | null): Action => ({
  id: '',
  call,
  turn,
  before,
  agent,
  span: null,
  waited: null,
  read: null,
})

/** The only one of a key, where it is the only one. */
function singles<T>(items: readonly T[], keyOf: (item: T) => string | null): Map<string, T> {
  const found = new Map<string, T>()
  const several = new Set<string>()
  for (const item of items) {
    const key = keyOf(item)
    if (key === null) continue
    if (found.has(key)) several.add(key)
    else found.set(key, item)
  }
  for (const key of several) found.delete(key)
  return found
}

/** What a span did, as `callKey` says it of a call; null: it does not say with which arguments. */
const workOf = ({ tool }: Span): string | null =>
  tool!.arguments === undefined ? null : callKey({ ...tool!, arguments: tool!.arguments })

/** Counters that begin anew give two calls one id: the name, which a server may stand before, or the arguments must fit too. */
function isSameTool({ call }: Action, { tool }: Span): boolean {
  return isSameName(call.name, tool!.name) || sortedJson(call.arguments) === sortedJson(tool!.arguments ?? null)
}

function pairSpans(
  actions: Action[],
  tools: readonly Span[],
  agentOf: (span: Span) => string | null,
  tally: Tally,
): void {
  const waits = tools.filter(({ approval }) => approval !== null)
  const works = tools.filter(({ approval }) => approval === null)
  for (const spans of [waits, works]) {
    const field = spans === waits ? 'waited' : 'span'
    const free = new Set(spans)
    const pair = (
      how: string,
      keyOfAction: (action: Action) => string | null,
      keyOfSpan: (span: Span) => string | null,
    ) => {
      if (free.size === 0) return
      const left = singles([...free], keyOfSpan)
      const open = actions.filter((action) => action[field] === null)
      for (const [key, action] of singles(open, keyOfAction)) {
        const span = left.get(key)
        if (!span || !isSameTool(action, span)) continue
        action[field] = span
        free.delete(span)
        if (field === 'span') tally.add(`tools.paired.${how}`)
      }
    }
    pair(
      'by_id',
      ({ call }) => call.id,
      ({ tool }) => tool!.id,
    )
    // Two agents may ask the same of one tool: a span in a sub-agent's context belongs to a call of that agent.
    const within = (agent: string | null, key: string): string => JSON.stringify([agent, key])
    pair(
      'by_arguments',
      ({ agent, call }) => within(agent, callKey(call)),
      (span) => {
        const work = workOf(span)
        return work === null ? null : within(agentOf(span), work)
      },
    )
    pair(
      'by_arguments',
      ({ call }) => callKey(call),
      (span) => (agentOf(span) === null ? workOf(span) : null),
    )
    pair(
      'by_name',
      ({ agent, call }) => within(agent, call.name),
      (span) =>
        span.tool!.arguments === undefined && span.tool!.id === null ? within(agentOf(span), span.tool!.name) : null,
    )
    for (const span of free) {
      const tool = span.tool!
      const rivals = actions.some(
        (action) => action[field] === null && action.call.name === tool.name && action.agent === agentOf(span),
      )
      if (rivals) tally.saw('tools.unpaired', span.where, `result of ${tool.name}`)
      else {
        const action = newAction(
          { id: tool.id, name: tool.name, arguments: tool.arguments ?? {} },
          null,
          false,
          agentOf(span),
        )
        action[field] = span
        actions.push(action)
      }
    }
  }
}

/** Results that later inputs read, or that a span which tells of several turns lists with its answers, by ids that name one call alone. */
function pairReads(actions: readonly Action[], turns: readonly Turn[], tally: Tally): void {
  const reads: NonNullable<Action['read']>[] = []
  for (const [turn, { added, output }] of turns.entries())
    for (const { results } of [...added, ...output]) for (const result of results) reads.push({ result, turn })
  const known = singles(actions, ({ call }) => call.id)
  const once = singles(reads, ({ result }) => result.id)
  const named = singles(
    actions.filter(({ call }) => call.id === null),
    ({ call }) => call.name,
  )
  for (const read of reads) {
    const { id, name } = read.result
    const action =
      id !== null && once.get(id) === read ? known.get(id) : id === null && name !== null ? named.get(name) : undefined
    if (!action) {
      // Spans may have given what an ambiguous id could not.
      const given = actions.some((each) => each.span !== null && (each.call.id === id || each.call.name === name))
      if (!given) tally.add('tools.unpaired')
      continue
    }
    action.read = read
    if (action.span === null) tally.add('tools.paired.by_id')
  }
}

function nameThem(actions: readonly Action[], tally: Tally): void {
  const known = singles(actions, ({ call }) => call.id)
  const next = new Map<number | null, number>()
  for (const action of actions) {
    const { id } = action.call
    if (id !== null && known.get(id) === action && isName(id)) {
      action.id = id
      continue
    }
    const k = next.get(action.turn) ?? 0
    next.set(action.turn, k + 1)
    action.id = `c${action.turn ?? (action.before ? 'h' : 's')}_${k}`
    tally.add('tools.renamed')
  }
}

const isName = (id: string): boolean => ID_PATTERN.test(id) && isSafeId(id) && !/^c(\d+|[hs])_\d+$/.test(id)
