import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linkClaims } from '#core/review/link.ts'
import { expireReview, reviewProblems } from '#core/review/review.ts'
import { type ShownProposal, shownDigest } from '#core/review/shown.ts'
import type { DeskReply } from '../../functions/pages/review/desk.ts'
import { aProposal, aReview, EXPIRES, sign, signLink } from '../core/review/builders.ts'
import { accessibilityProblems } from './html.ts'
import { MemoryDesk, OWN, SHOWN } from './memory-desk.ts'

describe('the review desk', () => {
  test('lets every role decide once, and approves with the last', () => {
    const desk = new MemoryDesk()
    const tokens = ['reliability', 'policy', 'domain_owner'].map(desk.token)
    for (const token of tokens) {
      expect(desk.answer(token, {}).status).toBe(200)
      expect(desk.post(token)).toMatchObject({ status: 303, location: `/review/${token}` })
    }
    expect(desk.review.status).toBe('approved')
    expect(reviewProblems(desk.review)).toEqual([])
    expect(desk.answer(tokens[0]!, {})).toMatchObject({ status: 200, body: expect.stringContaining('You approved') })
    expect(desk.attempts).toEqual([])
  })

  test('is changed by nothing that a mail scanner does', () => {
    const desk = new MemoryDesk()
    const token = desk.token('policy')
    const before = structuredClone(desk.review)
    for (const method of ['GET', 'HEAD', 'GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH'])
      desk.answer(token, { method })
    expect(desk.review).toEqual(before)
    expect(desk.post(token).status).toBe(303)
  })

  test('ends with one rejection, whose reason is asked for until it is there', () => {
    const desk = new MemoryDesk()
    const token = desk.token('policy')
    const asked = desk.post(token, { decision: 'rejected', reason: ' ' })
    expect(asked).toMatchObject({
      status: 422,
      write: null,
      body: expect.stringContaining('a rejection needs a reason'),
    })
    const unconfirmed = desk.post(token, { decision: 'rejected', reason: 'hides orders', confirm: 'no' })
    expect(unconfirmed).toMatchObject({ status: 422, body: expect.stringContaining('>hides orders</textarea>') })
    expect(desk.post(token, { decision: 'rejected', reason: 'hides orders' }).status).toBe(303)
    expect(desk.review.status).toBe('rejected')
    const late = desk.answer(signLink({ ...linkClaims(aReview({ shown_digest: shownDigest(SHOWN) }))[0]! }, sign), {})
    expect(late).toMatchObject({ status: 200, body: expect.stringContaining('has ended: rejected') })
  })

  test('counts a double click once: the second is told what was decided', () => {
    const desk = new MemoryDesk()
    const token = desk.token('policy')
    const read = desk.review
    expect(desk.post(token, {}, read).status).toBe(303)
    expect(desk.post(token, {}, read)).toMatchObject({ status: 409, body: expect.stringContaining('You approved') })
    expect(desk.writes).toBe(1)
    expect(desk.attempts).toMatchObject([{ refused: 'used', reviewer: 'ben@acme' }])
  })

  test('takes two reviewers at once, both of them', () => {
    const desk = new MemoryDesk()
    const [one, two] = [desk.token('reliability'), desk.token('policy')]
    const read = desk.review
    desk.post(one, {}, read)
    desk.post(two, {}, read)
    expect(desk.review.decisions.map((d) => d.role)).toEqual(['reliability', 'policy'])
    expect(reviewProblems(desk.review)).toEqual([])
  })
})

describe('nothing is decided, and the attempt is recorded, for', () => {
  const attack = (act: (desk: MemoryDesk) => DeskReply, refused: string, status: number) => {
    const desk = new MemoryDesk()
    const before = structuredClone(desk.review)
    const reply = act(desk)
    expect(reply).toMatchObject({ status, write: null, location: null })
    expect(accessibilityProblems(reply.body)).toEqual([])
    expect(desk.review).toEqual(before)
    expect(desk.attempts).toMatchObject([{ refused, at: desk.now }])
    return desk.attempts[0]!
  }
  const forged = (token: string) => `${token.slice(0, -4)}AAAA`

  test('a forged link, without a name that was not proved', () => {
    expect(attack((d) => d.post(forged(d.token('policy'))), 'forged', 404)).toMatchObject({
      reviewer: null,
      review_id: null,
    })
    attack((d) => d.answer(forged(d.token('policy')), {}), 'forged', 404)
  })

  test('path tricks and other tokens that are none', () => {
    for (const token of ['..%2f..%2fledger.sqlite', '../../etc/passwd', '', 'a.b'.repeat(5000)])
      attack((d) => d.post(token), 'malformed', 404)
  })

  test('an expired link, posted', () => {
    attack(
      (d) => {
        d.now = EXPIRES
        return d.post(d.token('policy'))
      },
      'expired',
      409,
    )
  })

  test('a link of a role that its code was not made for', () => {
    attack((d) => d.post(signLink({ ...linkClaims(d.review)[0]!, role: 'policy' }, sign)), 'swapped', 404)
  })

  test('smuggled reviewer ids in the body, whatever the field is called', () => {
    for (const field of ['reviewer', 'role', 'review_id', '__proto__', 'reviewer[]', 'decision[]', 'on_behalf_of'])
      attack((d) => d.post(d.token('policy'), { [field]: 'cleo@acme' }), 'bad_request', 400)
  })

  test('a form from another site, or in another form', () => {
    attack((d) => d.answer(d.token('policy'), { method: 'POST', origin: 'https://evil.example' }), 'cross_site', 403)
    attack(
      (d) => d.answer(d.token('policy'), { method: 'POST', origin: OWN, content_type: 'text/plain', body: '' }),
      'bad_request',
      415,
    )
    attack((d) => d.answer(d.token('policy'), { method: 'PUT' }), 'bad_request', 405)
  })

  test('an oversized body', () => {
    attack((d) => d.post(d.token('policy'), { reason: 'x'.repeat(20_000) }), 'bad_request', 413)
  })

  test('a proposal edited after signing, and candidates edited beside it', () => {
    const edit = (shown: ShownProposal) => (d: MemoryDesk) => {
      const token = d.token('policy')
      d.shown = shown
      return d.post(token)
    }
    attack(edit({ ...SHOWN, proposal: aProposal({ rationale: 'harmless' }) }), 'changed', 409)
    attack(edit({ ...SHOWN, candidates: [] }), 'changed', 409)
  })

  test('a page that was shown before the review was opened anew', () => {
    attack((d) => d.post(d.token('policy'), { shown_digest: `sha256:${'0'.repeat(64)}` }), 'not_shown', 409)
  })

  test('a review that has expired in the meantime', () => {
    attack(
      (d) => {
        const token = d.token('policy')
        d.now = EXPIRES
        const expired = expireReview(d.review, EXPIRES)
        return d.post(token, {}, 'next' in expired ? expired.next : undefined)
      },
      'closed',
      409,
    )
  })

  test('any bytes in any place of the request', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.constantFrom('POST', OWN, 'application/x-www-form-urlencoded'),
    )
    fc.assert(
      fc.property(text, text, text, text, text, (token, method, origin, content_type, body) => {
        const desk = new MemoryDesk()
        const before = desk.review
        desk.answer(token, { method, origin, content_type, body })
        desk.answer(desk.token('policy'), { method, origin, content_type, body })
        expect(desk.review).toBe(before)
      }),
      { numRuns: 60 },
    )
  })
})
