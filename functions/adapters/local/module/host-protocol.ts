/** Messages between the program and a process that runs a user's own harness. */
import type { HarnessReply } from '#core/replay/harness.ts'
import type { PinnedRecording } from '#core/replay/pinned-answers.ts'
import type { Settings } from '#schemas/common.ts'

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
