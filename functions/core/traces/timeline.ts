/** The steps of a run from its turns, actions and retrievals, in the order in which they happened. */
import type { Step } from '#schemas/experience-run.ts'
import type { Action, Actions } from './actions.ts'
import type { Turn } from './conversation.ts'
import { compareInstants, millis } from './ids.ts'
import type { Hop } from './retrieval.ts'
import type { Message, Span } from './span.ts'
import type { Tally } from './tally.ts'
import { nameOf, wellFormed, wordOf } from './words.ts'

interface Moment {
  readonly time: string | null
  /** At one instant: what ends stands before what begins. */
  readonly rank: number
  readonly write: () => void
}

/** Steps in order; each action, result and approval once. */
export function timelineOf(
  turns: readonly Turn[],
  actions: Actions,
  hops: readonly Hop[],
  writes: ReadonlySet<string>,
  tally: Tally,
): Step[] {
  const writer = new Writer(actions, writes, tally)
  const moments: Moment[] = []
  const instant = (span: Span, end: boolean) => (end ? (span.end ?? span.start) : span.start)
  turns.forEach((turn, at) => {
    const { call } = turn
    const lasts = instant(call, true) !== instant(call, false)
    moments.push({ time: instant(call, false), rank: 2, write: () => writer.begin(turn, at) })
    moments.push({ time: instant(call, true), rank: lasts ? 0 : 3, write: () => writer.answer(turn, at) })
  })
  for (const hop of hops) moments.push({ time: hop.span.start, rank: 1, write: () => writer.retrieval(hop) })
  for (const action of actions.all) {
    const { span } = action
    if (!span) continue
    moments.push({ time: span.start, rank: 1, write: () => writer.action(action) })
    moments.push({ time: instant(span, true), rank: 1, write: () => writer.result(action) })
  }
  // What the first call read stood before anything happened: a retrieval that ran for it follows the question.
  if (turns[0]) writer.read(turns[0], 0)
  moments.sort((a, b) => compareInstants(a.time, b.time) || a.rank - b.rank)
  for (const { write } of moments) write()
  for (const action of actions.all) {
    writer.action(action)
    writer.result(action)
  }
  return writer.steps
}

class Writer {
  readonly steps: Step[] = []
  readonly #actions: Actions
  readonly #writes: ReadonlySet<string>
  readonly #tally: Tally
  readonly #called = new Set<Action>()
  readonly #answered = new Set<Action>()
  readonly #read = new Set<number>()
  readonly #begun = new Map<number, number>()
  #calls = 0

  constructor(actions: Actions, writes: ReadonlySet<string>, tally: Tally) {
    this.#actions = actions
    this.#writes = writes
    this.#tally = tally
  }

