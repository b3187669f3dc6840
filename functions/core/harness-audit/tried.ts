/** What was tried for a control on copies of what a store holds, and what stopped it. */
import type { Evidence } from '../done/facts.ts'
import type { Attempt } from '../done/probe.ts'

/** `is`: what the control is in this loop. */
export type Tried = { readonly is: string } & (
  | {
      readonly attempts: readonly Attempt[]
      /** Files of the store that it was tried on. */
      readonly evidence: readonly Evidence[]
      /** What it lacks though every attempt was stopped. */
      readonly short?: string | null
    }
  /** Why nothing could be tried. */
  | { readonly cannot: string }
)

/** An attempt that went through unless a problem was seen, or a text says what stopped it. */
export const attempt = (tried: string, stopped: string | null | undefined): Attempt => ({
  tried,
  stopped: stopped ?? null,
})
