/** What the program asks of its compile workers. */
import type { RunToCompile } from '#core/experience/index-line.ts'

/** What a worker is started with: each side of the store, and the key of one that is encrypted. */
export type Sides = Readonly<Record<string, { readonly folder: string; readonly key: Uint8Array | null }>>

/** A block of runs, answered by the lines of its cases. */
export interface Block {
  readonly side: string
  readonly intent: string
  readonly lines: readonly RunToCompile[]
}
