/** The transcript replayer: applies settings to a recording and says what would have been read, needed, spent and asked. */
import type { Settings, SettingsTable } from '#schemas/common.ts'
import { rulesOf } from '#schemas/compile-rules.ts'
import type { PriceTable } from '#schemas/pack.ts'
import { pinsFor, settingsFor } from '../space/scope.ts'
import { isAtLeast, isBelow } from '../statistics/compare.ts'
import { asMeasured } from '../statistics/measured.ts'
import { cutsUnread, uncovered } from './coverage.ts'
import { type PreparedRecording, prepare, type Rendered } from './prepare.ts'
import { callCents } from './price.ts'
import { render, sameShape } from './render.ts'
import { planOf, type SettingsPlan } from './settings-plan.ts'
import type { BareRecording } from './slim.ts'

/** A case as far as it is replayed: its recordings. */
interface Recorded<R extends BareRecording> {
  readonly recordings: readonly R[]
}

/** What stays fixed while candidates change: the baseline's settings and the pinned prices. */
export interface TablePins {
  readonly baseline: SettingsTable
  readonly prices: PriceTable | null
}

/** The same as one case has it. */
export interface ReplayPins extends TablePins {
  readonly baseline: Settings
}

/** A case placed under settings, before anything is paid: the recording that can answer, and its context. */
export interface TrimmedCase<R extends BareRecording = BareRecording> {
  readonly recording: R
  readonly prepared: PreparedRecording
  readonly rendered: Rendered
  /** Gated actions that wait for a person, one flag an approval. */
  readonly asked: Uint8Array
  /** The context is the recorded one: the recorded observation stands (a proof, not an estimate). */
  readonly equal: boolean
}
export interface Unreplayable {
  readonly unreplayable: string
}

/** What a replayed case would have been. Amounts are `null` where the records do not carry them. */
export interface Replayed<R extends BareRecording = BareRecording> extends Spending {
  readonly trimmed: TrimmedCase<R>
  /** What was decided otherwise than recorded, so that no outcome is known; null: nothing (a transcript decides nothing anew). */
  readonly otherDecision: string | null
  /** A model was asked anew, so nothing that was said of the recorded run is said of this one. Absent: recorded answers stand. */
  readonly live?: true
  /** Needs (indices) whose value can no longer be read. */
  readonly ungrounded: readonly number[]
  /** Required offers (indices) that fell out of the context. */
  readonly lostRequired: readonly number[]
  readonly goldKept: number
  readonly goldTotal: number
}

/**
 * Replays one case under settings: chooses the recording made under the same untrimmable settings, trims it, and checks
 * what the recorded actions needed. Pure. `{ unreplayable }` when the records cannot say: a setting beyond what was
 * recorded, or no recording under those planner or prompt settings. What was served answers first, and what was recorded for
 * a plan where that cannot.
 */
export function replayTranscript<R extends BareRecording>(
  replayCase: Recorded<R>,
  settings: SettingsTable,
  pins: TablePins = { baseline: settings, prices: null },
): Replayed<R> | Unreplayable {
  const trimmed = trimCase(replayCase, settings, pins.baseline)
  return 'unreplayable' in trimmed ? trimmed : observe(trimmed, pinsFor(pins, replayCase))
}

/** Rendering alone: free, and enough to know the input cost. */
export function trimCase<R extends BareRecording>(
  replayCase: Recorded<R>,
  table: SettingsTable,
  before: SettingsTable,
): TrimmedCase<R> | Unreplayable {
  const settings = settingsFor(table, replayCase)
  const baseline = settingsFor(before, replayCase)
  const plan = planOf(settings, rulesOf(replayCase.recordings[0]!))
  const served = chooseRecording(replayCase, plan, baseline)
  const first = typeof served === 'string' ? { unreplayable: served } : trimRecording(served, plan, baseline)
  if (!('unreplayable' in first) || settings === baseline) return first
  for (const recording of plannedRecordings(replayCase, plan)) {
    const trimmed = trimRecording(recording, plan, recording.settings)
    if (!('unreplayable' in trimmed)) return trimmed
  }
  return first
}

