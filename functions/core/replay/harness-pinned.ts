/**
 * What a harness is given of a recording: the request, and answers to the calls that were recorded. Labels, gold, required
 * marks, outcome and the recorded decision are left out: a harness that could see them would be judged by them.
 */
import { COMPILE_RULES } from '#schemas/compile-rules.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { agentOf, agentsOfOffers, agentsOfResults, hasAgents, type ReadContext, readContexts } from './agents.ts'
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

/** Each model call with what it chose and said: in its own context, and by the values that it could read there. */
function pinModels(run: ExperienceRun, rules: number): PinnedModel[] {
  const { steps } = run
  const models = new Map<number, PinnedModel>()
  const last = new Map<string | null, PinnedModel>()
  const contexts = readContexts(steps)
  let call = 0
  steps.forEach((s, step) => {
    const agent = agentOf(s)
    if (s.kind === 'model_call') {
      const { model, prompt_tokens, completion_tokens, latency_ms } = s
      const usage = { model, prompt_tokens, completion_tokens, latency_ms }
      const parts = rules >= 2 ? { parts: [] } : {}
      const pinned = { step, ...usage, content: null, tool_calls: [], needs: [], ...parts }
      models.set(step, pinned)
      last.set(agent, pinned)
    } else if (s.kind === 'tool_call') {
      const context = contexts[call++]!
      const chosenBy = models.get(context.step)
      if (!chosenBy) return
      chosenBy.tool_calls.push({ name: s.name, arguments: s.arguments })
      addNeeds(chosenBy, s.arguments, textsRead(run, context))
    } else if (s.kind === 'message' && s.role === 'assistant') {
      const said = last.get(agent)
      if (said) said.content = said.content === null ? s.content : `${said.content}\n${s.content}`
    }
  })
  return [...models.values()]
}

function addNeeds(model: PinnedModel, args: unknown, texts: readonly string[]): void {
  if (model.parts === undefined) {
    for (const value of leafValues(args).keys()) if (texts.some((text) => text.includes(value))) model.needs.push(value)
    return
  }
  for (const { text, isPart } of tracedTexts(args, texts)) {
    model.needs.push(text)
    if (isPart) model.parts.push(text)
  }
}

/** What a model call could read, in lower case: passages, and dialogue and tool results before it, of its own agent. */
function textsRead(run: ExperienceRun, { step: before, agent }: ReadContext): string[] {
  const { steps, evidence } = run
  const several = hasAgents(steps)
  const offered = several ? agentsOfOffers(run) : null
  const results = several ? agentsOfResults(steps) : null
  const isOwn = (s: ExperienceRun['steps'][number]): boolean =>
    results === null || (s.kind === 'tool_result' ? (results.get(s.tool_call_id) ?? null) : agentOf(s)) === agent
  const passages = evidence.flatMap(({ text }, i) =>
    text !== null && (offered === null || offered[i]!.includes(agent)) ? [text] : [],
  )
  const said = steps
    .slice(0, before)
    .flatMap((s) =>
      (s.kind === 'message' || s.kind === 'tool_result') && s.content !== null && isOwn(s) ? [s.content] : [],
    )
  return [...passages, ...said].map((text) => text.toLowerCase())
}
