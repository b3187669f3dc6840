import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { MAX_FORM_BYTES, type ReviewRequest, readRequest } from '#core/review/request.ts'

const OWN = 'http://127.0.0.1:8787'
const shown = digestOf('shown')
const form = (fields: Record<string, string> = {}): string =>
  new URLSearchParams({ decision: 'approved', reason: '', confirm: 'yes', shown_digest: shown, ...fields }).toString()
const post = (over: Partial<ReviewRequest> = {}): ReviewRequest => ({
  method: 'POST',
  origin: OWN,
  sec_fetch_site: 'same-origin',
  content_type: 'application/x-www-form-urlencoded',
  body: form(),
  ...over,
})

describe('a request', () => {
  test('that is GET or HEAD shows, as often as a mail scanner likes, whatever it carries', () => {
    fc.assert(
      fc.property(fc.constantFrom('GET', 'HEAD'), fc.option(fc.string()), (method, origin) => {
        expect(readRequest(post({ method, origin }), OWN)).toEqual({ kind: 'show' })
      }),
    )
  })

  test('that posts the confirmed form of our own page decides', () => {
    expect(readRequest(post(), OWN)).toEqual({
      kind: 'decide',
      form: { decision: 'approved', reason: null, shown_digest: shown },
    })
    const rejected = form({ decision: 'rejected', reason: ' too risky\r\nfor refunds ' })
    expect(readRequest(post({ body: rejected }), OWN)).toMatchObject({ form: { reason: 'too risky\nfor refunds' } })
  })

  test('decides with a blanked origin only where the browser vouches for the site', () => {
    expect(readRequest(post({ origin: 'null' }), OWN).kind).toBe('decide')
    expect(readRequest(post({ sec_fetch_site: null }), OWN).kind).toBe('decide')
    expect(readRequest(post({ origin: null, sec_fetch_site: null }), OWN)).toMatchObject({ status: 403 })
  })

  test.each<[string, Partial<ReviewRequest>, number]>([
    ['another method', { method: 'PUT' }, 405],
    ['a method spelled oddly', { method: 'post' }, 405],
    ['another origin', { origin: 'https://evil.example' }, 403],
    ['an origin that starts like ours', { origin: `${OWN}.evil.example` }, 403],
    ['another site', { sec_fetch_site: 'cross-site' }, 403],
    ['a link typed into the address bar', { sec_fetch_site: 'none' }, 403],
    ['a sister site', { sec_fetch_site: 'same-site' }, 403],
    ['JSON', { content_type: 'application/json' }, 415],
    ['no type', { content_type: null }, 415],
    ['an oversized body', { body: form({ reason: 'x'.repeat(MAX_FORM_BYTES) }) }, 413],
    ['no body', { body: null }, 400],
    ['no decision', { body: form({ decision: 'maybe' }) }, 400],
    ['no confirmation', { body: form({ confirm: '' }) }, 422],
    ['nothing shown', { body: form({ shown_digest: 'latest' }) }, 400],
    ['a smuggled reviewer', { body: form({ reviewer: 'ben@acme' }) }, 400],
    ['a smuggled role', { body: form({ role: 'policy' }) }, 400],
    ['a field sent twice', { body: `${form()}&decision=rejected` }, 400],
    ['a rejection without a reason', { body: form({ decision: 'rejected', reason: ' ' }) }, 422],
    ['a reason too long', { body: form({ reason: 'x'.repeat(2001) }) }, 422],
    ['control characters in the reason', { body: form({ reason: 'fine\u0000<script>' }) }, 400],
  ])('fails for %s', (_, over, status) => {
    expect(readRequest(post(over), OWN)).toMatchObject({ kind: 'refused', status })
  })

  test('never throws and never decides on bytes that are no form of ours', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (body) => {
        expect(readRequest(post({ body }), OWN).kind).toBe('refused')
      }),
    )
  })
})
