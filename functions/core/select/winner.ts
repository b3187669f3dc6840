/** From the gate's answer to the winner: certified and checked candidates, joined with their reach on the search set. */
import type { CandidateScore } from '#schemas/candidate.ts'
import type { Certificate, GateAnswer } from '#schemas/heldout.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import type { SearchResult } from '../search/search.ts'
import { choose } from './choose.ts'

export interface Winner {
  readonly candidate: CandidateScore
  readonly certificate: Certificate
}

/** The winner of an answered question; null after a "no". */
export function selectWinner(answer: GateAnswer, found: SearchResult, target: ResolvedTarget): Winner | null {
  if (!answer.certified) return null
  const candidateOf = (certificate: Certificate): CandidateScore =>
    found.committed.find((c) => c.digest === certificate.digest)!
  const eligible = answer.certificates
    .filter((c) => c.certified && c.checked)
    .map((certificate) => ({ certificate, blastRadius: candidateOf(certificate).blast_radius! }))
  const chosen = choose(eligible, target)
  return chosen && { candidate: candidateOf(chosen.certificate), certificate: chosen.certificate }
}
