/** Compiles experience runs into a replay case: tokens, needs and digests, once per case. */
import { COMPILE_RULES } from '#schemas/compile-rules.ts'
import type { ExperienceRun, Step } from '#schemas/experience-run.ts'
import { layerBit, PLACE } from '#schemas/need-places.ts'
import type { Recording, ReplayCase } from '#schemas/replay-case.ts'
import { byCodeUnit, canonical, digestOf, digestOfBytes } from '../canonical.ts'
import { agentOf, agentsOfOffers, agentsOfResults, hasAgents, readContexts } from './agents.ts'
import { findNeeds } from './needs.ts'
import { INPUT_BIT } from './tracing.ts'
import { unreadResults, unreadTurns } from './unread.ts'

/** What the store kept of a run beside its trace: digests of the files, and the decision record's fixed part. */
export type Recorded = Recording['recorded']

/** Tokens of a text where none are recorded: ceil(chars/4), at least 1 for a text that is not empty. */
export const textTokens = (text: string): number => Math.ceil(text.length / 4)

/** Replay case of all recordings of one case. Throws on recordings that disagree about whom the case belongs to. */
export function compileCase(
  runs: readonly ExperienceRun[],
  recorded: (run: ExperienceRun) => Recorded = unrecorded,
): ReplayCase {
  const first = runs[0]
  if (!first) throw new RangeError('a case needs at least one recording')
  return assembleCase(runs.map((run) => ({ ...identityOf(run), recording: compileRecording(run, recorded(run)) }))).case
}

/** A compiled recording and the case it belongs to. */
interface CompiledRun {
  readonly case_id: string
  readonly family_id: string
  readonly intent_id: string
  readonly recording: Recording
}

/** A run as a compiled recording: its texts are gone, which keeps a large set small while its cases are gathered. */
export const compileRun = (run: ExperienceRun, recorded: Recorded): CompiledRun => ({
  ...identityOf(run),
  recording: compileRecording(run, recorded),
})

const identityOf = ({ case_id, family_id, intent_id }: ExperienceRun) => ({ case_id, family_id, intent_id })

/** A case and its canonical line. */
interface CompiledCase {
  readonly case: ReplayCase
  readonly line: string
}

/** A case of its compiled recordings, in any order. Throws when they name different families or intents. */
export function assembleCase(compiled: readonly CompiledRun[]): CompiledCase {
  const { line, digest } = assembleLine(compiled.map(asLine))
  const ordered = inOrder(compiled.map((c) => ({ ...c, run_id: c.recording.run_id })))
  const { case_id, family_id, intent_id } = ordered[0]!
  return { case: { case_id, family_id, intent_id, recordings: ordered.map((c) => c.recording), digest }, line }
}

/** A compiled recording as canonical text, and whose it is. */
export interface CompiledLine {
  readonly case_id: string
  readonly family_id: string
  readonly intent_id: string
  readonly run_id: string
  readonly recording: string
}

export const asLine = ({ recording, ...named }: CompiledRun): CompiledLine => ({
  ...named,
  run_id: recording.run_id,
  recording: canonical(recording),
})

/** The canonical line of a case and its digest, of recordings that stay text. Throws as `assembleCase` does. */
export function assembleLine(compiled: readonly CompiledLine[]): { readonly line: string; readonly digest: string } {
  const ordered = inOrder(compiled)
  const { case_id, family_id, intent_id, run_id } = ordered[0]!
  for (const other of ordered) {
    if (other.family_id !== family_id || other.intent_id !== intent_id)
      throw new RangeError(`case "${case_id}": runs ${run_id} and ${other.run_id} name different families or intents`)
  }
  // `digest` stands right behind `case_id` in canonical order.
  const head = `{"case_id":${canonical(case_id)}`
  const rest = `,"family_id":${canonical(family_id)},"intent_id":${canonical(intent_id)},"recordings":[${ordered.map((c) => c.recording).join(',')}]}`
  const digest = digestOfBytes(head + rest)
  return { line: `${head},"digest":"${digest}"${rest}`, digest }
}

const inOrder = <T extends { readonly run_id: string }>(compiled: readonly T[]): T[] =>
  [...compiled].sort((a, b) => byCodeUnit(a.run_id, b.run_id))

/** A compiled run as the line of a segment. */
export const compiledText = (compiled: CompiledRun): string => canonical(compiled)

/** The same again. Its recording stays text: nothing of it is asked before it is replayed. */
export function readCompiledText(text: string, run_id: string): CompiledLine {
  // No text inside a line holds a bare quotation mark, so this stands there once outside the recording, before it.
  const cut = text.indexOf(',"recording":')
  const named = JSON.parse(`${text.slice(0, cut)}}`) as Omit<CompiledLine, 'run_id' | 'recording'>
  return { ...named, run_id, recording: text.slice(cut + ',"recording":'.length, -1) }
}

/** A run compiled outside a store carries no recorded files to compare with. */
function unrecorded(run: ExperienceRun): Recorded {
  const none = digestOf(null)
  return {
    identity: {},
    decision_record: none,
    context: none,
    evidence_manifest: none,
    tool_transcripts: none,
    scorecard: null,
    policy: run.policy_bundle_version,
    tools: run.tool_manifest_version,
  }
}

/**
 * One recording in columns. Texts are read here for the last time; only tokens, offsets and digests remain.
 *
 * @param withNeeds false: nothing is asked of what the actions needed, so that nothing is looked for
 */
