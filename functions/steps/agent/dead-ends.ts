/** What memory says no to under the present baseline and suite: what of it holds for a change, `propose` says. */
import { digestOf } from '#core/canonical.ts'
import { baselineDigest } from '#core/gate/commitment.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import type { TuningTarget } from '#schemas/target.ts'
import type { Store } from '../../ports.ts'
import type { AnsweredContract } from '../run/contract.ts'
import { remembered } from '../run/memory.ts'

/** Rejections that were not lifted, in the order of their ids. */
export async function deadEnds(
  store: Pick<Store, 'table'>,
  target: TuningTarget,
  { pack, suite, resolved }: AnsweredContract,
): Promise<RejectionRecord[]> {
  const baseline = baselineDigest({ target, pack, replayer: { kind: 'transcript' } })
  const of = digestOf(suite)
  return (await remembered(store, resolved.intent))
    .filter(({ record, lift }) => lift === null && record.baseline === baseline && record.suite === of)
    .map(({ record }) => record)
    .sort((a, b) => (a.rejection_id < b.rejection_id ? -1 : 1))
}