/** A recording trimmed to a plan. `before`: the settings that it is read beside, the baseline's or its own. */
function trimRecording<R extends BareRecording>(
  recording: R,
  plan: SettingsPlan,
  before: Settings,
): TrimmedCase<R> | Unreplayable {
  const prepared = prepare(recording)
  const beyond = uncovered(recording, plan, before) ?? beyondRecorded(prepared, plan)
  if (beyond) return { unreplayable: beyond }
  const rendered = plan.settings === before ? renderedOnce(prepared, plan) : render(prepared, plan)
  const unread = cutsUnread(prepared, rendered, before)
  if (unread) return { unreplayable: unread }
  return {
    recording,
    prepared,
    rendered,
    asked: askedFor(recording, plan),
    equal: sameShape(rendered.shape, recordedContext(prepared).shape),
  }
}

/** The context under a plan that is asked for again and again, the baseline's: kept for one of them, and not twice where it is the recorded one. */
export function renderedOnce(prepared: PreparedRecording, plan: SettingsPlan): Rendered {
  if (prepared.baselineContext?.plan === plan) return prepared.baselineContext
  const rendered = render(prepared, plan)
  const recorded = recordedContext(prepared)
  prepared.baselineContext = sameShape(rendered.shape, recorded.shape) ? { ...recorded, plan } : rendered
  return prepared.baselineContext
}

/** The context as it was when recorded. */
export function recordedContext(prepared: PreparedRecording): Rendered {
  prepared.recordedContext ??= render(prepared, prepared.recordedPlan)
  return prepared.recordedContext
}

/** The served recording made under the same untrimmable settings, or which of them none was made under. */
export function chooseRecording<R extends BareRecording>(
  replayCase: Recorded<R>,
  plan: SettingsPlan,
  baseline: Settings,
): R | string {
  let missing = ''
  for (const recording of replayCase.recordings) {
    if (recording.plan !== undefined) continue
    const other = otherSetting(recording, plan, baseline)
    if (!other) return recording
    missing ||= `no recording under ${other[0]} = ${String(other[1]).slice(0, 80)}`
  }
  return missing
}

/** Recordings that were made for a plan, under the same untrimmable settings: those under the very settings first. */
function plannedRecordings<R extends BareRecording>({ recordings }: Recorded<R>, plan: SettingsPlan): readonly R[] {
  const planned = recordings.filter((r) => r.plan !== undefined && otherSetting(r, plan, r.settings) === null)
  const isExact = ({ settings }: R): boolean => plan.changes(settings).length === 0
  return planned.length < 2 ? planned : [...planned.filter(isExact), ...planned.filter((r) => !isExact(r))]
}

/** The first untrimmable setting that a recording was not made under. */
function otherSetting(
  { settings }: BareRecording,
  plan: SettingsPlan,
  baseline: Settings,
): SettingsPlan['fixed'][0] | null {
  // A recording that does not state a setting can answer for its baseline value only.
  for (const fixed of plan.fixed) if ((settings[fixed[0]] ?? baseline[fixed[0]]) !== fixed[1]) return fixed
  return null
}

/** A setting that asks for more than was recorded, in words; null: none does. */
export function beyondRecorded(prepared: PreparedRecording, plan: SettingsPlan): string | null {
  const { recording, recordedPlan, buckets, silentBuckets } = prepared
  for (const name of silentBuckets) {
    const { topK } = plan.bucket(name)
    const { topK: asked } = recordedPlan.bucket(name)
    const { depth } = recording.offers[name]!
    if (Number.isFinite(topK) && topK > Math.max(depth, Number.isFinite(asked) ? asked : 0))
      return `evidence.${name}.top_k ${topK} is beyond the ${depth} that were offered`
  }
  if (buckets.length === 0) return null
  const { plans } = plan.buckets(buckets, prepared.bucketsKey)
  for (let b = 0; b < buckets.length; b++) {
    const name = buckets[b]!
    const { topK, maxHops, ordering } = plans[b]!
    const offered = recording.offers[name]!
    if (topK > offered.depth && !offered.exhausted && Number.isFinite(topK))
      return `evidence.${name}.top_k ${topK} is beyond the ${offered.depth} that were offered`
    if (!prepared.orderingsOf[b]!.has(ordering)) return `no recorded ranks under source_priority "${ordering}"`
    const recordedHops = recordedPlan.bucket(name).maxHops
    if (maxHops > recordedHops && Number.isFinite(maxHops)) {
      const deepest = recording.evidence.hop.reduce(
        (most, hop, i) => (recording.evidence.bucket[i] === name ? Math.max(most, hop) : most),
        0,
      )
      if (maxHops > deepest && deepest >= recordedHops)
        return `evidence.${name}.max_hops ${maxHops} is beyond the ${deepest} that were recorded`
    }
  }
  return null
}

