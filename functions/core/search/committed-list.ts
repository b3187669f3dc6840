/** What a search hands to the gate: survivors ordered by how sure the search set is, each better than all before it. */
import type { CandidateScore, Fate } from '#schemas/candidate.ts'
import { marginOf, type ResolvedTarget } from '../contract/resolve.ts'
import type { Pairs } from '../evaluate/pairs.ts'
import {
  committedList as frontOf,
  gradedSearchEvidence,
  MAX_COMMITTED,
  searchEvidence,
} from '../statistics/fixed-sequence.ts'

/** Fates of candidates that held every limit, the best first. */
export const HELD: readonly Fate[] = ['won', 'certified', 'committed', 'dominated']

/** Search evidence of a survivor: how far its paired utility stands above the limit, in noise units. */
export function evidenceOf(target: ResolvedTarget, pairs: Pairs): number {
  const { labelled, regressions, improvements, differences } = pairs
  return target.guardrails.utility_delta?.graded
    ? gradedSearchEvidence(differences, marginOf(target))
    : searchEvidence(labelled, regressions, improvements, marginOf(target))
}

/** Between equal evidence and metric: a field that changes nothing measurable is not worth its reach. */
const fewestFieldsFirst = ({ patch, digest }: CandidateScore): string =>
  `${String(Object.keys(patch).length).padStart(3, '0')} ${digest}`

/** Survivors as the ordered list for the gate, at most eight, fate `committed`. */
export function committedCandidates(scored: readonly CandidateScore[], target: ResolvedTarget): CandidateScore[] {
  const survivors = scored.filter((c) => c.fate === 'dominated')
  return frontOf(
    survivors,
    (c) => ({ evidence: c.search_evidence!, target: c.metric!, digest: fewestFieldsFirst(c) }),
    target.direction,
    MAX_COMMITTED,
  ).map((c) => ({
    ...c,
    fate: 'committed',
    reason: 'committed to the held-out question',
  }))
}
