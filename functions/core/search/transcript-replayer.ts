/** The transcript replayer as the search sees it: rendering is free, needs and verdicts are paid for. */
import type { SettingsTable } from '#schemas/common.ts'
import { rulesOf } from '#schemas/compile-rules.ts'
import type { EvaluatorSuite, Finding, Scorecard } from '#schemas/suite.ts'
import type { Panel } from '../evaluate/panel.ts'
import { measuresOf, NOT_MEASURED, scorecardOf, UNREPLAYABLE } from '../evaluate/scorecard.ts'
import { decisionsDiffer } from '../replay/decision.ts'
import { prepare } from '../replay/prepare.ts'
import { contextHash, sameShape } from '../replay/render.ts'
import { planOf } from '../replay/settings-plan.ts'
import type { SlimCase, SlimRecording } from '../replay/slim.ts'
import {
  askedFor,
  chooseRecording,
  latencyOf,
  observe,
  type ReplayPins,
  renderedOnce,
  spending,
  type TablePins,
  type TrimmedCase,
  trimCase,
  type Unreplayable,
  ungroundedIn,
} from '../replay/transcript.ts'
import { isScoped, pinsFor } from '../space/scope.ts'
import {
  type AnswerRound,
  BASELINE_CONTEXT,
  type CaseAnswer,
  type CaseView,
  PLANNED,
  type Rendering,
  SAME_AS_BASELINE,
  UNNUMBERED,
  unreplayableKey,
} from './replayer.ts'

/** Trimmed cases at hand where nobody says: as many as a block of the search asks for. */
const LOOKED_AT = 32

/** A case under settings. */
interface Placed {
  readonly index: number
  readonly case: SlimCase
  readonly settings: SettingsTable
  readonly trimmed: TrimmedCase<SlimRecording> | Unreplayable
}

export interface TranscriptReplayer {
  readonly view: CaseView
  readonly answer: AnswerRound
}

/**
 * View and answers over a panel whose baseline reproduces.
 * @param atHand cases that are asked for their contexts before the first of them is asked for its answer
 */
export function transcriptReplayer(
  panel: Pick<Panel<SlimCase>, 'cases'>,
  pinned: TablePins,
  suite: EvaluatorSuite,
  atHand = LOOKED_AT,
): TranscriptReplayer {
  // Asked for its context, then for its answer: blocks of cases come twice.
  const placedLast: (Placed | undefined)[] = []
  const place = (index: number, settings: SettingsTable): Placed => {
    const known = placedLast[index % atHand]
    if (known?.index === index && known.settings === settings) return known
    const replayCase = panel.cases.at(index)!
    return { index, case: replayCase, settings, trimmed: trimCase(replayCase, settings, pinned.baseline) }
  }
  /** The same, answered: nobody asks for it again. */
  const placedOnce = (index: number, settings: SettingsTable): Placed => {
    const placed = place(index, settings)
    placedLast[index % atHand] = undefined
    return placed
  }
  // Placed anew each time: kept for every case, they would be most of what a search holds.
  const baselineOf = (replayCase: SlimCase) => {
    const trimmed = trimCase(replayCase, pinned.baseline, pinned.baseline)
    if ('unreplayable' in trimmed)
      throw new RangeError(`${replayCase.case_id}: the baseline itself cannot be replayed (${trimmed.unreplayable})`)
    return { trimmed, ungrounded: ungroundedIn(trimmed) }
  }
  const { baseline } = pinned
  const rules = rulesOf(panel.cases.at(0)?.recordings[0] ?? {})
  const onePlan = isScoped(baseline) ? null : planOf(baseline, rules)
  /** What the baseline's replay of a case sees and asks. Kept for the last case alone: many settings are held against it. */
  let last: { readonly case: SlimCase; readonly seen: Seen } | null = null
  const baselineSees = (replayCase: SlimCase) => {
    if (last?.case !== replayCase) {
      const plan = onePlan ?? planOf(pinsFor(pinned, replayCase).baseline, rules)
      const recording = chooseRecording(replayCase, plan, plan.settings)
      if (typeof recording === 'string') return null
      const rendered = renderedOnce(prepare(recording), plan)
      last = { case: replayCase, seen: { recording, rendered, asked: askedFor(recording, plan) } }
    }
    return last.seen
  }
  /** Would the replay see and ask what the baseline's does? */
  const isBaseline = (replayCase: SlimCase, trimmed: Seen): boolean => {
    const seen = baselineSees(replayCase)
    return seen !== null && seesTheSame(trimmed, seen)
  }
  const view: CaseView = {
    renders: true,
    contextKey(index, settings) {
      const placed = place(index, settings)
      const { trimmed } = placed
      if (!('unreplayable' in trimmed) && isBaseline(placed.case, trimmed)) return SAME_AS_BASELINE
      placedLast[index % atHand] = placed
      return 'unreplayable' in trimmed ? unreplayableKey(trimmed.unreplayable) : keyOf(trimmed)
    },
    sideBySide: (tables) => (index) => {
      const replayCase = panel.cases.at(index)!
      /** What was seen so far, the baseline's context first. */
      const seen: { readonly of: TrimmedCase<SlimRecording> | null; said: Omit<Rendering, 'context'> | null }[] = [
        { of: null, said: null },
      ]
      return tables.map((settings) => {
        const trimmed = trimCase(replayCase, settings, pinned.baseline)
        if ('unreplayable' in trimmed) return { measures: trimmed, amounts: NO_AMOUNTS, context: UNNUMBERED }
        let at = isBaseline(replayCase, trimmed)
          ? BASELINE_CONTEXT
          : seen.findIndex(({ of }) => of !== null && seesTheSame(of, trimmed))
        if (at < 0) at = seen.push({ of: trimmed, said: null }) - 1
        const known = seen[at]!
        known.said ??= renderedOf(trimmed, pinsFor(pinned, replayCase))
        return { ...atLatency(known.said, latencyOf(trimmed)), context: Math.min(at, UNNUMBERED) }
      })
    },
  }
  const answerCase = (index: number, settings: SettingsTable): CaseAnswer => {
    const { case: replayCase, trimmed } = placedOnce(index, settings)
    const { case_id, family_id, intent_id } = replayCase
    const pins = pinsFor(pinned, replayCase)
    if ('unreplayable' in trimmed) return unreplayableAnswer(case_id, family_id, trimmed)
    const replayed = observe(trimmed, pins)
    const scorecard = scorecardOf(suite, replayed, intent_id)
    return {
      measures: scorecard.measures,
      decisionChanged: decisionsDiffer(replayed, baselineOf(replayCase)),
      result: {
        case_id,
        family_id,
        status: 'replayed',
        reason: null,
        recording: trimmed.recording.run_id,
        context: `sha256:${contextHash(trimmed.prepared, trimmed.rendered)}`,
        context_equal: trimmed.equal,
        findings: errorFindings(scorecard),
        scorecard,
      },
    }
  }
  /** An answer of which the measures alone are read: nothing of it goes on record. */
  const measureCase = (index: number, settings: SettingsTable): CaseAnswer => {
    const { case: replayCase, trimmed } = placedOnce(index, settings)
    const { case_id, family_id } = replayCase
    if ('unreplayable' in trimmed) return unreplayableAnswer(case_id, family_id, trimmed)
    const measures = measuresOf(suite, observe(trimmed, pinsFor(pinned, replayCase)))
    return { measures, decisionChanged: false, result: { ...UNTOLD, case_id, family_id } }
  }
  return {
    view,
    answer: ({ cases, settings, once }) => cases.map((i) => (once ? measureCase : answerCase)(i, settings)),
  }
}

