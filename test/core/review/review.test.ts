import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { decide, expireReview, openReview, reviewProblems, type Vote } from '#core/review/review.ts'
import { Review } from '#schemas/review.ts'
import { aProposal, aReview, DURING, EXPIRES, OPENED, openInput, SHOWN, seats, unchanged, vote } from './builders.ts'

/** Applies votes one after the other; throws where one is refused. */
function decidedBy(review: Review, ...votes: Vote[]): Review {
  return votes.reduce((now, v) => {
    const done = decide(now, v, unchanged(now), DURING)
    if ('refused' in done) throw new Error(`${done.refused}: ${done.note}`)
    return done.next
  }, review)
}

const approvals = [vote('reliability', 'ana@acme'), vote('policy', 'ben@acme'), vote('domain_owner', 'cleo@acme')]

describe('opening a review', () => {
  test('pins the proposal by digest and asks every required role once', () => {
    const review = aReview()
    expect(review).toMatchObject({ status: 'open', revision: 0, decisions: [], owner: 'erin@acme' })
    expect(review.proposal_digest).toBe(digestOf(aProposal()))
    expect(Review.parse(review)).toEqual(review)
  })

  test.each([
    ['a role without a seat', { seats: seats().slice(1) }, /reliability: no distinct reviewer/],
    [
      'the owner on a seat',
      { seats: [...seats().slice(1), { ...seats()[0]!, reviewer: 'Erin@ACME ' }] },
      /owns the proposal/,
    ],
    [
      'one person alone for two roles',
      { seats: seats().map((s) => ({ ...s, reviewer: 'ana@acme' })) },
      /one person fills one role/,
    ],
    [
      'a role nobody requires',
      { seats: [...seats(), { ...seats()[0]!, role: 'ceo', nonce: 'f'.repeat(32) }] },
      /no role "ceo"/,
    ],
    ['two seats with one nonce', { seats: seats().map((s) => ({ ...s, nonce: '0'.repeat(32) })) }, /share a nonce/],
    [
      'a reviewer twice on a role',
      { seats: [...seats(), { ...seats()[0]!, nonce: 'f'.repeat(32) }] },
      /same role twice/,
    ],
    ['an expiry in the past', { expires_at: OPENED }, /not after opened_at/],
  ])('fails for %s', (_, over, message) => {
    const opened = openReview(openInput(over))
    expect('problems' in opened && opened.problems.join('\n')).toMatch(message)
  })

  test('finds the one assignment of people to roles that works', () => {
    const [ana, ben, cleo] = seats() as [Review['seats'][0], Review['seats'][0], Review['seats'][0]]
    const shared = [ana, { ...ben, reviewer: 'ana@acme' }, { ...ben, nonce: 'e'.repeat(32) }, cleo]
    expect('next' in openReview(openInput({ seats: shared }))).toBe(true)
  })
})

