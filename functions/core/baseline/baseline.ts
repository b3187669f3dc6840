/** Baseline replay: before any candidate counts, the baseline must reproduce the recorded decision record byte for byte. */
import type { Settings, SettingsTable } from '#schemas/common.ts'
import type { BaselineTuple, PriceTable } from '#schemas/pack.ts'
import type { Recording, ReplayCase } from '#schemas/replay-case.ts'
import type { AutotuneRun, Replayer } from '#schemas/run.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { digestOfBytes } from '../canonical.ts'
import { baselineFloors } from '../evaluate/floor-letters.ts'
import { labelKindOf } from '../evaluate/label-kind.ts'
import { type Measures, measuresOf } from '../evaluate/scorecard.ts'
import { decisionRecordText } from '../experience/decision-record.ts'
import type { AskedAnswer } from '../live/asked-answers.ts'
import { contextHash, sameShape } from '../replay/render.ts'
import { observe, type Replayed, recordedContext, trimCase } from '../replay/transcript.ts'
import { settingsFor, tableOf } from '../space/scope.ts'

/**
 * Why a case is left out: the typed diff of its baseline replay (replay contract), no recording to compare with, or a
 * harness of the user's own that failed on it.
 */
const EXCLUSIONS = [
  'evidence',
  'policy',
  'tool transcript',
  'model profile',
  'prompt',
  'memory schema',
  'compiled context',
  'scorecard',
  'unreplayable',
  'failed',
] as const
export type Exclusion = (typeof EXCLUSIONS)[number]

export interface BaselinePins {
  readonly tuple: BaselineTuple
  readonly settings: SettingsTable
  readonly suite: EvaluatorSuite
  readonly prices: PriceTable | null
  /** Absent: the transcript replayer. */
  readonly replayer?: Replayer
  /** Key under which speaking cases are drawn; absent: as version 0.2.0 drew them (`makePanel`). */
  readonly draw?: string
  /** Rules by which records are looked at (`exposures.ts`). @default those that stand */
  readonly exposure_rules?: number
}

/** What is pinned, with the settings that one case has. */
export interface CasePins extends BaselinePins {
  readonly settings: Settings
}

export const ofCase = (pins: BaselinePins, replayCase: ReplayCase): CasePins => ({
  ...pins,
  settings: settingsFor(pins.settings, replayCase),
})

/** What the baseline of a run pins. */
export const baselinePins = (
  run: Pick<
    AutotuneRun,
    'target' | 'pack' | 'evaluator_suite' | 'price_table' | 'replayer' | 'draw' | 'exposure_rules'
  >,
): BaselinePins => ({
  tuple: run.target.baseline_tuple!,
  settings: tableOf(run.pack),
  suite: run.evaluator_suite,
  prices: run.price_table,
  replayer: run.replayer,
  ...(run.draw !== undefined && { draw: run.draw }),
  exposure_rules: run.exposure_rules ?? 1,
})

export interface Excluded {
  readonly excluded: Exclusion
  readonly detail: string
}

/** A case that reproduces: its measures, and what the binary floors had to look at and said (`floor-letters.ts`). */
export interface Reproducing {
  readonly measures: Measures
  /** Absent: not known, and so not recorded. */
  readonly floors?: string
  /** Who gave the label that utility reads, or why there is none. Absent: not looked at. */
  readonly label?: ReturnType<typeof labelKindOf>
  /** What each evaluator said, where a model was asked live (`live-baseline.ts`). */
  readonly said?: string
  /** Answers of that model. */
  readonly answers?: readonly AskedAnswer[]
}

/** Measures of a case that reproduces, or why it is left out. */
export type BaselineReplay = Reproducing | Excluded

/** Baseline measures of a case, or the first thing in which its replay differs from the record. */
export function baselineReplay(replayCase: ReplayCase, given: BaselinePins): BaselineReplay {
  const pins = ofCase(given, replayCase)
  const trimmed = trimCase(replayCase, pins.settings, pins.settings)
  if ('unreplayable' in trimmed) return { excluded: 'unreplayable', detail: trimmed.unreplayable }
  const { recorded } = trimmed.recording
  const other = otherRefs(trimmed.recording, pins.tuple)
  if (other) return other
  if (digestOfBytes(decisionRecordText(recorded.identity, trimmed)) !== recorded.decision_record) {
    const context = `sha256:${contextHash(trimmed.prepared, trimmed.rendered)}`
    if (!sameShape(recordedContext(trimmed.prepared).kept, trimmed.rendered.kept))
      return {
        excluded: 'evidence',
        detail: 'the baseline settings would have admitted other evidence than was recorded',
      }
    if (context !== recorded.context)
      return { excluded: 'compiled context', detail: 'the compiled context hash differs' }
    return { excluded: 'scorecard', detail: 'status, outputs or approvals differ from the decision record' }
  }
  return reproducing(replayCase, observe(trimmed, { baseline: pins.settings, prices: pins.prices }), pins)
}

/** What is kept of a baseline replay that is as recorded. */
export const reproducing = (replayCase: ReplayCase, replayed: Replayed, pins: CasePins): Reproducing => ({
  measures: measuresOf(pins.suite, replayed),
  floors: baselineFloors(pins.suite, replayCase, replayed, pins.settings, pins.exposure_rules),
  label: labelKindOf(replayed.trimmed.recording, pins.suite),
})

/** A recording made under another policy, tools, model profile, prompt or memory schema than the baseline pins; null: the same. */
export function otherRefs({ recorded }: Recording, tuple: BaselineTuple): Excluded | null {
  if (recorded.policy !== null && recorded.policy !== tuple.policy)
    return { excluded: 'policy', detail: `recorded under ${recorded.policy}, the baseline pins ${tuple.policy}` }
  if (recorded.tools !== null && recorded.tools !== tuple.tools)
    return { excluded: 'tool transcript', detail: `recorded with ${recorded.tools}, the baseline pins ${tuple.tools}` }
  const lineage = (recorded.identity.lineage ?? {}) as Readonly<Record<string, unknown>>
  for (const [ref, excluded] of OTHER_REFS) {
    const [was, is] = [lineage[ref], tuple[ref]]
    // What either side does not name cannot be compared.
    if (typeof was === 'string' && is !== undefined && was !== is)
      return { excluded, detail: `recorded under ${was}, the baseline pins ${is}` }
  }
  return null
}

const OTHER_REFS = [
  ['model_profile', 'model profile'],
  ['prompt', 'prompt'],
  ['memory_schema', 'memory schema'],
] as const satisfies readonly (readonly [keyof BaselineTuple, Exclusion])[]