/** Errors of all verdicts, each once: two evaluators may name the same loss. */
function errorFindings({ scores }: Scorecard): Finding[] {
  const errors: Finding[] = []
  for (const { findings } of Object.values(scores)) for (const f of findings) if (f.severity === 'error') errors.push(f)
  if (errors.length < 2) return errors
  return [...new Map(errors.map((f) => [`${f.message}\u0000${f.evidence_ref}\u0000${f.step}`, f])).values()]
}

/** The answer of a case that cannot be replayed: it counts against the candidate, never as a pass. */
export function unreplayableAnswer(
  caseId: string,
  familyId: string,
  { unreplayable }: Unreplayable,
  status: 'unreplayable' | 'failed' = 'unreplayable',
): CaseAnswer {
  return {
    measures: UNREPLAYABLE,
    decisionChanged: true,
    result: { ...UNTOLD, case_id: caseId, family_id: familyId, status, reason: unreplayable },
  }
}

/** The line of a replay of which nothing is told but its measures. */
const UNTOLD = {
  status: 'replayed',
  reason: null,
  recording: null,
  context: null,
  context_equal: false,
  findings: [] as Finding[],
  scorecard: null,
} as const

const NO_AMOUNTS: readonly number[] = []

/** What rendering says of a case, the rest not measured. */
function renderedOf(trimmed: TrimmedCase, pins: ReplayPins): Omit<Rendering, 'context'> {
  const { tokens, cents, latencyMs, bypassed, rightActions, rightWaiting } = spending(trimmed, pins)
  const measures = {
    ...NOT_MEASURED,
    approval_bypass: bypassed.length > 0,
    economics_tokens: tokens,
    economics_cents: cents,
    latency_ms: latencyMs,
    approval_waits: rightWaiting,
    approval_actions: rightActions,
  }
  const { amount } = trimmed.recording.approvals
  return { measures, amounts: bypassed.length === 0 ? NO_AMOUNTS : bypassed.map((i) => amount[i]!) }
}

/** What one context costs and asks is the same under all settings that show it; which hops are made is theirs. */
function atLatency(
  said: Omit<Rendering, 'context'>,
  latencyMs: number | null,
): Pick<Rendering, 'measures' | 'amounts'> {
  const { measures, amounts } = said
  if ('unreplayable' in measures || Object.is(measures.latency_ms, latencyMs)) return said
  return { measures: { ...measures, latency_ms: latencyMs }, amounts }
}

/** What a replay sees and asks. */
type Seen = Pick<TrimmedCase<SlimRecording>, 'recording' | 'rendered' | 'asked'>

const sameFlags = (a: Uint8Array, b: Uint8Array): boolean => a.every((flag, i) => flag === b[i])

/** Would two settings show a case the same, and ask the same? Exactly when `keyOf` is the same. */
const seesTheSame = (a: Seen, b: Seen): boolean =>
  a.recording === b.recording && sameShape(a.rendered.shape, b.rendered.shape) && sameFlags(a.asked, b.asked)

/** Exact identity of what a replay would see and ask: recording, context and approvals, as text of one byte a character. */
function keyOf({ recording, rendered: { shape }, asked }: TrimmedCase): string {
  const bytes = Buffer.from(shape.buffer, shape.byteOffset, shape.byteLength).toString('latin1')
  return `${recording.plan === undefined ? '' : PLANNED}${recording.run_id}\u0000${shape.length}\u0000${bytes}${Buffer.from(asked).toString('latin1')}`
}
