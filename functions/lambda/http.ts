/** Between API Gateway and the review desk: a request reduced to what may matter, a reply with the desk's headers. */
import { MAX_FORM_BYTES } from '#core/review/request.ts'
import { ENV } from '#schemas/env-names.ts'
import { type HttpRequest, type HttpResponse, REVIEW_PATH, ROLLOUT_PATH } from '#schemas/review-desk.ts'
import { headersWith, PAGE_HEADERS } from '../pages/kit/layout.ts'
import type { Signer, Store } from '../ports.ts'
import { answerRolloutLink, type RolloutAnswer } from '../steps/release/answer.ts'
import { answerRequest, type RequestAnswer } from '../steps/review/answer.ts'

/** Browsers come back over TLS alone, for two years. */
const TRANSPORT = { 'Strict-Transport-Security': 'max-age=63072000' }

/** Seconds between two looks of an open page of a rollout, which is moved once an hour. */
const REFRESH = 60

/** Answers a request for the page of a rollout. */
export async function answerRolloutHttp(store: Store, code: Signer, event: HttpRequest): Promise<HttpResponse> {
  const { rawPath, requestContext } = event
  // Metrics are counted under the name of the deployment.
  const options = `--stack ${process.env[ENV.metrics] ?? 'NAME'}`
  const at = { method: requestContext.http.method, token: tokenIn(rawPath, ROLLOUT_PATH) }
  return rolloutResponse(event, await answerRolloutLink(store, code, at, { options, refresh: REFRESH }))
}

/** Answers a request to a link. The origin is the domain that API Gateway took it under, not one that its sender names. */
export function answerHttp(store: Store, code: Signer, event: HttpRequest): Promise<RequestAnswer> {
  const { rawPath, headers, requestContext } = event
  const request = {
    method: requestContext.http.method,
    origin: headers.origin ?? null,
    sec_fetch_site: headers['sec-fetch-site'] ?? null,
    content_type: headers['content-type'] ?? null,
    body: bodyOf(event),
  }
  const token = tokenIn(rawPath, REVIEW_PATH)
  const origin = `https://${requestContext.domainName}`
  return answerRequest(store, code, request, { token, origin, action: rawPath, watch: `${ROLLOUT_PATH}${token}` })
}

/** What stands behind a path; nothing where another one was asked for. */
const tokenIn = (rawPath: string, path: string): string => (rawPath.startsWith(path) ? rawPath.slice(path.length) : '')

/** One byte more than a form may have is enough to know that it is too long. */
function bodyOf({ body, isBase64Encoded }: HttpRequest): string | null {
  if (body === null || body === undefined || body === '') return null
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8')
  return bytes.subarray(0, MAX_FORM_BYTES + 1).toString('utf8')
}

const rolloutResponse = (event: HttpRequest, { script, ...answer }: RolloutAnswer): HttpResponse =>
  responseTo(event, answer, script === undefined ? PAGE_HEADERS : headersWith(script))

export const httpResponse = (event: HttpRequest, { location, ...answer }: RequestAnswer): HttpResponse =>
  responseTo(event, answer, location === null ? PAGE_HEADERS : { ...PAGE_HEADERS, Location: location })

const responseTo = (
  { requestContext }: HttpRequest,
  { status, body }: Pick<RolloutAnswer, 'status' | 'body'>,
  headers: HttpResponse['headers'],
): HttpResponse => ({
  statusCode: status,
  headers: { ...headers, ...TRANSPORT },
  body: requestContext.http.method === 'HEAD' ? '' : body,
})
