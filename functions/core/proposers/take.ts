/** What proposers hand over, as candidates of a run: each typed and bounded, none twice, the rest left out with a reason. */
import type { CandidateChange, HandWrittenChange } from '#schemas/candidate.ts'
import type { ContextPack } from '#schemas/pack.ts'
import { MOST_PROPOSED } from '#schemas/proposers.ts'
import type { LeftOut, ProposedInRun } from '#schemas/run.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import { releasedProblem } from '../contract/standing.ts'
import { meaningOf } from '../space/meaning.ts'
import type { CountTokens } from '../space/prompt/tokens.ts'
import { boundedChange } from '../space/validate.ts'
import type { ProposedChange, ProposerInput, Unread } from './proposer.ts'

/** What one proposer handed over. */
export interface HandedOver {
  readonly origin: string
  readonly changes: readonly ProposedChange[]
  /** Absent: whatever it made is a change. */
  readonly unread?: readonly Unread[]
}

/** What they are held to. `given`: candidates that a person wrote for this run; they go first. */
interface TakenUnder {
  readonly pack: ContextPack
  readonly target: Pick<ResolvedTarget, 'intent' | 'search_space'>
  readonly released: ProposerInput['released']
  readonly given: readonly CandidateChange[]
  readonly count: CountTokens
}

/** Candidates in the order of their proposers, and what was left out. */
export function takeProposed(
  all: readonly HandedOver[],
  { pack, target, released, given, count }: TakenUnder,
): Pick<ProposedInRun, 'candidates' | 'left_out'> {
  const known = new Map(given.map(({ patch, origin }) => [meaningOf(pack, patch), origin ?? 'hand_written']))
  const candidates: CandidateChange[] = []
  const left_out: LeftOut[] = []
  for (const { origin, changes, unread = [] } of all) {
    for (const { paths, reason } of unread)
      left_out.push({ origin, paths: [...paths], why: 'unreadable', reason: reason.slice(0, 2000) })
    for (const { patch, rationale, prediction } of changes.slice(0, MOST_PROPOSED)) {
      const leave = (why: LeftOut['why'], reason: string) =>
        left_out.push({ origin, paths: pathsOf(patch), why, reason: reason.slice(0, 2000) })
      const bounded = boundedChange(
        { patch, rationale: rationale.slice(0, 4000), prediction },
        pack,
        target.intent,
        target.search_space,
        count,
      )
      if ('problems' in bounded) {
        leave('out_of_bounds', bounded.problems.join('; '))
        continue
      }
      const { candidate } = bounded
      const meaning = meaningOf(pack, candidate.patch)
      const same = known.get(meaning)
      const [already] = releasedProblem(released, pack, candidate.patch)
      if (same !== undefined) leave('duplicate', `${same} proposed the same settings`)
      else if (already !== undefined) leave('released', already)
      else {
        known.set(meaning, origin)
        candidates.push({ ...candidate, origin })
      }
    }
    if (changes.length > MOST_PROPOSED)
      left_out.push({
        origin,
        paths: [],
        why: 'too_many',
        reason: `it proposed ${changes.length} changes, and at most ${MOST_PROPOSED} are taken`,
        n: changes.length - MOST_PROPOSED,
      })
  }
  return { candidates, left_out }
}

/** Declared paths or not: as much of them as a person has to see. */
const pathsOf = (patch: HandWrittenChange['patch']): string[] =>
  Object.keys(patch)
    .slice(0, 10)
    .map((path) => path.slice(0, 200))
