/**
 * Judges what a user's own harness did with a recorded case. Its result becomes the same value that a transcript replay
 * yields, so that the pinned suite judges both alike. Runs nothing: the harness ran elsewhere.
 */
import type { Settings } from '#schemas/common.ts'
import { rulesOf } from '#schemas/compile-rules.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { HarnessResult } from '#schemas/harness.ts'
import type { PriceTable } from '#schemas/pack.ts'
import type { Recording, ReplayCase } from '#schemas/replay-case.ts'
import { canonical } from '../canonical.ts'
import type { AskedAnswer } from '../live/asked-answers.ts'
import { asMeasured } from '../statistics/measured.ts'
import { cutsUnread, uncovered } from './coverage.ts'
import { decidedActions, decidedRecording, type HarnessDecision } from './harness-recording.ts'
import { prepare } from './prepare.ts'
import { callCents } from './price.ts'
import { planOf } from './settings-plan.ts'
import {
  askedFor,
  beyondRecorded,
  chooseRecording,
  type Replayed,
  type ReplayPins,
  recordedContext,
  type Unreplayable,
} from './transcript.ts'

/** What a harness process answered for one case. */
export type HarnessReply = (
  | { readonly result: HarnessResult; readonly served: readonly number[] }
  /** It asked for something that was not recorded. */
  | { readonly unreplayable: string }
  /** It threw, hung, died or returned another shape. */
  | { readonly failed: string }
) & {
  /** Answers that a model gave it, in the order in which it asked. Absent: no model was asked anew. */
  readonly answers?: readonly AskedAnswer[]
}

/** The recording that answers a harness under some settings. `withheld`: why its model calls say nothing under them. */
interface HarnessPlacement {
  readonly recording: Recording
  readonly withheld: string | null
}

/**
 * Chooses the recording made under the same planner and prompt; else the baseline's, without its model calls. A setting
 * beyond what was recorded is unreplayable before anything runs, as in a transcript replay.
 */
export function caseForHarness(
  replayCase: ReplayCase,
  settings: Settings,
  baseline: Settings,
): HarnessPlacement | Unreplayable {
  const rules = rulesOf(replayCase.recordings[0]!)
  const plan = planOf(settings, rules)
  const exact = chooseRecording(replayCase, plan, baseline)
  const recording = typeof exact === 'string' ? chooseRecording(replayCase, planOf(baseline, rules), baseline) : exact
  if (typeof recording === 'string') return { unreplayable: recording }
  const beyond = uncovered(recording, plan, baseline) ?? beyondRecorded(prepare(recording), plan)
  if (beyond) return { unreplayable: beyond }
  return { recording, withheld: typeof exact === 'string' ? exact : null }
}

/** The answer as a replayed case, or what about it cannot be true of this recording. */
export function observeHarness(
  decision: HarnessDecision,
  pins: ReplayPins,
): Replayed<Recording> | Unreplayable | { readonly failed: string } {
  const { run, recording, result, served, settings, live } = decision
  const kept = keptOffers(recording, result)
  if ('failed' in kept) return kept
  const actions = decidedActions(run, result, served)
  if ('failed' in actions) return actions
  const decided = decidedRecording(decision, actions, kept)
  if ('failed' in decided) return decided
  const { asked, ungrounded } = decided
  const prepared = prepare(recording)
  const plan = planOf(settings, rulesOf(recording))
  const keptTokens = kept.reduce((sum, i) => sum + recording.evidence.tokens[i]!, 0)
  const rendered = { kept, keptTokens, shape: kept, plan }
  const unread = cutsUnread(prepared, rendered, pins.baseline)
  if (unread) return { unreplayable: unread }
  const flags = new Uint8Array(recording.evidence.ref.length)
  for (const offer of kept) flags[offer] = 1
  const baselineAsked = askedFor(decided.recording, planOf(pins.baseline))
  const { approvals, actions: acts } = decided.recording
  const right = approvals.action.flatMap((action, i) => (acts.correct[action] === true ? [i] : []))
  return {
    trimmed: {
      recording: decided.recording,
      prepared,
      rendered,
      asked,
      equal: sameSet(kept, recordedContext(prepared).kept),
    },
    otherDecision: otherDecision(recording, decided.recording),
    ...(live && { live }),
    ungrounded,
    lostRequired: indices(recording.evidence.required, (required, i) => required === 1 && flags[i] === 0),
    goldKept: indices(recording.evidence.gold, (gold, i) => gold === 1 && flags[i] === 1).length,
    goldTotal: recording.gold_not_offered + indices(recording.evidence.gold, (gold) => gold === 1).length,
    ...spent(result, pins.prices, live ? null : keptTokens),
    // A recorded duration is that of the recorded words.
    latencyMs: result.latency_ms !== undefined ? result.latency_ms : live ? null : recordedLatency(run, decided.made),
    bypassed: [...asked.keys()].filter((i) => baselineAsked[i] && !asked[i]),
    rightActions: right.length,
    rightWaiting: right.filter((i) => asked[i]).length,
  }
}

