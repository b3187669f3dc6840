/** What an agent is told that memory says no to: under what replays its target. */
import { expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { baselineDigest } from '#core/gate/commitment.ts'
import type { Replayer } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { deadEnds } from '../../../functions/steps/agent/dead-ends.ts'
import { answeredContract } from '../../../functions/steps/run/contract.ts'
import { writeRejections } from '../../../functions/steps/run/memory.ts'
import { aTarget, aWorld, INTENT } from '../../support/builders.ts'
import { memory, stocked } from '../stores.ts'

const HARNESS = { kind: 'module', path: './mine.ts', digest: `sha256:${'a'.repeat(64)}`, limit_ms: 10_000 } as Replayer

test('they are those of runs by the user’s code where such code scores the target, and of transcripts where not', async () => {
  const store = await stocked(memory(), aWorld({ search: 2, heldout: 2 }))
  const told = async (target: ReturnType<typeof aTarget>) =>
    (await deadEnds(store, target, await answeredContract(store, target))).map(({ run_id }) => run_id)
  const target = aTarget()
  const { pack, suite } = await answeredContract(store, target)
  for (const [run_id, replayer] of [
    ['t', { kind: 'transcript' }],
    ['m', HARNESS],
  ] as [string, Replayer][]) {
    await store.objects.put(keys.autotuneRun(run_id, 'target.json'), JSON.stringify({ replayer }))
    await writeRejections(store, [
      {
        rejection_id: digestOf(run_id),
        intent: INTENT,
        patches: [{ 'evidence.orders.top_k': { from: 4, to: 2 } }],
        suite: digestOf(suite),
        baseline: baselineDigest({ target, pack, replayer }),
        source: 'reviewer',
        reason: 'no',
        run_id,
      },
    ])
  }
  expect(await told(target)).toEqual(['t'])
  expect(await told(aTarget({ scoring: { replayer: 'module' } }))).toEqual(['m'])
})
