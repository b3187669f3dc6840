/** The transcript replayer: applies settings to a recording and says what would have been read, needed, spent and asked. */
import type { Settings } from '#schemas/common.ts'
import type { PriceTable } from '#schemas/pack.ts'
import type { Recording, ReplayCase } from '#schemas/replay-case.ts'
import { type PreparedRecording, prepare } from './prepare.ts'
import { leftOf, type Rendered, render, sameShape } from './render.ts'
import { planOf, type SettingsPlan } from './settings-plan.ts'

/** What stays fixed while candidates change: the baseline's settings and the pinned prices. */
export interface ReplayPins {
  readonly baseline: Settings
  readonly prices: PriceTable | null
}

/** A case placed under settings, before anything is paid: the recording that can answer, and its context. */
export interface Placement {
  readonly recording: Recording
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
export interface Replayed extends Spending {
  readonly placement: Placement
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
 * recorded, or no recording under those planner or prompt settings.
 */
export function replayTranscript(
  replayCase: ReplayCase,
  settings: Settings,
  pins: ReplayPins = { baseline: settings, prices: null },
): Replayed | Unreplayable {
  const placement = place(replayCase, settings, pins.baseline)
  return 'unreplayable' in placement ? placement : observe(placement, pins)
}

/** Rendering alone: free, and enough to know the input cost. */
export function place(replayCase: ReplayCase, settings: Settings, baseline: Settings): Placement | Unreplayable {
  const plan = planOf(settings)
  const recording = chooseRecording(replayCase, plan, baseline)
  if (typeof recording === 'string') return { unreplayable: recording }
  const prepared = prepare(recording)
  const beyond = beyondRecorded(prepared, plan)
  if (beyond) return { unreplayable: beyond }
  const rendered = render(prepared, plan)
  return {
    recording,
    prepared,
    rendered,
    asked: askedFor(recording, plan),
    equal: sameShape(rendered.shape, recordedContext(prepared).shape),
  }
}

const recordedContexts = new WeakMap<PreparedRecording, Rendered>()

/** The context as it was when recorded. */
export function recordedContext(prepared: PreparedRecording): Rendered {
  let rendered = recordedContexts.get(prepared)
  if (!rendered) {
    rendered = render(prepared, planOf(prepared.recording.settings))
    recordedContexts.set(prepared, rendered)
  }
  return rendered
}

function chooseRecording(replayCase: ReplayCase, plan: SettingsPlan, baseline: Settings): Recording | string {
  let missing = ''
  for (const recording of replayCase.recordings) {
    // A recording that does not state a setting can answer for its baseline value only.
    const other = plan.fixed.find(([path, value]) => (recording.settings[path] ?? baseline[path]) !== value)
    if (!other) return recording
    missing ||= `no recording under ${other[0]} = ${String(other[1]).slice(0, 80)}`
  }
  return missing
}

function beyondRecorded(prepared: PreparedRecording, plan: SettingsPlan): string | null {
  const { recording } = prepared
  const recordedPlan = planOf(recording.settings)
  for (const name of prepared.buckets) {
    const { topK, maxHops, ordering } = plan.bucket(name)
    const offered = recording.offers[name]!
    if (topK > offered.depth && !offered.exhausted && Number.isFinite(topK))
      return `evidence.${name}.top_k ${topK} is beyond the ${offered.depth} that were offered`
    if (!recording.evidence.ranks[ordering]) return `no recorded ranks under source_priority "${ordering}"`
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

/** Gated actions that wait for a person under a plan, one flag an approval. */
export function askedFor(recording: Recording, plan: SettingsPlan): Uint8Array {
  const { gate, amount, asked } = recording.approvals
  return Uint8Array.from(gate, (name, i) => {
    const threshold = plan.threshold(name)
    if (threshold === null) return asked[i] ? 1 : 0
    // Without an amount nothing shows that the action is small, so it waits.
    return amount[i] === null || amount[i]! >= threshold ? 1 : 0
  })
}

/** What a placement costs and asks: known from rendering, without looking at what the actions needed. */
export interface Spending {
  readonly tokens: number
  readonly cents: number | null
  readonly latencyMs: number | null
  /** Approvals (indices) that the baseline asks for and these settings skip. */
  readonly bypassed: readonly number[]
  /** Actions judged right, and how many of them wait for a person. */
  readonly rightActions: number
  readonly rightWaiting: number
}

/** Tokens, cents, latency and bypasses of a placed case. Free: rendering only. */
export function spending(placement: Placement, pins: ReplayPins): Spending {
  const { recording, asked } = placement
  const bypassed: number[] = []
  if (asked.length > 0) {
    const baselineAsked = askedFor(recording, planOf(pins.baseline))
    for (let i = 0; i < asked.length; i++) if (baselineAsked[i] && !asked[i]) bypassed.push(i)
  }
  let rightActions = 0
  let rightWaiting = 0
  recording.approvals.action.forEach((action, i) => {
    if (recording.actions.correct[action] !== true) return
    rightActions++
    rightWaiting += asked[i]!
  })
  return { ...spent(placement, pins.prices), bypassed, rightActions, rightWaiting }
}

/** The paid part of a replay: can every recorded action still read what it needed, and is the gold still there. */
export function observe(placement: Placement, pins: ReplayPins): Replayed {
  const { recording, rendered, prepared } = placement
  const keptFlags = new Uint8Array(recording.evidence.tokens.length)
  for (const offer of rendered.kept) keptFlags[offer] = 1
  const { gold, required } = recording.evidence
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
  const ungrounded = placement.equal ? [] : ungroundedNeeds(prepared, rendered, keptFlags)
  return { placement, ungrounded, lostRequired, goldKept, goldTotal, ...spending(placement, pins) }
}

function ungroundedNeeds(prepared: PreparedRecording, rendered: Rendered, kept: Uint8Array): number[] {
  const { needs } = prepared.recording
  const { toolTokens, memoryTokens } = rendered.plan
  const { tools, memory } = prepared
  const lost: number[] = []
  for (let need = 0; need < needs.action.length; need++) {
    const action = needs.action[need]!
    let readable = false
    for (let place = needs.first[need]!; place < needs.first[need + 1]! && !readable; place++) {
      const item = needs.item[place]!
      const kind = needs.kind[place]!
      if (kind === 0) readable = kept[item] === 1
      else if (kind === 1)
        readable = leftOf(tools, tools.readableAtAction[action]!, toolTokens, item) >= needs.depth[place]!
      else readable = leftOf(memory, memory.readableAtAction[action]!, memoryTokens, item) >= needs.depth[place]!
    }
    if (!readable) lost.push(need)
  }
  return lost
}

/** Tokens, cents and latency: the recorded ones less what was trimmed. Trimmed text counts ceil(chars/4) tokens. */
function spent(
  placement: Placement,
  prices: PriceTable | null,
): { tokens: number; cents: number | null; latencyMs: number | null } {
  const { recording, prepared, rendered } = placement
  const recorded = recordedContext(prepared)
  const { calls } = recording
  const contexts = prepared.contexts.length
  let tokens = 0
  let cents: number | null = calls.step.length > 0 && prices ? 0 : null
  for (let c = 0; c < contexts; c++) {
    const here = windowTokens(prepared, rendered.plan, c) + rendered.keptTokens
    const counted = calls.prompt_tokens[c]
    let prompt = here
    if (counted !== null && counted !== undefined) {
      const there = windowTokens(prepared, recorded.plan, c) + recorded.keptTokens
      prompt = Math.max(0, counted + here - there)
    }
    tokens += prompt
    if (cents === null) continue
    const price = prices!.models[calls.model[c] ?? '']
    const completion = calls.completion_tokens[c]
    if (!price || counted === null || counted === undefined || completion === null || completion === undefined)
      cents = null
    else cents += (prompt * price.prompt_cents_per_million + completion * price.completion_cents_per_million) / 1e6
  }
  if (contexts === 0) tokens = rendered.keptTokens
  return { tokens, cents, latencyMs: latency(placement) }
}

const windowTokens = (prepared: PreparedRecording, plan: SettingsPlan, context: number): number =>
  Math.min(plan.toolTokens, prepared.tools.before[prepared.tools.readableAtContext[context]!]!) +
  Math.min(plan.memoryTokens, prepared.memory.before[prepared.memory.readableAtContext[context]!]!)

function latency(placement: Placement): number | null {
  const { recording, rendered, equal } = placement
  let total = recording.outcome.latency_ms
  if (equal || total === null) return total
  const recordedPlan = planOf(recording.settings)
  const { hops } = recording
  for (let i = 0; i < hops.hop.length; i++) {
    const bucket = hops.bucket[i]!
    if (hops.hop[i]! > rendered.plan.bucket(bucket).maxHops && hops.hop[i]! <= recordedPlan.bucket(bucket).maxHops) {
      if (hops.latency_ms[i] === null) return null
      total -= hops.latency_ms[i]!
    }
  }
  return total
}
