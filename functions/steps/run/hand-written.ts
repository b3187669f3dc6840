/** Hand-written candidates: whoever hands them over, each is held to the same bounds before anything is written. */
import { boundedChange } from '#core/space/validate.ts'
import type { CandidateChange, HandWrittenChange } from '#schemas/candidate.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { UserError } from '../../errors.ts'

/** A change and where it stands, for people: `changes.jsonl:3`. */
export interface LocatedChange {
  readonly at: string
  readonly change: HandWrittenChange
}

/** Typed candidates. Throws UserError with every problem of every change: a run takes all of them or none. */
export function boundedCandidates(
  changes: readonly LocatedChange[],
  pack: ContextPack,
  { intent, search_space }: TuningTarget,
): CandidateChange[] {
  const problems: string[] = []
  const seen = new Set<string>()
  const candidates = changes.flatMap(({ at, change }): CandidateChange[] => {
    const bounded = boundedChange(change, pack, intent ?? '', search_space ?? [])
    if ('problems' in bounded) {
      problems.push(...bounded.problems.map((p) => `  ${at}: ${p}`))
      return []
    }
    if (seen.has(bounded.candidate.candidate_id)) problems.push(`  ${at}: the same change was given before`)
    seen.add(bounded.candidate.candidate_id)
    return [bounded.candidate]
  })
  if (problems.length > 0)
    throw new UserError(`these changes are out of bounds; nothing was run:\n${problems.join('\n')}`)
  return candidates
}
