/**
 * Answers of a recording, and the log of what was asked. A user's own function bundles this file: it brings the finder of
 * values in texts and nothing else of this program with it.
 */
import type { Settings } from '#schemas/common.ts'
import type { HarnessAction, HarnessCase, ModelAnswer, Passage, ToolAnswer } from '#schemas/harness.ts'
import { ReadableText } from './readable-text.ts'

/** Longest reason that stands on record, in characters: names are a harness's own. */
const MOST_TOLD = 600

/** A call that the recording does not answer. */
export class UnpinnedCall extends Error {
  override name = 'UnpinnedCall'
}

interface PinnedTool extends ToolAnswer {
  /** Index of the recorded call among the run's steps. */
  readonly step: number
  readonly name: string
  /** Canonical JSON of the arguments. */
  readonly key: string
}
export interface PinnedBucket {
  /** Most that may be asked for in a hop; null: the store held no more. */
  readonly depth: number | null
  /** Last hop that may be asked for; null: the recording ended by itself, further hops offer nothing. */
  readonly hops: number | null
  readonly passages: readonly Passage[]
  readonly steps: readonly { readonly step: number; readonly hop: number }[]
}
export interface PinnedModel extends ModelAnswer {
  readonly step: number
  content: string | null
  readonly tool_calls: HarnessAction[]
  /** Values, in lower case, that its tool calls took from the recording. */
  readonly needs: string[]
  /** Those of them that stood there as part of a longer text only. Absent: compile rules 1, which look at plain text. */
  readonly parts?: string[]
}

/** A recording as it is sent to a harness process: plain JSON. */
export interface PinnedRecording {
  readonly recorded: HarnessCase
  readonly tools: readonly PinnedTool[]
  readonly buckets: Readonly<Record<string, PinnedBucket>>
  readonly models: readonly PinnedModel[]
  /** Why no recorded model call can answer; null: they can. */
  readonly models_withheld: string | null
}

/** One case as a deployed harness is sent it. */
export interface HarnessCall {
  readonly recording: PinnedRecording
  readonly settings: Settings
  /** Answers of a model by their prompt, for what was not recorded; null: no model may be asked. */
  readonly model_answers: Readonly<Record<string, ModelAnswer>> | null
}

/** One case as the function of a deployed harness module is asked. */
export interface ReplayCall {
  readonly job: Pick<HarnessCall, 'recording' | 'settings'>
  readonly limit_ms: number
  /** What a model was asked for this case so far, in that order, and what came of it. Absent: recorded answers stand. */
  readonly live?: readonly GivenAnswer[]
}

/** A prompt of a live run with its answer, or why it has none. */
export type GivenAnswer = { readonly prompt: string } & (
  | { readonly answer: ModelAnswer }
  | { readonly unpinned: string }
)

/**
 * JSON of a value with its keys in code-unit order: equal values, equal text. The form of RFC 8785, so that a call is named
 * alike by everybody. Throws on a number that JSON cannot carry.
 */
export function jsonKey(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`)
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if ('toJSON' in value && typeof value.toJSON === 'function') return jsonKey(value.toJSON())
  if (Array.isArray(value)) return `[${value.map(jsonKey).join(',')}]`
  const fields = Object.entries(value).filter(([, inner]) => inner !== undefined)
  fields.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, inner]) => `${JSON.stringify(key)}:${jsonKey(inner)}`).join(',')}}`
}

/** The answers of one replay, synchronous, and a log of what was asked. */
export interface PinnedAnswers {
  tool(name: string, args: unknown): ToolAnswer
  retrieve(bucket: string, options?: { readonly hop?: number; readonly top_k?: number }): Passage[]
  model(request: { readonly prompt: string }): ModelAnswer
  /** Steps of the recording that answered, in the order in which they were asked for. */
  readonly served: readonly number[]
  /** The first call that nothing answered; null while there was none. Stays, also when the harness caught the error. */
  unpinned(): string | null
  /** The first prompt that a model must answer before the replay can go on; null: none. */
  modelAsked(): string | null
}

/**
 * Answers of a recording for one replay. Throws UnpinnedCall on every call that it does not hold.
 *
 * @param modelAnswers answers of a model to prompts that were not recorded; null: no model may be asked
 */
