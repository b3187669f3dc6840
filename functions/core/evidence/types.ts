/** What replaying one change showed on the search set, as one value: what a review, a report and the workbench show of it. */
import type { Patch, SettingValue } from '#schemas/common.ts'
import type { PromptCost } from './prompt-cost.ts'

/**
 * Evidence of one candidate beside the baseline, over the recorded cases whose baseline reproduces. JSON, bounded whatever
 * the size of the set. Counts are cases unless a name says families. `null`: not recorded, or not known where a harness of
 * the user's own replays. Sealed cases never enter: `heldout` repeats published figures alone.
 */
export interface RunEvidence {
  readonly version: 1
  readonly candidate_id: string
  readonly patch: Patch
  readonly cases: CaseCounts
  /** Days of the recordings, and how long the newest lay back when the run began. */
  readonly recorded: RecordedDays
  readonly utility: UtilityTally
  /** The target's metric on the search set, in its own unit. */
  readonly metric: BeforeAfter
  readonly heldout: HeldoutFigures | null
  /** Passages by bucket, source and hop; null: nobody recorded what the harness read. */
  readonly coverage: readonly CoverageRow[] | null
  /** Where the tokens of model input go; null: as above. */
  readonly spending: Spending | null
  /** Size and price of changed prompt blocks, and the red team under them; absent: none is changed. */
  readonly prompts?: readonly PromptCost[]
  readonly actions: readonly ActionRow[]
  /** Gated actions by gate. */
  readonly amounts: readonly AmountsRow[]
  /** Who answers for each source that was read. */
  readonly sources: readonly SourceRow[]
  /** Where the harm lies, by declared attributes of the cases. */
  readonly slices: readonly Slice[]
  /** Cases that went another way, each in one group, the largest groups first; worse before better before held. */
  readonly groups: readonly CaseGroup[]
  /** Two or three whole cases a group, in the order of the groups. */
  readonly examples: readonly WholeCase[]
  /** Changes that were certified too, the best gain first; the chosen one stands among them. */
  readonly alternatives: readonly Alternative[]
  /** At most three lines made by rules, the gravest first. */
  readonly look_at: readonly LookAt[]
}

export interface BeforeAfter {
  readonly before: number | null
  readonly after: number | null
}

interface CaseCounts {
  /** In the pinned search set. */
  readonly recorded: number
  /** Whose baseline reproduces: all other counts are over these. */
  readonly compared: number
  readonly families: number
  /** With another context than under the baseline; null: not known. */
  readonly context_changed: number | null
  /** The records cannot say what would have happened. */
  readonly unreplayable: number
  /** A harness of the user's own threw or hung. */
  readonly failed: number
  /** Argument values of recorded actions, and those that stand nowhere in the records. */
  readonly values: number
  readonly untraced: number
}

export interface RecordedDays {
  /** `YYYY-MM-DD`; null: no recording carries a day. */
  readonly first: string | null
  readonly last: string | null
  readonly undated: number
  /** Whole days from the newest recording to the day of the run. */
  readonly age_days: number | null
}

/** Labelled cases whose verdict changed. Worse also counts a broken floor, with or without a label. */
export interface UtilityTally {
  readonly labelled: number
  readonly worse: number
  readonly better: number
  readonly worse_families: number
  readonly better_families: number
}

/** Figures that the certificate publishes; counts are families. */
export interface HeldoutFigures extends BeforeAfter {
  readonly families: number
  readonly labelled: number
  readonly worse: number | null
  readonly better: number | null
}

/** Passages of one bucket, source and hop in the contexts of all compared cases. */
export interface CoverageRow {
  readonly bucket: string
  readonly source: string | null
  readonly hop: number
  /** Read under the baseline. */
  readonly before: number
  /** Of those: not read any more; and those that are read for the first time. */
  readonly removed: number
  readonly added: number
  /** Of those read before: required evidence, and how much of it is lost. */
  readonly required: number
  readonly required_lost: number
  /** Of those read before: marked as needed for a complete answer, and how much of it is lost. */
  readonly needed: number
  readonly needed_lost: number
  /** Argument values of actions that stood there and can be read nowhere any more. */
  readonly values_lost: number
}

/** Tokens and cents of all model input and output of the compared cases, by part. */
export interface Spending {
  /** Decisions that are summed: divide by it for one. */
  readonly decisions: number
  /** Of those, with known prices and usage on both sides: the sums of cents are over these. */
  readonly priced: number
  readonly parts: readonly SpendingPart[]
}

export interface SpendingPart {
  /** A bucket, or one of `tool output`, `dialogue`, `instructions and the rest`, `output`. */
  readonly part: string
  readonly kind: 'bucket' | 'tools' | 'dialogue' | 'rest' | 'output'
  readonly tokens: { readonly before: number; readonly after: number }
  /** Parts at the full price of input; what a cache saved is in `rest`. null: nothing is priced. */
  readonly cents: { readonly before: number; readonly after: number } | null
}

