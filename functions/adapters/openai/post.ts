/** One POST of JSON, bounded in time and bytes: no redirect is followed, for a key would follow it. */

/** Longest answer that is read, in bytes. */
const MOST_BYTES = 8_000_000

/** What came back: status and text, or how the way there or back broke. */
export type Posted =
  | { readonly status: number; readonly text: string; readonly retryAfter: string | null }
  /** `again`: the connection broke, and another attempt may find it whole. */
  | { readonly broke: string; readonly again: boolean }

export async function post(
  url: string,
  body: string,
  key: string | null,
  limitMs: number,
  fetcher: typeof fetch,
): Promise<Posted> {
  const limit = AbortSignal.timeout(limitMs)
  try {
    const response = await fetcher(url, {
      method: 'POST',
      redirect: 'manual',
      signal: limit,
      headers: { 'content-type': 'application/json', ...(key !== null && { authorization: `Bearer ${key}` }) },
      body,
    })
    const text = await bounded(response)
    if (text === null) return { broke: `it answered more than ${MOST_BYTES / 1e6} MB`, again: false }
    return { status: response.status, text, retryAfter: response.headers.get('retry-after') }
  } catch (error) {
    if (limit.aborted) return { broke: `it did not answer within ${limitMs / 1000} s`, again: false }
    return broken(error)
  }
}

/** The text of an answer; null: it is longer than is read. */
async function bounded(response: Response): Promise<string | null> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    // Leaving the loop ends the connection.
    if (bytes > MOST_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** What a person can mend; everything else that breaks a connection may be gone at the next attempt. */
const MENDABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: is it started, and are host and port right?',
  ENOTFOUND: 'there is no such host: is the base URL right?',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed: name its authority in NODE_EXTRA_CA_CERTS',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not known here: name it in NODE_EXTRA_CA_CERTS',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not known here: name it in NODE_EXTRA_CA_CERTS',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not known here: name it in NODE_EXTRA_CA_CERTS',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is of another host',
}

/** Codes alone are told: the message of a failed request may hold its headers. */
function broken(error: unknown): Posted {
  const code = codeOf(error)
  if (code === null)
    return { broke: 'it cannot be asked: is its port one that fetch refuses, such as 1 or 6000?', again: false }
  const mend = MENDABLE[code]
  return mend === undefined ? { broke: `the connection broke (${code})`, again: true } : { broke: mend, again: false }
}

/** A fault of fetch hides what happened in its cause, and several attempts to connect in a list. */
function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  const { code, errors } = error as NodeJS.ErrnoException & { errors?: unknown[] }
  return (typeof code === 'string' ? code : null) ?? codeOf(error.cause) ?? codeOf(errors?.[0])
}
