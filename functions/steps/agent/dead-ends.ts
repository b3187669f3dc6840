/** What memory says no to under the present baseline and suite: what of it holds for a change, `propose` says. */
import { digestOf } from '#core/canonical.ts'
import { baselineDigest } from '#core/gate/commitment.ts'
import { isCode } from '#core/replay/cage.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import type { AutotuneRun, Replayer } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { TuningTarget } from '#schemas/target.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson } from '../../streams/read-object.ts'
import type { AnsweredContract } from '../run/contract.ts'
import { remembered } from '../run/memory.ts'
import { elsewhereLine } from '../run/other-baselines.ts'

/**
 * Rejections that were not lifted, in the order of their ids. Of a target that code of the user's scores they are those of runs
 * by such code, whichever version of it ran: which one is asked next is known to whoever names it.
 */
export async function deadEnds(
  store: Pick<Store, 'table' | 'objects'>,
  target: TuningTarget,
  { pack, suite, resolved }: AnsweredContract,
): Promise<RejectionRecord[]> {
  const of = digestOf(suite)
  const standing = (await remembered(store, resolved.intent)).filter(
    ({ record, lift }) => lift === null && record.suite === of,
  )
  const replayers = new Map<string, Replayer>()
  for (const { run_id } of standing.map(({ record }) => record))
    if (!replayers.has(run_id)) replayers.set(run_id, await replayerOf(store, run_id))
  const isScoredByCode = target.scoring?.replayer === 'module'
  return standing
    .map(({ record }) => record)
    .filter(({ run_id, baseline }) => {
      const replayer = replayers.get(run_id)!
      return isCode(replayer) === isScoredByCode && baseline === baselineDigest({ target, pack, replayer })
    })
    .sort((a, b) => (a.rejection_id < b.rejection_id ? -1 : 1))
}

/** How many hold under another baseline alone; null: none, or which harness replays the target is not known. */
export const elsewhereTold = async (
  store: Pick<Store, 'table' | 'objects'>,
  target: TuningTarget,
  { pack, suite }: AnsweredContract,
): Promise<string | null> =>
  target.scoring?.replayer === 'module'
    ? null
    : await elsewhereLine(store, { target, pack, evaluator_suite: suite, replayer: { kind: 'transcript' } })

/** What replayed a run. */
async function replayerOf({ objects }: Pick<Store, 'objects'>, runId: string): Promise<Replayer> {
  const run = await orNull(readJson<AutotuneRun>(objects, keys.autotuneRun(runId, 'target.json')))
  return run?.replayer ?? { kind: 'transcript' }
}
