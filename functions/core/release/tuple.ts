/** Release tuples: the refs that go out and come back together, each pinned, with the tuple that they replace. */
import type { BaselineTuple, ContextPack, ReleaseTuple } from '#schemas/pack.ts'
import type { Rollout } from '#schemas/release.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { digestOf } from '../canonical.ts'

/** Id of a tuple: the intent and the digest of its refs. The same id that a proposal names as its baseline. */
export const tupleId = (intent: string, refs: BaselineTuple): string =>
  `release.${intent}.${digestOf(refs).slice(7, 19)}`

/**
 * Pins a tuple.
 * @param digests one per ref that the store holds, by the ref's place in the tuple (`pack`, `evals`, ...)
 * @param prior the tuple it replaces; null for the first of an intent
 */
export function pinTuple(
  intent: string,
  refs: BaselineTuple,
  digests: Readonly<Record<string, string>>,
  prior: ReleaseTuple | null,
): ReleaseTuple {
  return {
    release_tuple_id: tupleId(intent, refs),
    intent,
    refs: { ...refs },
    digests: { ...digests },
    prior_release_tuple_id: prior?.release_tuple_id ?? null,
  }
}

/** The tuple of the next pack version: everything else as in the prior one, which it names as its way back. */
export const nextTuple = (prior: ReleaseTuple, pack: ContextPack): ReleaseTuple =>
  pinTuple(prior.intent, { ...prior.refs, pack: pack.pack }, { ...prior.digests, pack: digestOf(pack) }, prior)

/** Digests of what a run pinned, by the ref's place in the tuple. */
export const digestsOf = (
  run: Pick<AutotuneRun, 'pack' | 'evaluator_suite' | 'price_table' | 'documents'>,
): Record<string, string> => ({
  pack: digestOf(run.pack),
  evals: digestOf(run.evaluator_suite),
  ...run.documents,
  ...(run.price_table ? { price_table: digestOf(run.price_table) } : {}),
})

/** The tuple that a run was proved against, as the first of its intent. */
export const baselineTuple = (
  run: Pick<AutotuneRun, 'target' | 'pack' | 'evaluator_suite' | 'price_table' | 'documents'>,
): ReleaseTuple => pinTuple(run.target.intent!, run.target.baseline_tuple!, digestsOf(run), null)

/** Refs in which two tuples differ. */
export const changedRefs = ({
  candidate,
  baseline,
}: Pick<Rollout, 'candidate' | 'baseline'>): { readonly from: string; readonly to: string }[] =>
  (Object.keys(candidate.refs) as (keyof BaselineTuple)[]).flatMap((place) => {
    const [from, to] = [baseline.refs[place] ?? 'none', candidate.refs[place]!]
    return from === to ? [] : [{ from, to }]
  })

/** Versions that a rollout brings. */
export const broughtBy = (rollout: Pick<Rollout, 'candidate' | 'baseline'>): string =>
  changedRefs(rollout)
    .map(({ to }) => to)
    .join(', ')