export function pinnedAnswers(
  recording: PinnedRecording,
  modelAnswers: HarnessCall['model_answers'] = null,
): PinnedAnswers {
  const served: number[] = []
  const used = new Set<number>()
  let first: string | null = null
  let asked: string | null = null
  const unpinned = (what: string): never => {
    const told = what.length > MOST_TOLD ? `${what.slice(0, MOST_TOLD)}...` : what
    first ??= told
    throw new UnpinnedCall(told)
  }
  const serve = <T extends { readonly step: number }>(found: T): T => {
    used.add(found.step)
    served.push(found.step)
    return found
  }
  return {
    served,
    unpinned: () => first,
    modelAsked: () => asked,

    tool(name, args) {
      const key = jsonKey(args ?? {})
      const found = recording.tools.find((t) => t.name === name && t.key === key && !used.has(t.step))
      if (!found) return unpinned(`tool ${name}(${clip(key)}): ${absence(recording.tools, name, key)}`)
      const { content, error, latency_ms } = serve(found)
      return { content, error, latency_ms }
    },

    retrieve(name, { hop, top_k } = {}) {
      const bucket = Object.hasOwn(recording.buckets, name) ? recording.buckets[name]! : null
      if (!bucket) return unpinned(`retrieve ${name}: no such bucket was recorded`)
      if (top_k !== undefined && bucket.depth !== null && top_k > bucket.depth)
        return unpinned(`retrieve ${name}: top_k ${top_k} is beyond the ${bucket.depth} that were offered`)
      if (hop !== undefined && bucket.hops !== null && hop > bucket.hops)
        return unpinned(`retrieve ${name}: hop ${hop} is beyond the ${bucket.hops} that were recorded`)
      for (const s of bucket.steps) if ((hop === undefined || s.hop === hop) && !used.has(s.step)) serve(s)
      return bucket.passages.filter((p) => hop === undefined || p.hop === hop)
    },

    model({ prompt }) {
      const found = recordedModel(prompt)
      if (typeof found !== 'string') {
        const { step: _s, needs: _n, parts: _p, ...answer } = serve(found)
        return answer
      }
      if (modelAnswers === null) return unpinned(`model: ${found}`)
      const answer = Object.hasOwn(modelAnswers, prompt) ? modelAnswers[prompt]! : null
      if (answer) return answer
      asked ??= prompt
      throw new UnpinnedCall('model: not answered yet')
    },
  }

  /** The recorded model call that answers a prompt, or why none does. */
  function recordedModel(prompt: string): PinnedModel | string {
    if (recording.models_withheld !== null) return recording.models_withheld
    const found = recording.models.find((m) => !used.has(m.step))
    if (!found) return `only ${recording.models.length} model calls were recorded`
    const lost = lostNeed(found, prompt)
    return lost === undefined ? found : `the recorded answer used "${clip(lost)}", which the prompt does not hold`
  }
}

const SMALL = /^-?\d{1,2}$/
const NUMBER = /^-?\d[\d.,]*$/

/** The first value that a prompt does not hold in the way in which it was traced; undefined: it holds all of them. */
function lostNeed({ needs, parts }: PinnedModel, prompt: string): string | undefined {
  if (parts === undefined) {
    const text = prompt.toLowerCase()
    return needs.find((value) => !text.includes(value))
  }
  const text = new ReadableText(prompt)
  return needs.find((value) => {
    // As text a number of one or two digits stands everywhere.
    if (SMALL.test(value)) return !text.jsonNumbers.some((n) => n.value === Number(value))
    const found = text.bounded(value, NUMBER.test(value), false)
    return found === null && !(parts.includes(value) && text.part(value, NUMBER.test(value), false) !== null)
  })
}

function absence(tools: readonly PinnedTool[], name: string, key: string): string {
  const named = tools.filter((t) => t.name === name)
  if (named.length === 0) return 'no result of this tool was recorded'
  const same = named.filter((t) => t.key === key).length
  return same > 0 ? `recorded ${same === 1 ? 'once' : `${same} times`}, asked once more` : 'not with these arguments'
}

const clip = (text: string): string => (text.length > 120 ? `${text.slice(0, 117)}...` : text)