const indices = <T>(values: readonly T[], is: (value: T, index: number) => boolean): number[] =>
  values.flatMap((value, i) => (is(value, i) ? [i] : []))

function keptOffers({ evidence }: Recording, result: HarnessResult): Int32Array | { readonly failed: string } {
  const kept: number[] = []
  for (const [at, ref] of result.evidence_refs.entries()) {
    const offer = evidence.ref.indexOf(ref)
    if (offer < 0) return { failed: `evidence_refs.${at}: "${ref}" was not offered in this recording` }
    if (kept.includes(offer)) return { failed: `evidence_refs.${at}: "${ref}" stands there twice` }
    kept.push(offer)
  }
  return Int32Array.from(kept)
}

/** Same passages, in any order: the record's reading order is this program's, not the harness's. */
const sameSet = (a: Int32Array, b: Int32Array): boolean =>
  a.length === b.length && a.toSorted().join() === b.toSorted().join()

/** In what a decision differs from the recorded one; null: in nothing. */
export function otherDecision(recorded: Recording, decided: Recording): string | null {
  const [before, after] = [recorded.outcome, decided.outcome]
  if (before.status !== after.status) return `status ${after.status}, recorded ${before.status}`
  if (canonical(before.outputs) !== canonical(after.outputs)) return 'outputs differ from the recorded ones'
  const [were, are] = [recorded.actions, decided.actions]
  const at = were.name.findIndex((name, i) => name !== are.name[i] || were.arguments[i] !== are.arguments[i])
  if (at >= 0)
    return are.name[at] === undefined
      ? `action ${at + 1}, recorded ${were.name[at]}, is missing`
      : `action ${at + 1} is ${are.name[at]}${are.name[at] === were.name[at] ? ' with other arguments' : `, recorded ${were.name[at]}`}`
  return are.name.length > were.name.length
    ? `action ${were.name.length + 1}, ${are.name[were.name.length]}, is new`
    : null
}

/**
 * Prompt tokens, and cents at the pinned prices: a model without a price costs null, never 0. Where no usage is counted,
 * tokens are those of the kept passages, as in a transcript replay; `keptTokens` null: not in a live run, where an arm that is
 * counted stands beside one that is not.
 */
function spent(
  { usage }: HarnessResult,
  prices: PriceTable | null,
  keptTokens: number | null,
): { tokens: number | null; cents: number | null } {
  const notCounted = { tokens: keptTokens, cents: null }
  if (usage === null) return notCounted
  let tokens = 0
  let cents: number | null = prices ? 0 : null
  for (const { model, prompt_tokens, completion_tokens, ...parts } of usage) {
    if (prompt_tokens === null) return notCounted
    tokens += prompt_tokens
    const price = model === null ? undefined : prices?.models[model]
    if (cents === null || !price || completion_tokens === null) cents = null
    else
      cents += callCents(price, {
        prompt: prompt_tokens,
        completion: completion_tokens,
        cached: parts.cached_prompt_tokens,
        cacheWrite: parts.cache_write_tokens,
        reasoning: parts.reasoning_tokens,
      })
  }
  return { tokens, cents }
}

/** The recorded duration, less the recorded calls that this replay did not make. */
function recordedLatency({ outcome, steps }: ExperienceRun, made: ReadonlySet<number>): number | null {
  let total = asMeasured('latency_ms', outcome.latency_ms)
  steps.forEach((s, step) => {
    if (total === null || made.has(step) || !('latency_ms' in s)) return
    const ms = asMeasured('latency_ms', s.latency_ms)
    total = ms === null ? null : total - ms
  })
  return total
}
