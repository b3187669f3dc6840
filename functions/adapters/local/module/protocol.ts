/** Messages between the program and its processes: the one that runs a user's own harness, and the one that searches meanwhile. */
import type { HarnessReply } from '#core/replay/harness.ts'
import type { PinnedRecording } from '#core/replay/pinned-answers.ts'
import type { CaseAnswer, Round } from '#core/search/replayer.ts'
import type { SearchResult } from '#core/search/search.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import type { Settings } from '#schemas/common.ts'
import type { Packed } from '../isolation/protocol.ts'

export type SearchTurn =
  /** Over a line a case: head and baseline measures. */
  { readonly input: Omit<SearchInput, 'panel'> } | { readonly answers: readonly CaseAnswer[] }

/** What comes next; before it, the replays that were read, a line each. */
export type SearchStep = { readonly round: Round } | { readonly result: Packed<SearchResult> }

/** One case to replay. */
export interface HostRequest {
  readonly id: number
  readonly recording: PinnedRecording
  readonly settings: Settings
}

/** What came of a case in the process: what `replay` returned is not looked at there. */
export type HostReply =
  | { readonly returned: unknown; readonly served: readonly number[] }
  | { readonly unreplayable: string }
  /** `stray`: it was thrown outside of the case's own promise, so an earlier case may be to blame. */
  | { readonly failed: string; readonly stray: boolean }

export type HostMessage =
  /** The module is loaded, or why it is not. */
  | { readonly loaded: string | null }
  /** `printed`: first lines that the harness wrote. */
  | { readonly id: number; readonly reply: HostReply; readonly printed: string }

/** A reply as the pool sees it. `died`: tried once more in a fresh process, what is at fault may be an earlier case. */
export type HostAnswer = HarnessReply & { readonly died?: true }
