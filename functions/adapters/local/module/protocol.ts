/** Messages between the program and its processes: the one that runs a user's own harness, and the one that searches meanwhile. */
import type { VerdictAnswer } from '#core/evaluate/asked.ts'
import type { HarnessReply } from '#core/replay/harness.ts'
import type { LiveCase } from '#core/replay/live-case.ts'
import type { PinnedRecording } from '#core/replay/pinned-answers.ts'
import type { CaseAnswer, Round } from '#core/search/replayer.ts'
import type { SearchResult } from '#core/search/search.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import type { Settings } from '#schemas/common.ts'
import type { HarnessCase } from '#schemas/harness.ts'
import type { Request, Told } from '../isolation/protocol.ts'

export type SearchTurn =
  /** Over a line a case: head and baseline measures. */
  { readonly input: Omit<SearchInput, 'panel'> } | { readonly answers: readonly CaseAnswer[] } | FirstMeasures

/** Asked once it has found: a line each. */
type FirstMeasures = Extract<Request, { verb: 'first-measures' }>

/** What comes next; before it, the replays that were read, a line each. */
export type SearchStep = { readonly round: Round } | { readonly result: Told<SearchResult> }

/** Descriptor on which a host's messages leave; cases and answers come in on stdin. A line of JSON each. */
export const MESSAGES = 3

/**
 * To the host. `id` is drawn anew for every case, so that what an earlier case left behind cannot speak for this one. The
 * answers of the recording stay with the program: a harness has those that it asked for.
 */
export type ToHost =
  | { readonly id: string; readonly recorded: HarnessCase; readonly settings: Settings; readonly ahead_ms?: number }
  | { readonly id: string; readonly view: unknown }
  | { readonly id: string; readonly call: number; readonly answer: unknown }
  | { readonly id: string; readonly call: number; readonly unpinned: string }

/** One view of a case for a module that judges, canonical JSON. */
interface ViewJob {
  readonly view: string
}

/** One case for a harness. */
export interface Job {
  readonly recording: PinnedRecording
  readonly settings: Settings
  /** Who answers its model steps, made for each attempt at the case; absent: the recording. */
  readonly live?: () => LiveCase
  /** How far ahead its clock is to be (`other-clock.ts`). @default not at all */
  readonly aheadMs?: number
}

/** What a process may be asked, by the name of the function that its module exports. */
export interface Asked {
  readonly replay: { readonly job: Job; readonly reply: HarnessReply }
  readonly judge: { readonly job: ViewJob; readonly reply: VerdictAnswer }
}
export type Asks = keyof Asked

/** Who a module is to people, by what it exports. */
export const WHO = { replay: 'the harness', judge: 'the module' } as const satisfies Record<Asks, string>

/** A reply as the pool sees it. `died`: tried once more in a fresh process, what is at fault may be an earlier case. `cut`: its time was over. */
export type HostAnswer<A extends Asks = 'replay'> = Asked[A]['reply'] & { readonly died?: true; readonly cut?: true }
