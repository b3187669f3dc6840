/** Messages between the program and a process that runs a user's own harness. */
import type { HarnessReply } from '#core/replay/harness.ts'
import type { PinnedRecording } from '#core/replay/harness-pinned.ts'
import type { Settings } from '#schemas/common.ts'

/** One case to replay. */
export interface HostRequest {
  readonly id: number
  readonly recording: PinnedRecording
  readonly settings: Settings
}

export type HostMessage =
  /** The module is loaded, or why it is not. */
  { readonly loaded: string | null } | { readonly id: number; readonly reply: HostReply }

/** `died`: the process ended, or something threw outside of the case's own promise, so an earlier case may be to blame. */
export type HostReply = HarnessReply & { readonly died?: true }
