import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { linkClaims, linkText, linkToken, MAX_TOKEN_LENGTH, parseLink } from '#core/review/link.ts'
import { attemptRecord } from '#core/review/records.ts'
import { decide, expireReview } from '#core/review/review.ts'
import { type Review, ReviewAttempt } from '#schemas/review.ts'
import { ReviewLinkClaims } from '#schemas/review-link.ts'
import { aReview, DURING, EXPIRES, macHolds, sign, signLink, unchanged, verifyLink, vote } from './builders.ts'

const review = aReview()
const [ana, ben] = linkClaims(review) as [ReviewLinkClaims, ReviewLinkClaims]
const check = (over: Partial<{ review: Review | null; proposal_digest: string; now: string }> = {}) => ({
  review,
  proposal_digest: review.proposal_digest,
  now: DURING,
  ...over,
})
const verdict = (token: string, over = {}) => verifyLink(token, macHolds, check(over))

function decided(by: string, as: string): Review {
  const done = decide(review, vote(as, by), unchanged(review), DURING)
  if ('refused' in done) throw new Error(done.note)
  return done.next
}

describe('a review link', () => {
  test('says who may decide what, once its code verifies', () => {
    expect(verdict(signLink(ana, sign))).toEqual({ kind: 'ok', claims: ana })
  })

  test('is made for every seat that may still decide, and made again the same when a notice was lost', () => {
    expect(linkClaims(review)).toHaveLength(3)
    const next = decided('ana@acme', 'reliability')
    expect(linkClaims(next).map((c) => c.role)).toEqual(['policy', 'domain_owner'])
    expect(linkClaims(next)[0]).toEqual(ben)
  })

  test('is one path segment', () => {
    expect(signLink(ana, sign)).toMatch(/^[A-Za-z0-9_.-]+$/)
  })

  test('fits the 4,096 bytes that KMS signs, with the longest names', () => {
    const long = { ...ana, role: '役'.repeat(300), reviewer: '"'.repeat(300) }
    expect(Buffer.byteLength(linkText(ReviewLinkClaims.parse(long)))).toBeLessThan(4096)
  })
})

