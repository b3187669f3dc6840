/** Proposals of other producers as they lie in a store, each with what its baseline pins. */
import { digestOf } from '#core/canonical.ts'
import type { PartProposal } from '#schemas/part-proposal.ts'
import { isPartId } from '#schemas/patterns.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys, nameOf } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson } from '../../streams/read-object.ts'
import { documentDigests, pinnedDocuments } from '../experience/documents.ts'
import { rowKeys } from '../store/ledger-keys.ts'

/** What a proposal was made against, by whomever: what is replayed as the way back, and released upon. */
export type Pinned = Pick<
  AutotuneRun,
  'run_id' | 'target' | 'pack' | 'evaluator_suite' | 'price_table' | 'documents' | 'replayer' | 'search_set' | 'draw'
>

/** The row of a filed proposal: the journal of heads witnesses it. */
export interface FiledRow {
  readonly digest: string
  readonly intent: string
}

type Reading = Pick<Store, 'objects' | 'table'>

/** A proposal by the digest under which it was filed or reviewed; null: it is gone, or no longer that one. */
export async function partAt(
  { objects }: Pick<Store, 'objects'>,
  id: string,
  digest: string,
): Promise<PartProposal | null> {
  const proposal = await orNull(readJson<PartProposal>(objects, keys.partProposal(id, digest)))
  return proposal && digestOf(proposal) === digest ? proposal : null
}

/** A filed proposal; null: there is none of this id. Throws UserError where it is no longer what was filed. */
export async function readPart(store: Reading, id: string): Promise<PartProposal | null> {
  const row = isPartId(id) ? await store.table.get<FiledRow>(...rowKeys.proposalFiled(id)) : null
  if (row === null) return null
  const proposal = await partAt(store, id, row.body.digest)
  if (proposal === null)
    throw new UserError(`proposal ${id} was changed or removed since it was filed: "autotune verify ${id}"`)
  return proposal
}

/** Ids of all that lie there, in their order; whether each was filed, its row says. */
export async function partIds({ objects }: Pick<Store, 'objects'>): Promise<string[]> {
  const ids = new Set<string>()
  for await (const key of objects.list(keys.partProposals())) {
    const id = nameOf(key.split('/')[1]!)
    if (isPartId(id)) ids.add(id)
  }
  return [...ids].sort()
}

/** What the baseline of a proposal pins. Throws UserError where a document of it is gone. */
export async function pinnedOf({ objects }: Pick<Store, 'objects'>, proposal: PartProposal): Promise<Pinned> {
  const { baseline_refs: refs, target, search_set, tuning_proposal_id: id } = proposal
  const asked = { intent: target.intent, baseline_tuple: refs }
  const { pack, suite, prices } = await pinnedDocuments(objects, asked)
  if (!pack || !suite)
    throw new UserError(`${pack ? refs.evals : refs.pack}, on which proposal ${id} stands, is not in this store`)
  const documents = await documentDigests(objects, refs)
  return {
    run_id: id,
    target: asked,
    pack,
    evaluator_suite: suite,
    price_table: prices,
    ...(Object.keys(documents).length > 0 ? { documents } : {}),
    replayer: { kind: 'transcript' },
    search_set,
  }
}