describe('deciding', () => {
  test('approves when every role approved once, in any order', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(approvals, { minLength: 3 }), (order) => {
        const review = decidedBy(aReview(), ...order)
        expect(review.status).toBe('approved')
        expect(review.revision).toBe(3)
        expect(reviewProblems(review)).toEqual([])
      }),
    )
  })

  test('ends with the first rejection, and keeps its reason', () => {
    const rejected = vote('policy', 'ben@acme', { decision: 'rejected', reason: ' hides the sixth order ' })
    const review = decidedBy(aReview(), approvals[0]!, rejected)
    expect(review.status).toBe('rejected')
    expect(review.decisions.at(-1)).toMatchObject({ reason: 'hides the sixth order', reviewer: 'ben@acme' })
    expect(decide(review, approvals[2]!, unchanged(review), DURING)).toMatchObject({ refused: 'closed' })
  })

  test('carries reviewer, role, time and the digest of what was shown, chained to the decision before', () => {
    const [first, second] = decidedBy(aReview(), ...approvals).decisions
    expect(first).toMatchObject({
      role: 'reliability',
      reviewer: 'ana@acme',
      decided_at: DURING,
      shown_digest: SHOWN,
      previous: null,
    })
    expect(second!.previous).toBe(digestOf(first))
  })

  test.each([
    [
      'a rejection without a reason',
      vote('policy', 'ben@acme', { decision: 'rejected', reason: '  ' }),
      'reason_missing',
    ],
    [
      'a page that showed something else',
      vote('policy', 'ben@acme', { shown_digest: digestOf('older page') }),
      'not_shown',
    ],
    ['a role that the reviewer was not asked for', vote('policy', 'ana@acme'), 'no_seat'],
    ['a stranger', vote('policy', 'mallory@acme'), 'no_seat'],
    ['the owner', vote('policy', 'erin@acme'), 'self_approval'],
    ['the owner spelled otherwise', vote('policy', 'ＥRIN@acme​'), 'self_approval'],
  ])('fails for %s', (_, wrong, refused) => {
    const review = aReview()
    expect(decide(review, wrong, unchanged(review), DURING)).toMatchObject({ refused })
  })

  test('fails for a second decision by the same person or for the same role', () => {
    const second = { role: 'policy', reviewer: 'dan@acme', nonce: 'd'.repeat(32) }
    const anaToo = { role: 'domain_owner', reviewer: 'ANA@acme', nonce: 'c'.repeat(32) }
    const review = decidedBy(aReview({ seats: [...seats(), second, anaToo] }), approvals[0]!, approvals[1]!)
    const now = (v: Vote) => decide(review, v, unchanged(review), DURING)
    expect(now(approvals[0]!)).toMatchObject({ refused: 'used' })
    expect(now(vote('policy', 'dan@acme'))).toMatchObject({ refused: 'role_taken' })
    expect(now(vote('domain_owner', 'ANA@acme'))).toMatchObject({ refused: 'person_taken' })
  })

  test('fails where an approval would leave another role without anyone', () => {
    const anaAlone = [
      seats()[0]!,
      { ...seats()[1]!, reviewer: 'ana@acme' },
      { ...seats()[0]!, reviewer: 'dan@acme', nonce: 'd'.repeat(32) },
      seats()[2]!,
    ]
    const review = aReview({ seats: anaAlone })
    expect(decide(review, vote('reliability', 'ana@acme'), unchanged(review), DURING)).toMatchObject({
      refused: 'quorum_unreachable',
      note: 'approving as reliability would leave nobody for policy',
    })
    expect(decidedBy(review, vote('policy', 'ana@acme'), vote('reliability', 'dan@acme'), approvals[2]!).status).toBe(
      'approved',
    )
  })

  test('fails when the stored proposal changed since the links were signed', () => {
    const review = aReview()
    const edited = digestOf(aProposal({ rationale: 'edited after signing' }))
    expect(decide(review, approvals[0]!, { ...unchanged(review), proposal_digest: edited }, DURING)).toMatchObject({
      refused: 'changed',
    })
    expect(decide(review, approvals[0]!, { ...unchanged(review), shown_digest: edited }, DURING)).toMatchObject({
      refused: 'changed',
    })
  })

  test('fails at the moment of expiry and after it', () => {
    const review = aReview()
    expect(decide(review, approvals[0]!, unchanged(review), EXPIRES)).toMatchObject({ refused: 'expired' })
  })
})

describe('expiry', () => {
  test('ends an open review as expired, never as approved', () => {
    const review = decidedBy(aReview(), approvals[0]!, approvals[1]!)
    const done = expireReview(review, EXPIRES)
    expect('next' in done && done.next.status).toBe('expired')
    expect('next' in done && reviewProblems(done.next)).toEqual([])
  })

  test('fails before the time and after the end', () => {
    expect(expireReview(aReview(), DURING)).toMatchObject({ refused: 'bad_request' })
    expect(expireReview(decidedBy(aReview(), ...approvals), EXPIRES)).toMatchObject({ refused: 'closed' })
  })
})

describe('a review item', () => {
  const anyVote = fc.record({
    role: fc.constantFrom('reliability', 'policy', 'domain_owner', 'ceo'),
    reviewer: fc.constantFrom('ana@acme', 'ben@acme', 'cleo@acme', 'erin@acme', 'Ben@acme'),
    decision: fc.constantFrom('approved' as const, 'approved' as const, 'rejected' as const),
    reason: fc.constantFrom(null, 'because'),
    shown_digest: fc.constantFrom(SHOWN, SHOWN, digestOf('other')),
  })

  test('never holds more than one decision of a role or person, whatever is tried in whatever order', () => {
    fc.assert(
      fc.property(fc.array(anyVote, { maxLength: 25 }), (votes) => {
        let review = aReview()
        for (const v of votes) {
          const done = decide(review, v, unchanged(review), DURING)
          if ('next' in done) {
            expect(done.next.decisions.slice(0, -1)).toEqual(review.decisions)
            review = done.next
          }
        }
        expect(reviewProblems(review)).toEqual([])
        expect(new Set(review.decisions.map((d) => d.role)).size).toBe(review.decisions.length)
        expect(review.revision).toBe(review.decisions.length)
        const approved = review.decisions.filter((d) => d.decision === 'approved').length
        expect(review.status === 'approved').toBe(approved === 3)
      }),
    )
  })

  test('fails the audit when a decision was altered, dropped or added', () => {
    const review = decidedBy(aReview(), ...approvals)
    const [a, b, c] = review.decisions as [Review['decisions'][0], Review['decisions'][0], Review['decisions'][0]]
    const forged = [
      { ...review, decisions: [a, { ...b, reviewer: 'mallory@acme' }, c] },
      { ...review, decisions: [a, c] },
      { ...review, decisions: [b, a, c] },
      { ...review, status: 'rejected' as const },
      { ...aReview(), status: 'approved' as const },
    ]
    for (const item of forged) expect(reviewProblems(item)).not.toEqual([])
  })
})
