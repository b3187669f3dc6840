/**
 * What a harness is given of a recording: the request, and answers to the calls that were recorded. Labels, gold, required
 * marks, outcome and the recorded decision are left out: a harness that could see them would be judged by them.
 */
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { HarnessAction, HarnessCase, ModelAnswer, Passage, ToolAnswer } from '#schemas/harness.ts'
import { canonical } from '../canonical.ts'
import { leafValues } from './needs.ts'
import { planOf } from './settings-plan.ts'

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
interface PinnedBucket {
  /** Most that may be asked for in a hop; null: the store held no more. */
  readonly depth: number | null
  /** Last hop that may be asked for; null: the recording ended by itself, further hops offer nothing. */
  readonly hops: number | null
  readonly passages: readonly Passage[]
  readonly steps: readonly { readonly step: number; readonly hop: number }[]
}
interface PinnedModel extends ModelAnswer {
  readonly step: number
  content: string | null
  readonly tool_calls: HarnessAction[]
  /** Values, in lower case, that its tool calls took from the recording. */
  readonly needs: string[]
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

/** What may be shown of a run. `withheld`: why its model calls say nothing under the settings to be replayed. */
export function pinRecording(run: ExperienceRun, withheld: string | null): PinnedRecording {
  const { case_id, family_id, intent_id, date, pack_version, settings, steps } = run
  const results = new Map(
    steps.flatMap((s) => (s.kind === 'tool_result' ? [[s.tool_call_id, { content: s.content, error: s.error }]] : [])),
  )
  return {
    recorded: {
      case_id,
      family_id,
      intent_id,
      date,
      pack_version,
      settings,
      messages: steps.flatMap((s) =>
        s.kind === 'message' && s.role === 'user' ? [{ role: s.role, content: s.content }] : [],
      ),
    },
    tools: steps.flatMap((s, step) =>
      s.kind === 'tool_call' && results.has(s.tool_call_id)
        ? [
            {
              step,
              name: s.name,
              key: canonical(s.arguments),
              latency_ms: s.latency_ms,
              ...results.get(s.tool_call_id)!,
            },
          ]
        : [],
    ),
    buckets: Object.fromEntries(Object.keys(run.offers).map((bucket) => [bucket, pinBucket(run, bucket)])),
    models: pinModels(run),
    models_withheld: withheld,
  }
}

function pinBucket({ evidence, offers, settings, steps }: ExperienceRun, name: string): PinnedBucket {
  const rank = (offer: (typeof evidence)[number]): number => offer.ranks.as_ranked ?? Number.POSITIVE_INFINITY
  const passages = evidence
    .filter((offer) => offer.bucket === name)
    .sort((a, b) => a.hop - b.hop || (rank(a) === rank(b) ? 0 : rank(a) - rank(b)))
    .map(({ gold: _g, required: _r, ...passage }) => passage)
  const { depth, exhausted } = offers[name]!
  const asked = planOf(settings).bucket(name)
  // A bucket that offered nothing to a recorded top_k offers nothing to the same top_k again.
  const silent = passages.length === 0 && Number.isFinite(asked.topK) ? asked.topK : 0
  const deepest = passages.at(-1)?.hop ?? 0
  return {
    depth: exhausted ? null : Math.max(depth, silent),
    hops: deepest < asked.maxHops ? null : deepest,
    passages,
    steps: steps.flatMap((s, step) => (s.kind === 'retrieval' && s.bucket === name ? [{ step, hop: s.hop }] : [])),
  }
}

/** Each model call with what stands between it and the next one. */
function pinModels({ steps, evidence }: ExperienceRun): PinnedModel[] {
  const texts = evidence.flatMap((offer) => (offer.text === null ? [] : [offer.text.toLowerCase()]))
  const models: PinnedModel[] = []
  steps.forEach((s, step) => {
    const last = models.at(-1)
    if (s.kind === 'model_call') {
      const { model, prompt_tokens, completion_tokens, latency_ms } = s
      const usage = { model, prompt_tokens, completion_tokens, latency_ms }
      models.push({ step, ...usage, content: null, tool_calls: [], needs: [] })
    } else if (s.kind === 'tool_call' && last) {
      last.tool_calls.push({ name: s.name, arguments: s.arguments })
      for (const value of leafValues(s.arguments).keys())
        if (texts.some((text) => text.includes(value)) || standsBefore(steps, last.step, value)) last.needs.push(value)
    } else if (s.kind === 'message' && s.role === 'assistant' && last)
      last.content = last.content === null ? s.content : `${last.content}\n${s.content}`
  })
  return models
}

/** Could a value be read in the dialogue or in a tool result before a step? */
const standsBefore = (steps: ExperienceRun['steps'], before: number, value: string): boolean =>
  steps
    .slice(0, before)
    .some(
      (s) => (s.kind === 'message' || s.kind === 'tool_result') && (s.content?.toLowerCase().includes(value) ?? false),
    )

/** The answers of one replay, synchronous, and a log of what was asked. */
export interface PinnedAnswers {
  tool(name: string, args: unknown): ToolAnswer
  retrieve(bucket: string, options?: { readonly hop?: number; readonly top_k?: number }): Passage[]
  model(request: { readonly prompt: string }): ModelAnswer
  /** Steps of the recording that answered, in the order in which they were asked for. */
  readonly served: readonly number[]
  /** The first call that nothing answered; null while there was none. Stays, also when the harness caught the error. */
  unpinned(): string | null
}

/** Answers of a recording for one replay. Throws UnpinnedCall on every call that it does not hold. */
export function pinnedAnswers(recording: PinnedRecording): PinnedAnswers {
  const served: number[] = []
  const used = new Set<number>()
  let first: string | null = null
  const unpinned = (what: string): never => {
    first ??= what
    throw new UnpinnedCall(what)
  }
  const serve = <T extends { readonly step: number }>(found: T): T => {
    used.add(found.step)
    served.push(found.step)
    return found
  }
  return {
    served,
    unpinned: () => first,

    tool(name, args) {
      const key = canonical(args ?? {})
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
      if (recording.models_withheld !== null) return unpinned(`model: ${recording.models_withheld}`)
      const found = recording.models.find((m) => !used.has(m.step))
      if (!found) return unpinned(`model: only ${recording.models.length} model calls were recorded`)
      const text = prompt.toLowerCase()
      const lost = found.needs.find((value) => !text.includes(value))
      if (lost !== undefined)
        return unpinned(`model: the recorded answer used "${clip(lost)}", which the prompt does not hold`)
      const { step: _s, needs: _n, ...answer } = serve(found)
      return answer
    },
  }
}

function absence(tools: readonly PinnedTool[], name: string, key: string): string {
  const named = tools.filter((t) => t.name === name)
  if (named.length === 0) return 'no result of this tool was recorded'
  const same = named.filter((t) => t.key === key).length
  return same > 0 ? `recorded ${same === 1 ? 'once' : `${same} times`}, asked once more` : 'not with these arguments'
}

const clip = (text: string): string => (text.length > 120 ? `${text.slice(0, 117)}...` : text)