  /** What a call read that was new. */
  read(turn: Turn, at: number): void {
    if (this.#read.has(at)) return
    this.#read.add(at)
    for (const message of turn.added) {
      this.#message(message, turn.agent)
      this.#callsOf(message)
      this.#resultsOf(message, at)
    }
  }

  begin(turn: Turn, at: number): void {
    this.read(turn, at)
    this.#begun.set(at, this.#calls++)
    this.steps.push(modelCall(turn, this.#tally))
  }

  answer(turn: Turn, at: number): void {
    if (!this.#begun.has(at)) this.begin(turn, at)
    for (const message of turn.output) {
      this.#message(message, turn.agent)
      this.#callsOf(message)
      this.#resultsOf(message, at)
    }
  }

  retrieval({ span, bucket, hop }: Hop): void {
    const query = span.retrieval!.query
    const latency_ms = millis(span.start, span.end)
    this.steps.push({ kind: 'retrieval', bucket, hop, latency_ms, ...(query === null ? {} : { query }) })
  }

  /** The call, and who was asked before it. */
  action(action: Action): void {
    if (this.#called.has(action)) return
    this.#called.add(action)
    const { call, span, waited, turn } = action
    const from = turn === null ? undefined : this.#begun.get(turn)
    this.#tally.add('tools.calls')
    this.steps.push({
      kind: 'tool_call',
      tool_call_id: action.id,
      name: nameOf(call.name) ?? 'tool',
      arguments: wellFormed(call.arguments) as never,
      writes: this.#writes.has(call.name) ? true : null,
      confirmed: null,
      correct: null,
      latency_ms: span ? millis(span.start, span.end) : null,
      ...agentField(action.agent),
      ...(from === undefined ? {} : { from_call: from }),
    })
    if (!waited) return
    this.#tally.add('approvals.n')
    const { granted, waited_ms } = waited.approval!
    this.steps.push({
      kind: 'approval',
      gate: wordOf(call.name) ?? 'tool',
      tool_call_id: action.id,
      amount: null,
      asked: true,
      granted: granted ?? (span === null ? null : true),
      ...agentField(action.agent),
      ...(waited_ms === null ? {} : { waited_ms }),
    })
  }

  result(action: Action): void {
    if (this.#answered.has(action) || !this.#called.has(action)) return
    const { span, read } = action
    if (!span && !read) return
    this.#answered.add(action)
    const content = answerOf(span?.tool?.result ?? null, read?.result.content ?? null)
    const error = span
      ? (span.tool!.error ?? (span.status === 'error' ? true : content === null ? null : false))
      : read!.result.error
    this.steps.push({
      kind: 'tool_result',
      tool_call_id: action.id,
      content: content?.toWellFormed() ?? null,
      error,
      tokens: null,
      ...agentField(action.agent),
    })
  }

  #callsOf({ calls }: Message): void {
    for (const call of calls) {
      const action = this.#actions.of(call)
      if (action) this.action(action)
    }
  }

  #resultsOf({ results }: Message, at: number): void {
    if (results.length === 0) return
    for (const action of this.#actions.all)
      if (action.read?.turn === at && results.includes(action.read.result)) {
        this.action(action)
        this.result(action)
      }
  }

  #message({ role, text, omitted }: Message, agent: string | null): void {
    if (role === 'tool') return
    const { reasoning = 0, ...parts } = omitted
    this.#tally.add('messages.parts_left_out.reasoning', reasoning)
    for (const [kind, n] of Object.entries(parts))
      this.#tally.add(`messages.parts_left_out.${kind.replaceAll('.', '_')}`, n)
    const left = Object.keys(parts).length > 0
    if (text === '' && !left) return
    const content = text.toWellFormed()
    this.steps.push({
      kind: 'message',
      role,
      content,
      tokens: null,
      ...agentField(agent),
      ...(left ? { omitted: parts } : {}),
    })
  }
}

const agentField = (agent: string | null): { agent?: string } => {
  const name = nameOf(agent)
  return name === null ? {} : { agent: name }
}

/** Tokens as recorded; nought beside words is what nobody counted. */
function modelCall({ call, agent }: Turn, tally: Tally): Step {
  const { usage } = call
  const says = (messages: readonly Message[] | null) =>
    (messages ?? []).some(({ text, calls }) => text !== '' || calls.length > 0)
  const noughtIn = usage?.prompt === 0 && says(call.input)
  const noughtOut = usage?.completion === 0 && says(call.output)
  const prompt_tokens = noughtIn ? null : (usage?.prompt ?? null)
  const completion_tokens = noughtOut ? null : (usage?.completion ?? null)
  tally.add('model_calls.n')
  if (noughtIn || noughtOut) tally.add('model_calls.zero_read_as_unknown')
  if (prompt_tokens === null || completion_tokens === null) tally.add('model_calls.without_tokens')
  if (usage?.disjoint) tally.add('model_calls.disjoint_cache')
  if (says(call.input) || says(call.output)) tally.add('model_calls.with_content')
  const details = (n: number | null | undefined, whole: number | null) =>
    n && whole !== null && n <= whole ? n : undefined
  const cached = details(usage?.cached, prompt_tokens)
  const written = details(usage?.cache_write, prompt_tokens)
  const reasoning = details(usage?.reasoning, completion_tokens)
  return {
    kind: 'model_call',
    model: nameOf(call.model),
    prompt_tokens,
    completion_tokens,
    latency_ms: millis(call.start, call.end),
    ...agentField(agent),
    ...(cached === undefined ? {} : { cached_prompt_tokens: cached }),
    ...(written === undefined ? {} : { cache_write_tokens: written }),
    ...(reasoning === undefined ? {} : { reasoning_tokens: reasoning }),
    ...(call.first_token_ms === null ? {} : { first_token_ms: call.first_token_ms }),
    ...(call.status === 'error' ? { error: nameOf(call.status_text) ?? 'error' } : {}),
  }
}

/** What the tool's span says; some record an empty object there, where the model read words. */
const answerOf = (told: string | null, read: string | null): string | null =>
  told === null || (read !== null && /^\s*(\{\s*\}|\[\s*\]|null|"")?\s*$/.test(told)) ? (read ?? told) : told
