/**
 * What a harness is given of a recording: the request, and answers to the calls that were recorded. Labels, gold, required
 * marks, outcome and the recorded decision are left out: a harness that could see them would be judged by them.
 */
import { COMPILE_RULES } from '#schemas/compile-rules.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { tracedTexts } from './needs.ts'
import { leafValues } from './needs-by-text.ts'
import { jsonKey, type PinnedBucket, type PinnedModel, type PinnedRecording } from './pinned-answers.ts'
import { planOf } from './settings-plan.ts'

/**
 * What may be shown of a run. `withheld`: why its model calls say nothing under the settings to be replayed; `rules`: those
 * by which the recording was compiled.
 */
export function pinRecording(run: ExperienceRun, withheld: string | null, rules = COMPILE_RULES): PinnedRecording {
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
              key: jsonKey(s.arguments),
              latency_ms: s.latency_ms,
              ...results.get(s.tool_call_id)!,
            },
          ]
        : [],
    ),
    buckets: Object.fromEntries(Object.keys(run.offers).map((bucket) => [bucket, pinBucket(run, bucket)])),
    models: pinModels(run, rules),
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
function pinModels({ steps, evidence }: ExperienceRun, rules: number): PinnedModel[] {
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
      if (rules >= 2) last.needs.push(...tracedTexts(s.arguments, [...texts, ...textsBefore(steps, last.step)]))
      else
        for (const value of leafValues(s.arguments).keys())
          if ([...texts, ...textsBefore(steps, last.step)].some((text) => text.includes(value))) last.needs.push(value)
    } else if (s.kind === 'message' && s.role === 'assistant' && last)
      last.content = last.content === null ? s.content : `${last.content}\n${s.content}`
  })
  return models
}

/** Dialogue and tool results before a step, in lower case. */
const textsBefore = (steps: ExperienceRun['steps'], before: number): string[] =>
  steps
    .slice(0, before)
    .flatMap((s) =>
      (s.kind === 'message' || s.kind === 'tool_result') && s.content !== null ? [s.content.toLowerCase()] : [],
    )
