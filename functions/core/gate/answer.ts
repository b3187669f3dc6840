/** The gate's decision: one ordered list in, one bit out. Scores every case of every listed candidate, then answers. */
import type { Certificate, GateAnswer, LiveEvidence } from '#schemas/heldout.ts'
import { fixedSequence } from '../statistics/fixed-sequence.ts'

/** Certificates in committed order, cut at the first that fails (fixed sequence), and whether any may be proposed. */
export function decide(
  certificates: readonly Certificate[],
  level: number,
): { certified: boolean; certificates: Certificate[] } {
  const passed = new Set(
    fixedSequence(
      certificates.map((c) => c.p),
      level,
    ),
  )
  const settled = certificates.map((c, i) => ({ ...c, certified: passed.has(i) }))
  return { certified: settled.some((c) => c.certified && c.checked), certificates: settled }
}

/** The canonical "no": the same bytes whatever the cause. */
export const noAnswer = (version: string, question: number): GateAnswer => ({ certified: false, version, question })

/**
 * The answer that leaves the gate. A yes retires the version, so everything may be shown.
 *
 * @param stands what it stands on beside the sealed cases: a digest over the recorded scores of code that replays, and the
 *   answers of a model that was asked live; absent: neither
 */
export function gateAnswer(
  version: string,
  question: number,
  commit: string,
  certificates: readonly Certificate[],
  level: number,
  { scored, live }: { readonly scored?: string | undefined; readonly live?: LiveEvidence | undefined } = {},
): GateAnswer {
  const decided = decide(certificates, level)
  if (!decided.certified) return noAnswer(version, question)
  const yes = { certified: true, version, question, commit, certificates: decided.certificates } as const
  return { ...yes, ...(scored !== undefined && { scored }), ...(live && { live }) }
}

/** What a "yes" certifies of a candidate; null: a "no", no answer, or a candidate that it does not certify. */
export const certificateFor = (answer: GateAnswer | null, candidateId: string): Certificate | null =>
  (answer?.certified && answer.certificates.find((c) => c.candidate_id === candidateId)) || null