const NO_FLAGS = new Uint8Array(0)

/** Gated actions that wait for a person under a plan, one flag an approval. */
export function askedFor(recording: BareRecording, plan: SettingsPlan): Uint8Array {
  const { gate, amount, asked } = recording.approvals
  if (gate.length === 0) return NO_FLAGS
  const flags = new Uint8Array(gate.length)
  for (let i = 0; i < flags.length; i++) {
    const threshold = plan.threshold(gate[i]!)
    // Without an amount nothing shows that the action is small, so it waits.
    const waits = threshold === null ? asked[i] : !isKnownBelow(amount[i]!, threshold)
    flags[i] = waits ? 1 : 0
  }
  return flags
}

/** Gated actions that waited when recorded; where that was not recorded, those that the recorded thresholds ask about. */
export function recordedAsked({ recording, recordedPlan }: PreparedRecording): Uint8Array {
  const byThresholds = askedFor(recording, recordedPlan)
  return Uint8Array.from(recording.approvals.asked, (was, i) => (was === null ? byThresholds[i]! : Number(was)))
}

/** Is an amount known, and below a threshold? One below 0 is a sentinel: nobody is asked for less than nothing. */
export const isKnownBelow = (amount: number | null, threshold: number): boolean =>
  amount !== null && isAtLeast(amount, 0) && isBelow(amount, threshold)

/** What a trimmed case costs and asks: known from rendering, without looking at what the actions needed. */
interface Spending {
  readonly tokens: number | null
  readonly cents: number | null
  readonly latencyMs: number | null
  /** Approvals (indices) that the baseline asks for and these settings skip. */
  readonly bypassed: readonly number[]
  /** Actions judged right, and how many of them wait for a person. */
  readonly rightActions: number
  readonly rightWaiting: number
}

/** Tokens, cents, latency and bypasses of a placed case. Free: rendering only. */
export function spending(trimmed: TrimmedCase, pins: ReplayPins): Spending {
  const { recording, prepared, asked } = trimmed
  const bypassed: number[] = []
  if (asked.length > 0) {
    const baselineAsked = askedFor(recording, planOf(pins.baseline))
    for (let i = 0; i < asked.length; i++) if (baselineAsked[i] && !asked[i]) bypassed.push(i)
  }
  const { rightApprovals } = prepared
  let rightWaiting = 0
  for (let i = 0; i < rightApprovals.length; i++) rightWaiting += asked[rightApprovals[i]!]!
  const { tokens, cents } = spent(trimmed, pins.prices)
  const latencyMs = latencyOf(trimmed)
  return { tokens, cents, latencyMs, bypassed, rightActions: rightApprovals.length, rightWaiting }
}

/** The paid part of a replay: can every recorded action still read what it needed, and is the gold still there. */
export function observe<R extends BareRecording>(trimmed: TrimmedCase<R>, pins: ReplayPins): Replayed<R> {
  const { recording, rendered, prepared } = trimmed
  const { gold, required } = recording.evidence
  const kept = rendered.kept
  const keptFlags = gold.length === 0 ? NO_FLAGS : new Uint8Array(gold.length)
  for (let i = 0; i < kept.length; i++) keptFlags[kept[i]!] = 1
  const lostRequired: number[] = []
  let goldKept = 0
  let goldTotal = recording.gold_not_offered
  for (let i = 0; i < keptFlags.length; i++) {
    if (gold[i]) {
      goldTotal++
      goldKept += keptFlags[i]!
    }
    if (required[i] && !keptFlags[i]) lostRequired.push(i)
  }
  const ungrounded = trimmed.equal ? [] : ungroundedNeeds(prepared, rendered, keptFlags)
  const { tokens, cents, latencyMs, bypassed, rightActions, rightWaiting } = spending(trimmed, pins)
  return {
    trimmed,
    otherDecision: null,
    ungrounded,
    lostRequired,
    goldKept,
    goldTotal,
    tokens,
    cents,
    latencyMs,
    bypassed,
    rightActions,
    rightWaiting,
  }
}

