import { describe, expect, test } from 'vitest'
import { type RejectedRun, rejectionOfReview, rejectionOfRollback } from '#core/review/records.ts'
import { decide } from '#core/review/review.ts'
import { RejectionRecord } from '#schemas/proposal.ts'
import { aProposal, aReview, DURING, unchanged, vote } from './builders.ts'

const run = {
  run_id: 'at_2026_05_12_refund_cost',
  target: { baseline_tuple: { pack: 'ctxpack.support@5.2.0', policy: 'p@1.0.0', tools: 't@1.0.0', evals: 'e@1.0.0' } },
  pack: { settings: { 'evidence.order_history.top_k': 10 } },
  evaluator_suite: { suite: 'e@1.0.0', evaluators: [] },
} as unknown as RejectedRun

describe('rejection memory', () => {
  test("keeps the patch and the reviewer's own words", () => {
    const review = aReview()
    const done = decide(
      review,
      vote('policy', 'ben@acme', { decision: 'rejected', reason: 'hides the sixth order' }),
      unchanged(review),
      DURING,
    )
    if ('refused' in done) throw new Error(done.note)
    const record = RejectionRecord.parse(rejectionOfReview(done.next, aProposal(), run))
    expect(record).toMatchObject({
      source: 'reviewer',
      intent: 'support.refund',
      reason: 'ben@acme as policy: hides the sixth order',
      patches: [{ 'evidence.order_history.top_k': { from: 10, to: 6 } }],
    })
  })

  test('learns nothing from an open or expired review', () => {
    expect(rejectionOfReview(aReview(), aProposal(), run)).toBeNull()
    expect(rejectionOfReview({ ...aReview(), status: 'expired' }, aProposal(), run)).toBeNull()
  })

  test('has one key for a patch, whoever rejected it, and another for another baseline', () => {
    const back = rejectionOfRollback(aProposal(), run, 'utility fell in 25%_monitored')
    expect(RejectionRecord.parse(back).source).toBe('rollback')
    const other = rejectionOfRollback(aProposal(), { ...run, pack: { ...run.pack, settings: {} } }, 'x')
    expect(other.rejection_id).not.toBe(back.rejection_id)
    expect(rejectionOfRollback(aProposal(), run, 'another reason').rejection_id).toBe(back.rejection_id)
  })
})
