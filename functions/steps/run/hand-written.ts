/** Hand-written candidates: whoever hands them over, each is held to the same bounds before anything is written. */
import { meaningOf } from '#core/space/meaning.ts'
import { tokenCounter } from '#core/space/prompt/tokens.ts'
import type { CandidateChange, HandWrittenChange } from '#schemas/candidate.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { ProposedInRun } from '#schemas/run.ts'
import type { TuningTarget } from '#schemas/target.ts'
import type { StartRequest } from '#schemas/workflow.ts'
import { UserError } from '../../errors.ts'

/** A change and where it stands, for people: `changes.jsonl:3`. */
export interface LocatedChange {
  readonly at: string
  readonly change: HandWrittenChange
}

/** A change as a typed candidate, or everything that is out of bounds about it. */
type BoundedChange = LocatedChange & {
  readonly candidate: CandidateChange | null
  readonly problems: readonly string[]
}

/** Each change against the bounds of the target's pack. One that was given before is a problem of the later one. */
export async function boundedEach(
  changes: readonly LocatedChange[],
  pack: ContextPack,
  { intent, search_space }: Pick<TuningTarget, 'intent' | 'search_space'>,
): Promise<BoundedChange[]> {
  // The bounds of a prompt block are a tenth of a function that starts runs, and most runs are handed no change.
  const { boundedChange } = await import('#core/space/validate.ts')
  const count = await tokenCounter(pack)
  const seen = new Map<string, string>()
  return changes.map(({ at, change }): BoundedChange => {
    const bounded = boundedChange(change, pack, intent ?? '', search_space ?? [], count)
    if ('problems' in bounded) return { at, change, candidate: null, problems: bounded.problems }
    const { candidate } = bounded
    const meaning = meaningOf(pack, candidate.patch)
    const before = seen.get(meaning)
    if (before !== undefined)
      return { at, change, candidate: null, problems: [`the same change was given before, at ${before}`] }
    seen.set(meaning, at)
    return { at, change, candidate, problems: [] }
  })
}

/** Typed candidates. Throws UserError with every problem of every change: a run takes all of them or none. */
export async function boundedCandidates(
  changes: readonly LocatedChange[],
  pack: ContextPack,
  target: TuningTarget,
): Promise<CandidateChange[]> {
  const bounded = await boundedEach(changes, pack, target)
  const problems = bounded.flatMap(({ at, problems: its }) => its.map((p) => `  ${at}: ${p}`))
  if (problems.length > 0)
    throw new UserError(`these changes are out of bounds; nothing was run:\n${problems.join('\n')}`)
  return bounded.flatMap(({ candidate }) => candidate ?? [])
}

/** What proposers made elsewhere, held to the same bounds here, each under the name of one that was asked. Throws as above. */
export async function boundedProposed(
  { candidates: changes, ...made }: NonNullable<StartRequest['proposed']>,
  pack: ContextPack,
  target: TuningTarget,
): Promise<ProposedInRun> {
  const placed = changes.map(({ origin, ...change }, i) => {
    const at = `proposed.candidates[${i}]`
    if (origin === undefined || !made.proposers.includes(origin))
      throw new UserError(`${at}: its origin is none of the proposers that were asked (${made.proposers.join(', ')})`)
    return { at, change, origin }
  })
  const candidates = await boundedCandidates(placed, pack, target)
  return { ...made, candidates: candidates.map((candidate, i) => ({ ...candidate, origin: placed[i]!.origin })) }
}