describe('nothing is decided by', () => {
  test('a forged link: every single changed character of it', () => {
    const token = signLink(ana, sign)
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'AZaz09-_.'), (at, char) => {
        const forged = token.slice(0, at) + char + token.slice(at + 1)
        fc.pre(forged !== token)
        expect(['malformed', 'forged']).toContain(verdict(forged).kind)
        expect(verdict(forged)).toMatchObject({ claims: null })
      }),
      { numRuns: 300 },
    )
  })

  test('claims of a stranger under a code of his own', () => {
    const mac = sign(linkText({ ...ana, reviewer: 'mallory@acme' }))
      .split('')
      .reverse()
      .join('')
    expect(verdict(linkToken({ ...ana, reviewer: 'mallory@acme' }, mac)).kind).toBe('forged')
  })

  test('a code that was made for another purpose', () => {
    const mac = sign(`contextos-autotune/rollout-artifact/v1\n${digestOf(ana)}`)
    expect(verdict(linkToken(ana, mac)).kind).toBe('forged')
  })

  test('role escalation: the code of one role under the claims of another', () => {
    const [, mac] = signLink(ana, sign).split('.') as [string, string]
    expect(verdict(linkToken({ ...ana, role: 'policy' }, mac)).kind).toBe('forged')
    expect(verdict(signLink({ ...ana, role: 'policy' }, sign)).kind).toBe('swapped')
  })

  test('an expired link, though its code holds', () => {
    expect(verdict(signLink(ana, sign), { now: EXPIRES })).toMatchObject({ kind: 'expired', claims: ana })
    const longer = signLink({ ...ana, expires_at: '2027-01-01T00:00:00.000Z' }, sign)
    expect(verdict(longer, { now: EXPIRES }).kind).toBe('expired')
  })

  test('a replayed link: it shows what was decided', () => {
    const after = decided('ana@acme', 'reliability')
    expect(verdict(signLink(ana, sign), { review: after })).toMatchObject({
      kind: 'used',
      note: `you approved this at ${DURING}`,
    })
    expect(verdict(signLink(ben, sign), { review: after }).kind).toBe('ok')
  })

  test('a swapped link: of another review, proposal or seat', () => {
    const other = { ...review, review_id: 'rv_other' }
    expect(verdict(signLink(ana, sign), { review: other }).kind).toBe('swapped')
    expect(verdict(signLink({ ...ana, proposal_digest: digestOf('other') }, sign)).kind).toBe('swapped')
    expect(verdict(signLink({ ...ana, reviewer: 'dan@acme' }, sign)).kind).toBe('swapped')
    expect(verdict(signLink({ ...ana, nonce: 'f'.repeat(32) }, sign)).kind).toBe('swapped')
  })

  test('a link after the end, for a role or a person that decided, or for an edited proposal', () => {
    const expired = expireReview(review, EXPIRES)
    expect('next' in expired && verdict(signLink(ana, sign), { review: expired.next }).kind).toBe('closed')
    const twice = aReview({ seats: [...review.seats, { role: 'policy', reviewer: 'dan@acme', nonce: 'd'.repeat(32) }] })
    const taken = decide(twice, vote('policy', 'dan@acme'), unchanged(twice), DURING)
    expect('next' in taken && verdict(signLink(ben, sign), { review: taken.next }).kind).toBe('role_taken')
    expect(verdict(signLink(ana, sign), { proposal_digest: digestOf('edited') }).kind).toBe('changed')
    expect(verdict(signLink(ana, sign), { review: null }).kind).toBe('unknown')
  })

  test.each([
    ['nothing', ''],
    ['a path', '../../etc/passwd'],
    ['an encoded path', '..%2f..%2fetc%2fpasswd.AAAAAAAAAAAAAAAAAAAA'],
    ['a second dot', `${signLink(ana, sign)}.AAAAAAAAAAAAAAAA`],
    ['a line end', `${signLink(ana, sign)}\n`],
    ['a zero byte', `${signLink(ana, sign)}\0`],
    ['an oversized token', `${'A'.repeat(MAX_TOKEN_LENGTH)}.${'A'.repeat(40)}`],
    ['no code', `${signLink(ana, sign).split('.')[0]}.`],
    ['claims with one field more', tokenOf({ ...ana, admin: true })],
    ['claims in another order', tokenOf(Object.fromEntries(Object.entries(ana).reverse()))],
    ['a role that is a path', tokenOf({ ...ana, role: '../policy' })],
    ['claims that poison a prototype', tokenOf(JSON.parse('{"__proto__":{"role":"policy"}}'))],
    ['half a surrogate pair in a name', tokenOf({ ...ana, role: '\ud800' })],
  ])('%s in place of a link', (_, token) => {
    expect(parseLink(token).kind).toBe('malformed')
    expect(verdict(token).kind).toBe('malformed')
  })

  test('random bytes', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (token) => verdict(token).kind === 'malformed'))
  })
})

/** A token with a valid code over claims as they are written here. */
function tokenOf(claims: object): string {
  const json = JSON.stringify(claims)
  return `${Buffer.from(json).toString('base64url')}.${sign(`contextos-autotune/review-link/v1\n${json}`)}`
}

describe('a refused attempt', () => {
  test('is a record without code, body or unproved names', () => {
    const bad = verdict(signLink(ana, sign).replace(/.$/, (c) => (c === 'A' ? 'E' : 'A')))
    if (bad.kind === 'ok') throw new Error('the link is forged')
    const record = ReviewAttempt.parse(attemptRecord(bad.claims, bad.kind, bad.note, DURING))
    expect(record).toMatchObject({ refused: 'forged', reviewer: null, role: null, review_id: null })
    expect(JSON.stringify(record)).not.toContain(sign(linkText(ana)))
  })

  test('is kept short, whatever was sent', () => {
    expect(attemptRecord(ana, 'bad_request', 'x'.repeat(10_000), DURING).note).toHaveLength(500)
  })
})
