/** A recorded run in columns. Texts are read here for the last time; only tokens, offsets and digests remain. */
import { COMPILE_RULES } from '#schemas/compile-rules.ts'
import type { ExperienceRun, Step } from '#schemas/experience-run.ts'
import { layerBit, PLACE } from '#schemas/need-places.ts'
import type { Recording } from '#schemas/replay-case.ts'
import { byCodeUnit, digestOf } from '../canonical.ts'
import { agentOf, agentsOfOffers, agentsOfResults, hasAgents, readContexts } from './agents.ts'
import { findNeeds } from './needs.ts'
import { INPUT_BIT } from './tracing.ts'
import { unreadResults, unreadTurns } from './unread.ts'

/** What the store kept of a run beside its trace: digests of the files, and the decision record's fixed part. */
export type Recorded = Recording['recorded']

/** Tokens of a text where none are recorded: ceil(chars/4), at least 1 for a text that is not empty. */
export const textTokens = (text: string): number => Math.ceil(text.length / 4)

/** @param withNeeds false: nothing is asked of what the actions needed, so that nothing is looked for */
export function compileRecording(run: ExperienceRun, recorded: Recorded, withNeeds = true): Recording {
  const parts = partsOf(run)
  const estimated = estimatedLayers(run, parts)
  return {
    compile_rules: COMPILE_RULES,
    run_id: run.run_id,
    ...(run.plan === undefined ? {} : { plan: run.plan }),
    pack_version: run.pack_version,
    settings: run.settings,
    offers: run.offers,
    evidence: evidenceColumns(run, parts),
    ...(run.attributes === undefined ? {} : { attributes: run.attributes }),
    gold_not_offered: run.gold_not_offered,
    tools: toolColumns(parts),
    memory: memoryColumns(parts),
    calls: callColumns(parts),
    hops: hopColumns(parts),
    actions: actionColumns(parts),
    approvals: approvalColumns(parts),
    ...(run.gates ? { gates: [...new Set(run.gates)].sort(byCodeUnit) } : {}),
    ...needsOf(run, parts, withNeeds),
    ...(estimated > 0 ? { estimated_tokens: estimated } : {}),
    outcome: run.outcome,
    corrections: run.operator_corrections,
    recorded,
  }
}

type Parts = ReturnType<typeof partsOf>

/** A run's steps by kind, each with its place, and whose context they stand in. */
function partsOf(run: ExperienceRun) {
  const indexed = run.steps.map((step, at) => ({ step, at }))
  const of = <K extends Step['kind']>(kind: K) =>
    indexed.filter((s): s is { step: Extract<Step, { kind: K }>; at: number } => s.step.kind === kind)
  const tools = of('tool_result').filter(({ step }) => step.content !== null)
  const several = hasAgents(run.steps)
  const agentOfResult = several ? agentsOfResults(run.steps) : null
  return {
    tools,
    turns: of('message').filter(({ step }) => step.role !== 'system' && step.content !== ''),
    calls: of('model_call'),
    actions: of('tool_call'),
    hops: of('retrieval'),
    approvals: of('approval'),
    /** Offers without a text. */
    textless: run.evidence.flatMap((offer, i) => (offer.text === null ? [i] : [])),
    /** Context of each action. */
    contexts: readContexts(run.steps),
    /** Some step belongs to a sub-agent: where none does, no column names one. */
    several,
    agentOfResult,
    agentsOfOffer: several ? agentsOfOffers(run) : null,
    resultAgents: tools.map(({ step }) => agentOfResult?.get(step.tool_call_id) ?? null),
  }
}

/** What the actions needed of passages, tool results and dialogue that stood before them. */
function needsOf(run: ExperienceRun, parts: Parts, withNeeds: boolean) {
  const { tools, turns, actions, contexts, several, textless, agentOfResult, agentsOfOffer, resultAgents } = parts
  const { values: _, ...needs } = findNeeds(
    (withNeeds ? actions : []).map(({ step }, i) => ({
      arguments: step.arguments,
      readableBefore: contexts[i]!.step,
      agent: contexts[i]!.agent,
    })),
    [
      {
        kind: PLACE.evidence,
        items: run.evidence.map((offer, i) => ({ at: -1, text: offer.text ?? '', agents: agentsOfOffer?.[i] })),
        unread: textless.map((i) => ({ at: -1, agents: agentsOfOffer?.[i] })),
      },
      {
        kind: PLACE.tool,
        items: tools.map(({ step, at }, i) => ({
          at,
          text: step.content!,
          tokens: step.tokens,
          agents: several ? [resultAgents[i]!] : undefined,
        })),
        unread: unreadResults(run.steps, agentOfResult),
      },
      {
        kind: PLACE.memory,
        items: turns.map(({ step, at }) => ({
          at,
          text: step.content,
          tokens: step.tokens,
          agents: several ? [agentOf(step)] : undefined,
        })),
        unread: unreadTurns(run.steps),
      },
    ],
  )
  return needs
}

