/** The model of one replay of a case, as whoever runs the harness asks it. */
import type { ModelAnswer } from '#schemas/harness.ts'
import type { HarnessReply } from './harness.ts'

/** What a prompt came to: an answer, or why this case has none. */
type Answered = { readonly answer: ModelAnswer } | { readonly unpinned: string }

/** It is asked by this program: the harness's process has no network, and names no model. */
export interface LiveCase {
  /** Throws where the model cannot be asked at all: that ends the work. */
  model(prompt: string): Promise<Answered>
  /** The reply with what was asked on record. */
  settled(reply: HarnessReply): HarnessReply
}
