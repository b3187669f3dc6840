/** Check `required_evidence`: a required passage falls out of the context. */
import { type Check, finding, verdict } from './check.ts'
import { MARKS_LACK, unmarked } from './marked.ts'
import { OF_CONTEXT } from './rows.ts'

export const requiredEvidence: Check<'required_evidence'> = {
  judge: (r) =>
    verdict(
      r.lostRequired.map((i) =>
        finding('required evidence fell out of the context', { evidence_ref: r.trimmed.recording.evidence.ref[i]! }),
      ),
    ),
  look: (r) => (r.evidence.required.includes(1) ? 'exposed' : unmarked(r)),
  breaks: OF_CONTEXT,
  lacks: MARKS_LACK,
}
