/** Check `context_diff`: warns where the context differs from the recorded one. */
import { recordedContext } from '../../replay/transcript.ts'
import { exposedWhen } from '../exposures.ts'
import { type Check, pass } from './check.ts'
import { NOTHING_LACKS } from './kept.ts'
import { OF_NOTHING } from './rows.ts'

export const contextDiff: Check<'context_diff'> = {
  judge(r) {
    if (r.trimmed.equal) return pass
    const before = recordedContext(r.trimmed.prepared)
    const after = new Set(r.trimmed.rendered.kept)
    const lost = [...before.kept].filter((i) => !after.has(i)).length
    const message = `context differs: ${before.kept.length} passages before, ${after.size} now, ${lost} of them dropped`
    return { score: 0, status: 'warn', findings: [{ severity: 'info', message, evidence_ref: null, step: null }] }
  },
  look: (r) => exposedWhen(r.evidence.ref.length > 0),
  breaks: OF_NOTHING,
  lacks: NOTHING_LACKS,
}
