/**
 * One span of a trace in the form that every dialect is read into, and what else a row may say of a trace. Instants are
 * nanoseconds since 1970 as decimal text, because a number would lose their last digits.
 */
import type { JsonValue } from './values.ts'

/** What a span is in the life of an agent; `other` is bridged: its children keep their place, it is no step. */
export type SpanKind = 'agent' | 'workflow' | 'call' | 'tool' | 'retrieval' | 'rerank' | 'guard' | 'score' | 'other'

/** A call of a tool as the model wrote it. `id` null: it gave none. */
export interface ToolCall {
  readonly id: string | null
  readonly name: string
  readonly arguments: JsonValue
}

/** A tool's answer as the model read it. `content` null: not recorded. */
export interface ToolResult {
  readonly id: string | null
  readonly name: string | null
  readonly content: string | null
  readonly error: boolean | null
}

/** A message, its parts sorted: text joined by line ends, calls, results, and how many parts of a kind were left out. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly text: string
  readonly calls: readonly ToolCall[]
  readonly results: readonly ToolResult[]
  readonly omitted: Readonly<Record<string, number>>
}

/** Tokens of a call. `prompt` is the whole input with what a cache held, `completion` the whole output with reasoning. */
export interface Usage {
  readonly prompt: number | null
  readonly completion: number | null
  readonly cached: number | null
  readonly cache_write: number | null
  readonly reasoning: number | null
  /** The details exceeded their total, so they were parts beside it and were added. */
  readonly disjoint: boolean
}

/** A passage as the retriever returned it, in its order. */
export interface Passage {
  readonly id: string | null
  readonly text: string | null
  readonly score: number | null
  readonly source: string | null
}

export interface Score {
  readonly name: string
  readonly value: number | boolean | string | null
  readonly label: string | null
  readonly kind: 'human' | 'judge' | 'rule' | 'business'
  readonly annotator: string | null
  readonly comment: string | null
  /** Id of the row that it is, and when that was last changed. Absent or null: it does not say. */
  readonly row?: string | null
  readonly time?: string | null
}

/** Where a row stood, for whoever has to look at it. */
export interface Where {
  readonly file: string
  readonly at: string
}

export interface Span {
  readonly trace: string
  readonly span: string
  readonly parent: string | null
  readonly name: string
  readonly kind: SpanKind
  readonly start: string | null
  readonly end: string | null
  readonly status: 'ok' | 'error' | 'unset'
  /** Type of the error, or how the backend named the end, where it did. */
  readonly status_text: string | null
  /** The agent or workflow that it is, where it is one, or the agent that it names. */
  readonly agent: string | null
  /** `null`: not recorded. */
  readonly input: readonly Message[] | null
  readonly output: readonly Message[] | null
  /** Names of what a limit cut, so that it is no JSON any more or says itself that it was cut. */
  readonly cut: readonly string[]
  /** Names of content that lies elsewhere: a bucket, a media store. */
  readonly external: readonly string[]
  readonly usage: Usage | null
  /** The model that answered, else the one that was asked. */
  readonly model: string | null
  /** Settings that the call states: `model.name`, `model.temperature`, `prompt.NAME.version` ... */
  readonly settings: Readonly<Record<string, string | number | boolean>>
  readonly finish: string | null
  readonly first_token_ms: number | null
  /** US dollars as recorded; null: not recorded. */
  readonly cost_usd: number | null
  readonly tool: {
    readonly id: string | null
    readonly name: string
    readonly arguments: JsonValue | undefined
    readonly result: string | null
    readonly error: boolean | null
  } | null
  readonly retrieval: {
    readonly bucket: string | null
    readonly query: string | null
    readonly top_k: number | null
    readonly passages: readonly Passage[]
  } | null
  /** The action waits for a person, or a person has answered. `granted` null: not yet. */
  readonly approval: { readonly granted: boolean | null; readonly waited_ms: number | null } | null
  readonly session: string | null
  readonly user: string | null
  readonly scores: readonly Score[]
  /** What the fields say that the user named, by path. */
  readonly named: Readonly<Record<string, JsonValue>>
  /** When the row was last changed; null: not said. */
  readonly updated: string | null
  /** It says that it has not ended. */
  readonly open: boolean
  /** Of a model call in a file of several dialects: the one that read it. */
  readonly by: string | null
  readonly where: Where
}

/** What a row says of a trace as a whole. Absent: it does not say. */
export interface About {
  readonly trace: string
  readonly name?: string | null
  readonly session?: string | null
  readonly user?: string | null
  readonly start?: string | null
  readonly status_text?: string | null
  readonly cost_usd?: number | null
  /** How long the whole of it took, where the backend says so. */
  readonly latency_ms?: number | null
  readonly input?: readonly Message[] | null
  readonly output?: readonly Message[] | null
  readonly scores?: readonly Score[]
  readonly named?: Readonly<Record<string, JsonValue>>
  /** What several runs of one case share, where it is not the run itself. */
  readonly case?: string
  /** The record's own verdict on the whole of it. */
  readonly passed?: boolean | null
  readonly passed_kind?: Score['kind']
  /** A scorer's own trace, which is no run. */
  readonly scorer?: boolean
  readonly cut?: readonly string[]
  /** Of a row that is the trace itself: when it was last changed; null: it does not say. Absent: it is no such row. */
  readonly updated?: string | null
  readonly where: Where
}

/** What a row says of a span that stands in another row: a log record with its messages, a score. */
export interface More {
  readonly trace: string
  readonly span: string
  readonly time: string | null
  readonly said: Partial<Span>
  readonly where: Where
}

/** What dialects make of rows. `unread`: a row that cannot be joined to a trace, with the reason. */
export type Part =
  | { readonly kind: 'span'; readonly span: Span }
  | { readonly kind: 'more'; readonly more: More }
  | { readonly kind: 'about'; readonly about: About }
  | { readonly kind: 'unread'; readonly reason: UnreadReason; readonly where: Where }

/** What a part tells of its trace. */
export const toldIn = (part: Exclude<Part, { readonly kind: 'unread' }>): Span | More | About =>
  part.kind === 'span' ? part.span : part.kind === 'more' ? part.more : part.about

export type UnreadReason = 'id_unreadable' | 'time_unreadable' | 'pending_span'

/** A span of which nothing is known: every span is a copy of it, so that all have one form. */
export const NOTHING: Span = {
  trace: '',
  span: '',
  parent: null,
  name: '',
  kind: 'other',
  start: null,
  end: null,
  status: 'unset',
  status_text: null,
  agent: null,
  input: null,
  output: null,
  cut: [],
  external: [],
  usage: null,
  model: null,
  settings: {},
  finish: null,
  first_token_ms: null,
  cost_usd: null,
  tool: null,
  retrieval: null,
  approval: null,
  session: null,
  user: null,
  scores: [],
  named: {},
  updated: null,
  open: false,
  by: null,
  where: { file: '', at: '' },
}

/** A copy of it, to be filled field by field. */
export const emptySpan = (): { -readonly [K in keyof Span]: Span[K] } => ({ ...NOTHING })

/** A span of which only what is given is known; `read` says more, or better. */
export const spanOf = (known: Pick<Span, 'trace' | 'span' | 'where'> & Partial<Span>, read: Partial<Span> = {}): Span =>
  Object.assign(emptySpan(), known, read)
