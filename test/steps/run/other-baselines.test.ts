/** A "no" under another baseline forbids nothing, and is told of wherever somebody proposes the same. */
import { expect, test } from 'vitest'
import { inboxAnswer } from '#core/proposal/inbox.ts'
import type { ShownProposal } from '#core/review/shown.ts'
import type { Store } from '#ports'
import { proposeLines } from '../../../functions/cli/text-propose.ts'
import { evidenceParts } from '../../../functions/pages/review/page.ts'
import { elsewhereTold } from '../../../functions/steps/agent/dead-ends.ts'
import { decideAtTerminal } from '../../../functions/steps/review/answer.ts'
import { latestReview } from '../../../functions/steps/review/reviews.ts'
import { shownOf } from '../../../functions/steps/review/shown.ts'
import { answeredContract } from '../../../functions/steps/run/contract.ts'
import { boundedCandidates } from '../../../functions/steps/run/hand-written.ts'
import { proposeChanges } from '../../../functions/steps/run/propose.ts'
import { aPack, aTarget, aWorld } from '../../support/builders.ts'
import { reviewed } from '../release/support.ts'
import { imported, memory, run, stocked } from '../stores.ts'

const K = 'evidence.orders.top_k'
const located = (to: number) => [{ at: 'f:1', change: { patch: { [K]: to } } }]

/** `r0` proposed {top_k: 3}, and was turned down. */
async function turnedDown(): Promise<Store> {
  const store = await stocked(memory(), aWorld({ search: 6, heldout: 100 }))
  const candidates = await boundedCandidates(located(3), aPack(), aTarget())
  await run(store, { target: aTarget(), runId: 'r0', candidates })
  await reviewed(store, 'r0')
  const no = { role: 'policy', reviewer: 'ben', decision: 'rejected', reason: 'old orders are needed' } as const
  await decideAtTerminal(store, 'r0', { ...no, shown: null })
  return store
}

const { baseline_tuple } = aTarget()
const another = aTarget({
  baseline_tuple: { ...baseline_tuple!, model_profile: 'models.support@1.0.0', prompt: 'prompt.support@2.0.0' },
})
const said =
  /^reviewer rejected the same values in r0 under another baseline \(other: model_profile \(then not named, now models\.support@1\.0\.0\), prompt \(then not named, now prompt\.support@2\.0\.0\)\), which forbids nothing here: .*old orders are needed/

test('the same values under another tuple: not forbidden, and said by whom, where and what differs', async () => {
  const store = await turnedDown()
  const proposed = await proposeChanges(store, another, located(3), null)
  expect(proposed.changes[0]).toMatchObject({
    assessed: { survives: true },
    other_baseline: expect.stringMatching(said),
  })
  expect(proposeLines(proposed).filter((line) => line.startsWith('   memory   reviewer rejected'))).toHaveLength(1)
  expect(inboxAnswer(1, `sha256:${'0'.repeat(64)}`, proposed.changes[0]!).other_baseline).toMatch(said)
  expect(await elsewhereTold(store, another, await answeredContract(store, another))).toMatch(
    /^1 rejection was made under another baseline and forbids nothing here; of r0: other: model_profile/,
  )

  // Other values, and the same baseline, where it is a dead end: nothing is told twice.
  expect((await proposeChanges(store, another, located(4), null)).changes[0]!.other_baseline).toBeUndefined()
  const same = await proposeChanges(store, aTarget(), located(3), null)
  expect(same.changes[0]).toMatchObject({ memory: { why: 'dead_end' } })
  expect(same.changes[0]!.other_baseline).toBeUndefined()
  expect(await elsewhereTold(store, aTarget(), await answeredContract(store, aTarget()))).toBeNull()
})

test('a review is opened with it, before what rules found; one of a run that memory says nothing of stays as it was', async () => {
  const store = await turnedDown()
  const shown = async (runId: string) => (await shownOf(store, (await latestReview(store, runId))!)) as ShownProposal
  expect(await shown('r0')).not.toHaveProperty('other_baseline')

  const fresh = Array.from({ length: 100 }, () => ({ side: 'heldout', required: 1, gold: 1 }) as const)
  await imported(store, aWorld({ search: 6, heldout: 0, extra: fresh }))
  const candidates = await boundedCandidates(located(3), aPack(), another)
  expect((await run(store, { target: another, runId: 'q', candidates })).verdict).toBe('certified')
  await reviewed(store, 'q')
  const ofQ = await shown('q')
  expect(ofQ.other_baseline).toMatch(said)
  expect(String(evidenceParts({ shown: ofQ, vault: 'account' }))).toMatch(
    /Look at .*<li>reviewer rejected the same values in r0/s,
  )
})
