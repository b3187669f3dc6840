/** What a request to a review address asks for. GET and HEAD only show; POST from our own page decides. Nothing is read from headers but origin and type. */
import type { ReviewRefusal } from '#schemas/review.ts'

/** A request, reduced to what may matter. Role and reviewer are not among it: they come from the link's code alone. */
export interface ReviewRequest {
  readonly method: string
  readonly origin: string | null
  readonly sec_fetch_site: string | null
  readonly content_type: string | null
  /** At most `MAX_FORM_BYTES` are read by the server; null when there was none. */
  readonly body: string | null
}

/** A decision form. Confirmed, and bound to the digest of the page that was shown. */
interface DecisionForm {
  readonly decision: 'approved' | 'rejected'
  readonly reason: string | null
  readonly shown_digest: string
}

export type ReviewAsk =
  | { readonly kind: 'show' }
  | { readonly kind: 'decide'; readonly form: DecisionForm }
  | {
      readonly kind: 'refused'
      readonly refused: ReviewRefusal
      readonly status: number
      readonly note: string
      /** The reason as typed, to be shown again with a form that needs mending (status 422); else empty. */
      readonly typed: string
    }

/** A form is two thousand characters of reason and a few words. */
export const MAX_FORM_BYTES = 16_384
export const MAX_REASON = 2000
const FIELDS = ['decision', 'reason', 'confirm', 'shown_digest'] as const

/**
 * Reads a request. A mail scanner's GET and HEAD show, as often as it likes. A POST must come from our own origin: browsers
 * send `Origin` or `Sec-Fetch-Site` on every POST, so a request with neither is refused. Unknown and repeated fields are
 * refused, not ignored: a smuggled reviewer id is an attempt, and is to be recorded as one.
 * @param ownOrigin scheme, host and port under which the pages are served
 */
export function readRequest(request: ReviewRequest, ownOrigin: string): ReviewAsk {
  const refused = (status: number, note: string, kind: ReviewRefusal = 'bad_request'): ReviewAsk => ({
    kind: 'refused',
    refused: kind,
    status,
    note,
    typed: '',
  })
  if (request.method === 'GET' || request.method === 'HEAD') return { kind: 'show' }
  if (request.method !== 'POST') return refused(405, 'a review answers GET, HEAD and POST')
  if (!fromOwnPage(request, ownOrigin)) return refused(403, 'the form was not sent from the review page', 'cross_site')
  if (!/^application\/x-www-form-urlencoded(\s*;|$)/i.test(request.content_type ?? ''))
    return refused(415, 'a decision is a form, application/x-www-form-urlencoded')
  const body = request.body ?? ''
  if (Buffer.byteLength(body, 'utf8') > MAX_FORM_BYTES)
    return refused(413, `a form has at most ${MAX_FORM_BYTES} bytes`)
  return readForm(body, refused)
}

/** Same-origin by `Origin`; or by `Sec-Fetch-Site`, which a page cannot set, where a referrer policy blanked the origin. */
function fromOwnPage({ origin, sec_fetch_site }: ReviewRequest, ownOrigin: string): boolean {
  if (sec_fetch_site !== null && sec_fetch_site !== 'same-origin') return false
  if (origin !== null && origin !== 'null') return origin === ownOrigin
  return sec_fetch_site === 'same-origin'
}

function readForm(body: string, refused: (status: number, note: string) => ReviewAsk): ReviewAsk {
  const fields = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(body)) {
    if (!(FIELDS as readonly string[]).includes(name)) return refused(400, 'the form has a field that is not ours')
    if (fields.has(name)) return refused(400, `"${name}" was sent twice`)
    fields.set(name, value)
  }
  const decision = fields.get('decision')
  if (decision !== 'approved' && decision !== 'rejected') return refused(400, 'a decision is "approved" or "rejected"')
  const shown = fields.get('shown_digest') ?? ''
  if (!/^sha256:[0-9a-f]{64}$/.test(shown)) return refused(400, 'the form does not say what was shown')
  const reason = (fields.get('reason') ?? '').replace(/\r\n?/g, '\n').trim()
  if (/[^\P{Cc}\n\t]/u.test(reason)) return refused(400, 'a reason holds no control characters')
  const missing =
    fields.get('confirm') !== 'yes'
      ? 'tick the box that confirms your decision'
      : reason.length > MAX_REASON
        ? `a reason has at most ${MAX_REASON} characters`
        : decision === 'rejected' && reason.length < 3
          ? 'a rejection needs a reason'
          : null
  if (missing !== null)
    return { kind: 'refused', refused: 'bad_request', status: 422, note: missing, typed: reason.slice(0, MAX_REASON) }
  return { kind: 'decide', form: { decision, reason: reason === '' ? null : reason, shown_digest: shown } }
}