/** Calls of one tool. */
export interface ActionRow {
  readonly tool: string
  /** Changes state outside the run; null: not recorded. */
  readonly writes: boolean | null
  readonly before: number
  /** null: not known. */
  readonly after: number | null
  /** Of these: wait for a person. */
  readonly asked_before: number
  readonly asked_after: number | null
}

/** Gated actions of one gate, by what happens to them. */
export interface AmountsRow {
  readonly gate: string
  readonly actions: number
  readonly asked_before: number
  readonly asked_after: number
  /** Asked for under the baseline, and let through now. */
  readonly let_through: number
  /** Their amounts, ascending, at most forty; the sum of all of them; those without an amount. */
  readonly amounts: readonly number[]
  readonly sum: number
  readonly unknown: number
}

export interface SourceRow {
  readonly source: string
  /** As the pack declares them; null: it does not. */
  readonly owner: string | null
  readonly version: string | null
  /** Day on which it was last changed, and its age when the run began. */
  readonly updated: string | null
  readonly age_days: number | null
  /** Passages of it that were read. */
  readonly before: number
  readonly after: number
}

/** Cases by the value of one attribute. */
export interface Slice {
  readonly attribute: string
  readonly value: string
  readonly cases: number
  readonly labelled: number
  readonly worse: number
  readonly better: number
}

/** What happened to a case: something of it got worse, better, or nothing did though its context is another one. */
export type Course = 'worse' | 'better' | 'held'

export interface CaseGroup {
  readonly id: string
  readonly course: Course
  /** One pattern, in words. */
  readonly pattern: string
  readonly cases: number
  readonly families: number
  /** At most two hundred of them, in case order. */
  readonly case_ids: readonly string[]
}

/** One recorded case before and after. Texts are cut at a bound, which `…` at their end says. */
export interface WholeCase {
  readonly group: string
  readonly case_id: string
  readonly family_id: string
  readonly run_id: string
  readonly date: string | null
  /** What the user asked, and what the agent said last; null: not recorded. */
  readonly request: string | null
  readonly answer: string | null
  readonly passed: { readonly before: boolean | null; readonly after: boolean | null }
  readonly tokens: BeforeAfter
  readonly cents: BeforeAfter
  /** The context in reading order, removed and needed passages first kept where there are too many. */
  readonly passages: readonly Passage[]
  readonly passages_before: number
  readonly passages_after: number
  readonly verdicts: readonly VerdictPair[]
  readonly actions: readonly CaseAction[]
}

export interface Passage {
  readonly ref: string
  readonly bucket: string
  readonly source: string | null
  readonly hop: number
  /** In its bucket and hop, under the ordering of the baseline; 0: it had none. */
  readonly rank: number
  readonly tokens: number
  readonly text: string | null
  readonly read: 'both' | 'before' | 'after'
  /** `required`, `needed` (marked), `used` (a value of an action stands in it), or nothing of it. */
  readonly mark: 'required' | 'needed' | 'used' | null
}

export interface VerdictPair {
  readonly evaluator_id: string
  readonly before: 'pass' | 'warn' | 'fail' | null
  readonly after: 'pass' | 'warn' | 'fail' | null
  /** What it found under the candidate, in words; null: nothing. */
  readonly finding: string | null
}

export interface CaseAction {
  readonly tool: string
  readonly writes: boolean | null
  readonly amount: number | null
  readonly asked: { readonly before: boolean | null; readonly after: boolean | null }
}

/** A certified change; figures are of the search set. */
export interface Alternative {
  readonly candidate_id: string
  readonly patch: Readonly<Record<string, { readonly from: SettingValue; readonly to: SettingValue }>>
  readonly chosen: boolean
  readonly metric: number | null
  /** Part of the baseline's metric that it gains, positive is better; null: not measured. */
  readonly gain: number | null
  /** Families. */
  readonly worse: number | null
  readonly better: number | null
  readonly labelled: number
}

/** Names of the rules that speak. */
export type LookAtRule =
  | 'rejected_elsewhere'
  | 'source_gone'
  | 'slice_carries_harm'
  | 'one_pattern'
  | 'better_neighbour'
  | 'edge_of_records'
  | 'old_recordings'
  | 'excluded_cases'
  | 'not_recorded'
  | 'not_at_stake'
  | 'untraced'

export interface LookAt {
  readonly rule: LookAtRule
  /** One sentence or two. */
  readonly says: string
  /** Which part shows it. */
  readonly see: 'coverage' | 'cases' | 'slices' | 'alternatives' | 'records' | 'proof'
}
