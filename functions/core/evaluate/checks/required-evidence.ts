/** Check `required_evidence`: a required passage falls out of the context. */
import { type Check, finding, verdict } from './check.ts'
import { isMarked, MARKS_LACK, unmarked } from './marked.ts'
import { OF_CONTEXT } from './rows.ts'

export const requiredEvidence: Check<'required_evidence'> = {
  judge: (r) =>
    verdict(
      r.lostRequired.map((i) =>
        finding('required evidence fell out of the context', { evidence_ref: r.trimmed.recording.evidence.ref[i]! }),
      ),
    ),
  look(r, _, _baseline, rules) {
    if (r.evidence.required.includes(1)) return 'exposed'
    // That a run had to refuse says that no passage was needed for an answer, and nothing of what policy requires.
    return rules >= 2 && r.evidence.ref.length > 0 && !isMarked(r) ? 'not_recorded' : unmarked(r)
  },
  breaks: OF_CONTEXT,
  lacks: MARKS_LACK,
}