/** Bits of the layers in which tokens were not recorded. */
const estimatedLayers = (run: ExperienceRun, { tools, turns, calls }: Parts): number =>
  (run.evidence.some((o) => o.tokens === null) ? layerBit(PLACE.evidence) : 0) |
  (tools.some(({ step }) => step.tokens === null) ? layerBit(PLACE.tool) : 0) |
  (turns.some(({ step }) => step.tokens === null) ? layerBit(PLACE.memory) : 0) |
  (calls.some(({ step }) => step.prompt_tokens === null) ? INPUT_BIT : 0)

function evidenceColumns({ evidence }: ExperienceRun, { textless, agentsOfOffer }: Parts): Recording['evidence'] {
  const orderings = [...new Set(evidence.flatMap((offer) => Object.keys(offer.ranks)))].sort(byCodeUnit)
  return {
    ref: evidence.map((o) => o.evidence_ref),
    bucket: evidence.map((o) => o.bucket),
    source: evidence.map((o) => o.source),
    hop: evidence.map((o) => o.hop),
    ranks: Object.fromEntries(orderings.map((name) => [name, evidence.map((o) => o.ranks[name] ?? 0)])),
    tokens: evidence.map((o) => o.tokens ?? textTokens(o.text!)),
    gold: evidence.map((o) => (o.gold ? 1 : 0)),
    required: evidence.map((o) => (o.required ? 1 : 0)),
    ...(textless.length > 0 ? { unread: textless } : {}),
    ...(agentsOfOffer ? { agents: agentsOfOffer } : {}),
  }
}

const toolColumns = ({ tools, several, resultAgents }: Parts): Recording['tools'] => ({
  step: tools.map(({ at }) => at),
  tokens: tools.map(({ step }) => step.tokens ?? textTokens(step.content!)),
  ...(several ? { agent: resultAgents } : {}),
})

const memoryColumns = ({ turns, several }: Parts): Recording['memory'] => ({
  step: turns.map(({ at }) => at),
  tokens: turns.map(({ step }) => step.tokens ?? textTokens(step.content)),
  ...(several ? { agent: turns.map(({ step }) => agentOf(step)) } : {}),
})

function callColumns({ calls, several }: Parts): Recording['calls'] {
  const part = (field: 'cached_prompt_tokens' | 'cache_write_tokens' | 'reasoning_tokens') =>
    calls.some(({ step }) => step[field] !== undefined) ? { [field]: calls.map(({ step }) => step[field] ?? null) } : {}
  return {
    step: calls.map(({ at }) => at),
    model: calls.map(({ step }) => step.model),
    prompt_tokens: calls.map(({ step }) => step.prompt_tokens),
    completion_tokens: calls.map(({ step }) => step.completion_tokens),
    ...(several ? { agent: calls.map(({ step }) => agentOf(step)) } : {}),
    ...part('cached_prompt_tokens'),
    ...part('cache_write_tokens'),
    ...part('reasoning_tokens'),
  }
}

const hopColumns = ({ hops }: Parts): Recording['hops'] => ({
  bucket: hops.map(({ step }) => step.bucket),
  hop: hops.map(({ step }) => step.hop),
  latency_ms: hops.map(({ step }) => step.latency_ms),
})

const actionColumns = ({ actions, contexts, several }: Parts): Recording['actions'] => ({
  step: actions.map(({ at }) => at),
  name: actions.map(({ step }) => step.name),
  arguments: actions.map(({ step }) => digestOf(step.arguments)),
  writes: actions.map(({ step }) => step.writes),
  confirmed: actions.map(({ step }) => step.confirmed),
  correct: actions.map(({ step }) => step.correct),
  ...(several ? { agent: contexts.map((c) => c.agent) } : {}),
  ...(several || actions.some(({ step }) => step.from_call !== undefined)
    ? { context: contexts.map((c) => c.step) }
    : {}),
})

function approvalColumns({ approvals, actions }: Parts): Recording['approvals'] {
  const actionIndex = new Map(actions.map(({ step }, i) => [step.tool_call_id, i]))
  return {
    gate: approvals.map(({ step }) => step.gate),
    action: approvals.map(({ step }) => (step.tool_call_id === null ? -1 : (actionIndex.get(step.tool_call_id) ?? -1))),
    amount: approvals.map(({ step }) => step.amount),
    asked: approvals.map(({ step }) => step.asked),
    granted: approvals.map(({ step }) => step.granted),
  }
}
