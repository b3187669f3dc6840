/** An endpoint that says "not valid" does not say of what: of these words, or of everything that it is asked. */
import { type ModelRequest, PROBE } from '#core/model/request.ts'
import type { ModelPort } from '#ports'

/**
 * Is it the words of a request that were refused? Then the same model answers other words under the same parameters. A refusal
 * is kept for ever, so what a person must mend (a key, a credit, a parameter) may not pass for one. It asks once, and throws nothing.
 */
export async function refusesWords(request: ModelRequest, { converse }: ModelPort): Promise<boolean> {
  if (request.prompt === PROBE) return false
  try {
    return !('refused' in (await converse({ ...request, prompt: PROBE })))
  } catch {
    return false
  }
}