export function compileRecording(run: ExperienceRun, recorded: Recorded, withNeeds = true): Recording {
  const evidenceTokens = run.evidence.map((offer) => offer.tokens ?? textTokens(offer.text!))
  const orderings = [...new Set(run.evidence.flatMap((offer) => Object.keys(offer.ranks)))].sort(byCodeUnit)
  const indexed = run.steps.map((step, at) => ({ step, at }))
  const of = <K extends Step['kind']>(kind: K) =>
    indexed.filter((s): s is { step: Extract<Step, { kind: K }>; at: number } => s.step.kind === kind)
  const tools = of('tool_result').filter(({ step }) => step.content !== null)
  const turns = of('message').filter(({ step }) => step.role !== 'system' && step.content !== '')
  const calls = of('model_call')
  const actions = of('tool_call')
  const hops = of('retrieval')
  const approvals = of('approval')
  const actionIndex = new Map(actions.map(({ step }, i) => [step.tool_call_id, i]))
  const contexts = readContexts(run.steps)
  const several = hasAgents(run.steps)
  const agentOfResult = several ? agentsOfResults(run.steps) : null
  const agentsOfOffer = several ? agentsOfOffers(run) : null
  const resultAgents = tools.map(({ step }) => agentOfResult?.get(step.tool_call_id) ?? null)
  const textless = run.evidence.flatMap((offer, i) => (offer.text === null ? [i] : []))
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
  const ofAgents = (agents: () => (string | null)[]) => (several ? { agent: agents() } : {})
  const part = (field: 'cached_prompt_tokens' | 'cache_write_tokens' | 'reasoning_tokens') =>
    calls.some(({ step }) => step[field] !== undefined) ? { [field]: calls.map(({ step }) => step[field] ?? null) } : {}
  const estimated =
    (run.evidence.some((o) => o.tokens === null) ? layerBit(PLACE.evidence) : 0) |
    (tools.some(({ step }) => step.tokens === null) ? layerBit(PLACE.tool) : 0) |
    (turns.some(({ step }) => step.tokens === null) ? layerBit(PLACE.memory) : 0) |
    (calls.some(({ step }) => step.prompt_tokens === null) ? INPUT_BIT : 0)
  return {
    compile_rules: COMPILE_RULES,
    run_id: run.run_id,
    ...(run.plan === undefined ? {} : { plan: run.plan }),
    pack_version: run.pack_version,
    settings: run.settings,
    offers: run.offers,
    evidence: {
      ref: run.evidence.map((o) => o.evidence_ref),
      bucket: run.evidence.map((o) => o.bucket),
      source: run.evidence.map((o) => o.source),
      hop: run.evidence.map((o) => o.hop),
      ranks: Object.fromEntries(orderings.map((name) => [name, run.evidence.map((o) => o.ranks[name] ?? 0)])),
      tokens: evidenceTokens,
      gold: run.evidence.map((o) => (o.gold ? 1 : 0)),
      required: run.evidence.map((o) => (o.required ? 1 : 0)),
      ...(textless.length > 0 ? { unread: textless } : {}),
      ...(agentsOfOffer ? { agents: agentsOfOffer } : {}),
    },
    ...(run.attributes === undefined ? {} : { attributes: run.attributes }),
    gold_not_offered: run.gold_not_offered,
    tools: {
      step: tools.map(({ at }) => at),
      tokens: tools.map(({ step }) => step.tokens ?? textTokens(step.content!)),
      ...ofAgents(() => resultAgents),
    },
    memory: {
      step: turns.map(({ at }) => at),
      tokens: turns.map(({ step }) => step.tokens ?? textTokens(step.content)),
      ...ofAgents(() => turns.map(({ step }) => agentOf(step))),
    },
    calls: {
      step: calls.map(({ at }) => at),
      model: calls.map(({ step }) => step.model),
      prompt_tokens: calls.map(({ step }) => step.prompt_tokens),
      completion_tokens: calls.map(({ step }) => step.completion_tokens),
      ...ofAgents(() => calls.map(({ step }) => agentOf(step))),
      ...part('cached_prompt_tokens'),
      ...part('cache_write_tokens'),
      ...part('reasoning_tokens'),
    },
    hops: {
      bucket: hops.map(({ step }) => step.bucket),
      hop: hops.map(({ step }) => step.hop),
      latency_ms: hops.map(({ step }) => step.latency_ms),
    },
    actions: {
      step: actions.map(({ at }) => at),
      name: actions.map(({ step }) => step.name),
      arguments: actions.map(({ step }) => digestOf(step.arguments)),
      writes: actions.map(({ step }) => step.writes),
      confirmed: actions.map(({ step }) => step.confirmed),
      correct: actions.map(({ step }) => step.correct),
      ...ofAgents(() => contexts.map((c) => c.agent)),
      ...(several || actions.some(({ step }) => step.from_call !== undefined)
        ? { context: contexts.map((c) => c.step) }
        : {}),
    },
    approvals: {
      gate: approvals.map(({ step }) => step.gate),
      action: approvals.map(({ step }) =>
        step.tool_call_id === null ? -1 : (actionIndex.get(step.tool_call_id) ?? -1),
      ),
      amount: approvals.map(({ step }) => step.amount),
      asked: approvals.map(({ step }) => step.asked),
      granted: approvals.map(({ step }) => step.granted),
    },
    ...(run.gates ? { gates: [...new Set(run.gates)].sort(byCodeUnit) } : {}),
    ...needs,
    ...(estimated > 0 ? { estimated_tokens: estimated } : {}),
    outcome: run.outcome,
    corrections: run.operator_corrections,
    recorded,
  }
}
