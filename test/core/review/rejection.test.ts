import { describe, expect, test } from 'vitest'
import type { RejectedRun } from '#core/gate/rejections.ts'
import { rejectionOfReview, rejectionOfRollback } from '#core/review/records.ts'
import { decide } from '#core/review/review.ts'
import { RejectionRecord } from '#schemas/proposal.ts'
import { aProposal, aReview, DURING, unchanged, vote } from './builders.ts'

const run = {
  run_id: 'at_2026_05_12_refund_cost',
  target: {
    intent: 'support.refund',
    baseline_tuple: { pack: 'ctxpack.support@5.2.0', policy: 'p@1.0.0', tools: 't@1.0.0', evals: 'e@1.0.0' },
  },
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
      under: { metric: 'economics_cents_per_decision', direction: 'decrease' },
    })
  })

  test('learns nothing from an open or expired review', () => {
    expect(rejectionOfReview(aReview(), aProposal(), run)).toBeNull()
    expect(rejectionOfReview({ ...aReview(), status: 'expired' }, aProposal(), run)).toBeNull()
  })

  test('has one key for the same "no", and another for another reason, source or baseline', () => {
    const back = rejectionOfRollback(aProposal(), run, 'utility fell in 25%_monitored')
    expect(RejectionRecord.parse(back).source).toBe('rollback')
    expect(rejectionOfRollback(aProposal(), run, 'utility fell in 25%_monitored')).toEqual(back)
    const other = rejectionOfRollback(aProposal(), { ...run, pack: { ...run.pack, settings: {} } }, 'x')
    const others = [other, rejectionOfRollback(aProposal(), run, 'another reason')]
    expect(new Set([back, ...others].map((r) => r.rejection_id)).size).toBe(3)
  })
})
