/** What a run says, apart from under which ids and when it was recorded: two runs of one content are one conversation. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { ExperienceRun, Step } from '#schemas/experience-run.ts'
import { canonical } from '../canonical.ts'
import { mac } from '../mac.ts'

/**
 * A run without record ids, dates, clocks, where it was read from and what people say of it beforehand. Ids of tool calls, and of passages whose text is recorded, only tie things
 * together: they are numbered. Ids that stand in a text stay, and so does the name of a passage that has no text.
 */
export function contentOf(run: ExperienceRun): Readonly<Record<string, unknown>> {
  const { run_id: _r, trace_id: _t, case_id: _c, family_id: _f, decision_record_id: _d, ...named } = run
  const { date: _date, split: _split, release_tuple_id: _u, evaluator_suite_version: _e, ...said } = named
  const { attributes: _attributes, session_id: _s, started_at: _at, source: _source, ...content } = said
  const { latency_ms: _latency, ...outcome } = content.outcome
  return {
    ...content,
    evidence: content.evidence.map((offer, i) => (offer.text === null ? offer : { ...offer, evidence_ref: i })),
    operator_corrections: content.operator_corrections.map(({ correction_id: _id, operator: _who, ...said }) => said),
    steps: withoutNames(content.steps),
    outcome,
  }
}

type Clocks = { readonly [name in 'latency_ms' | 'first_token_ms' | 'waited_ms']?: unknown }

/** Steps without their clocks, each tool call by its number. */
function withoutNames(steps: readonly Step[]): unknown[] {
  const calls = new Map<string, number>()
  const numberOf = (id: string): number => {
    const number = calls.get(id) ?? calls.size
    calls.set(id, number)
    return number
  }
  return steps.map((step) => {
    const { latency_ms: _l, first_token_ms: _f, waited_ms: _w, ...said } = step as Step & Clocks
    if (!('tool_call_id' in said) || said.tool_call_id === null) return said
    return { ...said, tool_call_id: numberOf(said.tool_call_id) }
  })
}

/** A content under the split's key. Who does not hold the key can ask no table of these whether a conversation is in it. */
export interface ContentName {
  /** 32 hex digits: the same for the same content of the same intent. */
  readonly key: string
  /** A name that only who holds this very content and the key can read again. */
  hide(name: string): string
  reveal(hidden: string): string
}

/** Names what a run says. `splitKey`: key of the store's split rule. */
export function nameContent(splitKey: string, run: ExperienceRun): ContentName {
  const text = `${run.intent_id}\u0000${canonical(contentOf(run))}`
  const key = mac(splitKey)(`content\u0000${text}`).slice(0, 32)
  return { key, ...hiddenUnder(splitKey, `name\u0000${text}`) }
}

/** Hides one name under a key of its own: a counter that starts at 0 is never used twice, as long as it is one name. */
export function hiddenUnder(splitKey: string, purpose: string): Pick<ContentName, 'hide' | 'reveal'> {
  const key = (): Buffer => Buffer.from(mac(splitKey)(purpose), 'hex')
  const start = Buffer.alloc(16)
  return {
    hide: (name) => createCipheriv('aes-256-ctr', key(), start).update(name).toString('base64'),
    reveal: (hidden) => createDecipheriv('aes-256-ctr', key(), start).update(hidden, 'base64').toString(),
  }
}
