/** What a search needs of a replayer: free knowledge about a case, and paid answers. */
import type { ReplayResult } from '#schemas/candidate.ts'
import type { SettingsTable } from '#schemas/common.ts'
import type { Measures } from '../evaluate/scorecard.ts'

/** Context key of a case whose context and approvals are the baseline's own. */
export const SAME_AS_BASELINE = '='

/** How the context key of a case begins that a recording answers which was made for a plan; no run id begins so. */
export const PLANNED = '*'
export const isPlanned = (key: string): boolean => key.startsWith(PLANNED)

/** How the context key of a case begins that the records cannot answer; what follows says why. */
const NOT_REPLAYABLE = 'unreplayable: '
export const unreplayableKey = (why: string): string => `${NOT_REPLAYABLE}${why}`
export const isReplayable = (key: string): boolean => !key.startsWith(NOT_REPLAYABLE)

/** What is known of a case under settings before anything is paid. */
export interface CaseView {
  /** Does rendering tell spending and bypasses? Otherwise this replayer knows costs only by running. */
  readonly renders: boolean
  /** Does any case have a recording that was made for a plan? Absent: its keys say so. */
  readonly hasPlanned?: boolean
  /** Names what a replay would see and ask; equal keys of one case are one replay. */
  contextKey(caseIndex: number, settings: SettingsTable): string
  /** Each case under several settings, in their order; asked only where `renders` says so. */
  sideBySide(tables: readonly SettingsTable[]): (caseIndex: number) => readonly Rendering[]
  /**
   * Each case under several settings, in their order, with what a replay measures `once`: where looking at a case costs more
   * than that. Absent: whoever answers is asked for no more than is read.
   */
  measuredSideBySide?(tables: readonly SettingsTable[]): (caseIndex: number) => readonly Measured[]
}

/** The context of a case, and its answer; null: the baseline's own record stands. */
export interface Measured {
  readonly key: string
  readonly answer: GistAnswer | null
}

/** A case under settings, rendered. */
export interface Rendering {
  /** Spending and bypasses, the rest `null`. */
  readonly measures: Measures | { readonly unreplayable: string }
  /** Amounts of the approvals that these settings skip. */
  readonly amounts: readonly number[]
  /**
   * Number of its context among those of this case that were rendered side by side; `BASELINE_CONTEXT`: the baseline's own,
   * `UNNUMBERED`: its key alone names it.
   */
  readonly context: number
}

export const BASELINE_CONTEXT = 0
export const UNNUMBERED = 255

/** Contexts of a candidate by case. Numbers of one `group` name the same contexts. */
export interface Contexts {
  readonly group: number
  readonly numbers: Uint8Array
  /** No other group has contexts: where there is a number, no key is needed beside it. */
  readonly isOnly?: boolean
}

/** A paid answer: measures, what changed against the baseline, and the line it leaves on record. */
export interface CaseAnswer {
  readonly measures: Measures
  /** Absent: it did change, because only a changed context is paid for. */
  readonly contextChanged?: boolean
  readonly decisionChanged: boolean
  readonly result: Omit<ReplayResult, 'candidate_id'>
}

/** What a search reads of a replay's line, where the line itself stays with whoever replayed it. */
export interface Gist {
  readonly status: ReplayResult['status']
  /** Why it counts against the candidate whatever its measures; null: it was replayed. */
  readonly stop: string | null
  /** The first verdict that failed and where, for people; null: none did. */
  readonly failing: string | null
  /** What the binary floors said (`floor-letters.ts`); null: there is no verdict. */
  readonly letters: string | null
}

/** A paid answer without its line. */
export interface GistAnswer extends Required<Omit<CaseAnswer, 'result'>> {
  readonly gist: Gist
  /** Is called when the answer is read, in the order of the round: its line goes on record. */
  onRecord(): void
}

/** A block of replays that the search asks for: one candidate, several cases (indices into the panel). */
export interface Round {
  readonly candidate_id: string
  readonly settings: SettingsTable
  readonly cases: readonly number[]
  /** What will most likely be asked for after them, under the same settings: whoever has time may begin. @default nothing */
  readonly next?: readonly number[]
  /** The first case that cannot be replayed, or fails, decides: answers behind it may be left out. */
  readonly stopsAtFailure?: true
  /** Its lines are on nobody's record: the search reads measures and verdicts alone. */
  readonly offRecord?: true
  /** Nothing on record rests on it: code that replays need not show that it answers twice alike. */
  readonly once?: true
}

/** Does this answer decide a round that `stopsAtFailure`? */
export const stopsRound = ({ result }: CaseAnswer): boolean => result.status !== 'replayed'

/** Items up to the first that ends the work, that one included; all where none does. */
export function upTo<T>(items: readonly T[], ends: (item: T) => boolean): readonly T[] {
  const last = items.findIndex(ends)
  return last < 0 ? items : items.slice(0, last + 1)
}

/** How a round may be answered. */
export type AnswerHow = Pick<Round, 'stopsAtFailure' | 'once'>

/** Answers a round in its own order. */
export type AnswerRound = (round: Round) => readonly CaseAnswer[]

/** The same as the search reads it. */
export type Answer = CaseAnswer | GistAnswer

/** Counts of a search: replays read, replays answered by memory or by the baseline's own record, and what failed. */
export interface ReplayCounts {
  readonly paid: number
  readonly avoided: number
  readonly unreplayable: number
  readonly failed: number
}
