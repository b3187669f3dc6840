/** Messages between the program and its compile workers. */
import type { IndexLine } from '#core/experience/index-line.ts'

/** What a worker is started with: each side of the store, and the key of one that is encrypted. */
export type Sides = Readonly<Record<string, { readonly folder: string; readonly key: Uint8Array | null }>>

export interface BlockRequest {
  readonly id: number
  readonly side: string
  readonly intent: string
  readonly block: readonly IndexLine[]
}

export type BlockReply = { readonly id: number } & (
  | { readonly lines: readonly string[] }
  | { readonly failure: Failure }
)

/** An error on its way between threads, which would not arrive as what it is. */
export type Failure =
  | { readonly kind: 'tamper'; readonly runId: string; readonly file: string; readonly detail: string }
  | { readonly kind: 'user'; readonly message: string }
  /** `system`: what an error of the system says beside its words, which does not travel with it. */
  | { readonly kind: 'other'; readonly error: unknown; readonly system: object }
