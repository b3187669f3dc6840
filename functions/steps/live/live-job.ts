/** What a case of a live run is replayed with: a recording whose model steps answer nothing, and the request for each prompt. */
import { digestOf } from '#core/canonical.ts'
import type { ModelRequest } from '#core/model/request.ts'
import type { PinnedRecording } from '#core/replay/pinned-answers.ts'
import type { LivePin } from '#schemas/live-model.ts'

/** The recording of a case whose model is asked anew. */
export const withoutModels = (recording: PinnedRecording): PinnedRecording => ({
  ...recording,
  models: [],
  models_withheld: 'a model is asked live',
})

/**
 * Requests of one replay. A draw of its own for every case and repeat, and the same one for both arms: noise is nobody's but the
 * model's, and that of one family tells nothing of another's.
 */
export function liveRequests(
  { model, max_tokens, temperature, seed }: LivePin,
  caseId: string,
  repeat: number,
): (prompt: string, nth: number) => ModelRequest {
  return (prompt, nth) => {
    const sample = Number.parseInt(digestOf([caseId, repeat, nth]).slice(7, 14), 16)
    return { model, max_tokens, temperature, seed, prompt, sample }
  }
}