/** Needs (indices) of a placed case whose value can no longer be read. */
export function ungroundedIn({ equal, prepared, rendered }: TrimmedCase): readonly number[] {
  if (equal) return []
  const kept = new Uint8Array(prepared.recording.evidence.gold.length)
  for (const offer of rendered.kept) kept[offer] = 1
  return ungroundedNeeds(prepared, rendered, kept)
}

function ungroundedNeeds(prepared: PreparedRecording, rendered: Rendered, kept: Uint8Array): number[] {
  const { toolTokens, memoryTokens } = rendered.plan
  const { tools, memory, needOffers } = prepared
  const lost: number[] = []
  for (let need = 0; need < tools.budgetOfNeed.length; need++) {
    if (toolTokens >= tools.budgetOfNeed[need]! || memoryTokens >= memory.budgetOfNeed[need]!) continue
    let readable = false
    const end = needOffers.first[need + 1]!
    for (let i = needOffers.first[need]!; i < end && !readable; i++) readable = kept[needOffers.offer[i]!] === 1
    if (!readable) lost.push(need)
  }
  return lost
}

/** Tokens and cents: the recorded ones less what was trimmed. Trimmed text counts ceil(chars/4) tokens. */
function spent(
  { recording, prepared, rendered }: TrimmedCase,
  prices: PriceTable | null,
): { tokens: number; cents: number | null } {
  const { calls } = recording
  const contexts = prepared.contexts.length
  if (contexts === 0) return { tokens: rendered.keptTokens, cents: null }
  const { plan } = rendered
  const recorded = recordedContext(prepared)
  let tokens = 0
  let cents: number | null = calls.step.length > 0 && prices ? 0 : null
  for (let c = 0; c < contexts; c++) {
    const here = windowTokens(prepared, plan, c) + evidenceTokens(prepared, rendered, c)
    const counted = calls.prompt_tokens[c]
    let prompt = here
    if (counted !== null && counted !== undefined) {
      const there = windowTokens(prepared, recorded.plan, c) + evidenceTokens(prepared, recorded, c)
      prompt = Math.max(0, counted + here - there)
    }
    tokens += prompt
    if (cents === null) continue
    const price = prices!.models[calls.model[c] ?? '']
    const completion = calls.completion_tokens[c]
    if (!price || counted === null || counted === undefined || completion === null || completion === undefined)
      cents = null
    else
      cents += callCents(price, {
        prompt,
        completion,
        cached: calls.cached_prompt_tokens?.[c],
        cacheWrite: calls.cache_write_tokens?.[c],
        reasoning: calls.reasoning_tokens?.[c],
        cut: counted - prompt,
      })
  }
  return { tokens, cents }
}

/** Tokens of the kept passages in one context: those that its agent was offered. */
function evidenceTokens({ recording, contextAgents }: PreparedRecording, rendered: Rendered, context: number): number {
  const { agents, tokens } = recording.evidence
  if (!agents || !contextAgents) return rendered.keptTokens
  let sum = 0
  for (const offer of rendered.kept) if (agents[offer]!.includes(contextAgents[context]!)) sum += tokens[offer]!
  return sum
}

const windowTokens = ({ tools, memory }: PreparedRecording, plan: SettingsPlan, context: number): number =>
  Math.min(plan.toolTokens, tools.tokensAtContext[context]!) +
  Math.min(plan.memoryTokens, memory.tokensAtContext[context]!)

/** Latency: the recorded one, less the hops that are not made any more and more those that are; null: not known. */
export function latencyOf(trimmed: TrimmedCase): number | null {
  const { recording, prepared, rendered, equal } = trimmed
  let total = asMeasured('latency_ms', recording.outcome.latency_ms)
  if (equal || total === null) return total
  const { recordedPlan } = prepared
  const { hops } = recording
  for (let i = 0; i < hops.hop.length; i++) {
    const made = hops.hop[i]! <= rendered.plan.bucket(hops.bucket[i]!).maxHops
    if (made === hops.hop[i]! <= recordedPlan.bucket(hops.bucket[i]!).maxHops) continue
    const ms = asMeasured('latency_ms', hops.latency_ms[i])
    if (ms === null) return null
    total += made ? ms : -ms
  }
  return total
}
