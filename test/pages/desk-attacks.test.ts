/** The attack list over real HTTP, byte by byte: nothing is decided, and the attempt is recorded. */
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { linkClaims } from '#core/review/link.ts'
import { shownDigest } from '#core/review/shown.ts'
import { serveDesk } from '../../functions/embedded/desk-server.ts'
import type { PageServer } from '../../functions/embedded/page-server.ts'
import { aProposal, aReview, EXPIRES, sign, signLink } from '../core/review/builders.ts'
import { MemoryDesk, SHOWN } from './memory-desk.ts'

const FORM = 'application/x-www-form-urlencoded'
let desk: MemoryDesk
let server: PageServer
let refusals: string[]
let defects: Error[]

const serve = async (patience?: Parameters<typeof serveDesk>[3]) =>
  await serveDesk(
    async (request, { token, origin }) => desk.answer(token, request, undefined, origin),
    0,
    { failed: (error) => defects.push(error), refused: (note) => refusals.push(note) },
    patience,
  )
beforeEach(async () => {
  ;[desk, refusals, defects] = [new MemoryDesk(), [], []]
  server = await serve()
})
afterEach(async () => {
  await server.close()
  expect(defects).toEqual([])
})

const host = () => new URL(server.origin).host
const open = (): Socket => connect({ host: '127.0.0.1', port: Number(new URL(server.origin).port) })

/** Everything that the server sends until it closes the connection. */
const heard = (socket: Socket): Promise<string> =>
  new Promise((done) => {
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    // What was said before a reset stands.
    socket.on('error', () => {})
    socket.on('close', () => done(text))
  })

/** Bytes as they are, and the status lines that come back. */
async function raw(bytes: string): Promise<{ statuses: number[]; text: string }> {
  const socket = open()
  const text = heard(socket)
  socket.write(bytes, 'latin1')
  const all = await text
  return { statuses: [...all.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map((m) => Number(m[1])), text: all }
}

interface Sent {
  readonly path?: string
  readonly method?: string
  readonly body?: string
  /** Lines beside those of an honest form; a name in `without` is left out. */
  readonly lines?: readonly string[]
  readonly without?: readonly string[]
}

/** An honest form of Ben's for policy, but for what is said. */
function message({ path, method = 'POST', body = desk.form(), lines = [], without = [] }: Sent = {}): string {
  const honest: Record<string, string> = {
    Host: host(),
    Origin: server.origin,
    'Content-Type': FORM,
    'Content-Length': `${Buffer.byteLength(body)}`,
    Connection: 'close',
  }
  const kept = Object.entries(honest).filter(([name]) => !without.includes(name))
  const head = [...kept.map(([name, value]) => `${name}: ${value}`), ...lines]
  return `${method} ${path ?? `/review/${desk.token('policy')}`} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n${body}`
}

/** Sends it, and holds that nothing was decided. */
async function attack(sent: Sent, status: number): Promise<string> {
  const before = structuredClone(desk.review)
  const { statuses, text } = await raw(message(sent))
  expect(statuses).toEqual([status])
  expect(desk.review).toEqual(before)
  return text
}
const recorded = () => desk.attempts.map(({ refused, reviewer }) => `${refused} ${reviewer}`)

test('an honest form decides, so that the refusals below mean something', async () => {
  expect((await raw(message())).statuses).toEqual([303])
  expect(desk.review.decisions).toMatchObject([{ role: 'policy', reviewer: 'ben@acme', decision: 'approved' }])
  expect([recorded(), refusals]).toEqual([[], []])
})

describe('reviewer ids smuggled in', () => {
  test.each([
    ['a second decision', () => `${desk.form()}&decision=rejected`],
    ['the same decision twice', () => `${desk.form()}&decision=approved`],
    ['a second digest', () => `shown_digest=sha256%3A${'0'.repeat(64)}&${desk.form()}`],
    ['another reviewer', () => `${desk.form()}&reviewer=cleo%40acme`],
    ['another role', () => `${desk.form()}&role=domain_owner`],
    ['an array of them', () => `${desk.form()}&reviewer%5B%5D=cleo&seats%5B0%5D%5Brole%5D=policy`],
    ['a prototype', () => `${desk.form()}&__proto__=x&constructor=y`],
    ['a name behind a null byte', () => `${desk.form()}&reviewer%00=cleo`],
    ['another case', () => `${desk.form()}&Decision=rejected`],
    ['JSON in the place of a form', () => JSON.stringify({ decision: 'approved', reviewer: 'cleo@acme' })],
  ])('in the body: %s', async (_, body) => {
    await attack({ body: body() }, 400)
    expect(recorded()).toEqual(['bad_request ben@acme'])
  })

  test.each([
    ['multipart', 'multipart/form-data; boundary=x'],
    ['JSON', 'application/json'],
    ['text, which a foreign form may send', 'text/plain'],
    ['a type that only begins like ours', `${FORM}-not`],
  ])('in a body of another type: %s', async (_, type) => {
    const body = '--x\r\nContent-Disposition: form-data; name="reviewer"\r\n\r\ncleo\r\n--x--\r\n'
    await attack({ body, without: ['Content-Type'], lines: [`Content-Type: ${type}`] }, 415)
    expect(recorded()).toEqual(['bad_request ben@acme'])
  })

  test('in headers: who decides comes from the code of the link alone', async () => {
    const lines = [
      'X-Forwarded-User: cleo@acme',
      'X-Reviewer: cleo@acme',
      'X-Role: domain_owner',
      'Cookie: reviewer=cleo',
    ]
    expect((await raw(message({ lines }))).statuses).toEqual([303])
    expect(desk.review.decisions).toMatchObject([{ role: 'policy', reviewer: 'ben@acme' }])
  })

  test('in the query: who decides comes from the code of the link alone', async () => {
    const path = `/review/${desk.token('policy')}?reviewer=cleo%40acme&role=domain_owner`
    expect((await raw(message({ path }))).statuses).toEqual([303])
    expect(desk.review.decisions).toMatchObject([{ role: 'policy', reviewer: 'ben@acme' }])
  })

  test('a GET that says it is a POST only shows', async () => {
    const lines = ['X-HTTP-Method-Override: POST', 'X-Method-Override: POST']
    await attack({ method: 'GET', lines }, 200)
    await attack({ method: 'HEAD' }, 200)
    expect(recorded()).toEqual([])
  })
})

describe('requests that two readers would cut differently', () => {
  const chunked = '0\r\n\r\n'
  test.each([
    ['length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked'], chunked],
    ['two lengths', ['Content-Length: 5', 'Content-Length: 500'], chunked],
    ['two lengths in one', ['Content-Length: 5, 500'], chunked],
    ['a signed length', ['Content-Length: +5'], chunked],
    ['a negative length', ['Content-Length: -5'], chunked],
    ['an unknown encoding', ['Transfer-Encoding: xchunked'], chunked],
    ['chunks that are not last', ['Transfer-Encoding: chunked, identity'], chunked],
    ['a folded header', ['Content-Length: 5', 'X-A: a', ' X-Reviewer: cleo'], chunked],
    ['a space before the colon', ['Content-Length : 5'], chunked],
    ['a bad chunk', ['Transfer-Encoding: chunked'], 'zz\r\nreviewer=cleo\r\n0\r\n\r\n'],
    ['a null byte in a header', ['Content-Length: 5', 'X-A: a\u0000b'], chunked],
  ])('%s', async (_, lines, body) => {
    await attack({ lines, body, without: ['Content-Length'] }, 400)
    expect(refusals).toHaveLength(1)
    expect(refusals[0]).toMatch(/^no proper request: HPE_/)
  })

  test('what follows a form is a request of its own, and knows no link', async () => {
    const first = message({ without: ['Connection'] })
    const hidden = message({ path: '/review/cleo', body: desk.form({ reason: 'hidden' }) })
    expect((await raw(first + hidden)).statuses).toEqual([303, 404])
    expect(desk.review.decisions).toHaveLength(1)
    expect(recorded()).toEqual(['malformed null'])
  })

  test.each([
    ['origin', 'Origin: https://evil.example', 403, 'cross_site ben@acme'],
    ['type', 'Content-Type: multipart/form-data', 415, 'bad_request ben@acme'],
  ])('two headers of the same name: %s', async (_, line, status, kind) => {
    await attack({ lines: [line] }, status)
    expect(recorded()).toEqual([kind])
  })
})

describe('another host or another site', () => {
  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.0.0.1',
    'localhost:80',
    '127.0.0.1:1@evil.example',
    '[::1]',
    '0.0.0.0',
    '',
  ])('Host: %s, as after DNS rebinding', async (name) => {
    await attack({ without: ['Host'], lines: [`Host: ${name}`, `X-Forwarded-Host: ${host()}`] }, 421)
    expect([recorded(), refusals]).toEqual([[], ['the request names another host']])
  })

  test('no Host, and an address in the first line', async () => {
    await attack({ without: ['Host'] }, 400)
    await attack({ path: `http://evil.example/review/${desk.token('policy')}` }, 404)
  })

  test.each([
    ['another site', ['Origin: https://evil.example']],
    ['another port', ['Origin: http://127.0.0.1:1']],
    ['another name of this machine', ['Origin: http://localhost']],
    ['a sandboxed page', ['Origin: null']],
    ['a sandboxed page of another site', ['Origin: null', 'Sec-Fetch-Site: cross-site']],
    ['a sister site', ['Sec-Fetch-Site: same-site']],
    ['no page at all', []],
    ['a referrer, which anybody may write', ['Referer: http://127.0.0.1/review/']],
    ['a proxy that speaks for us', ['Origin: https://evil.example', 'X-Forwarded-Host: evil.example']],
  ])('a form from %s', async (_, lines) => {
    await attack({ without: ['Origin'], lines }, 403)
    expect(recorded()).toEqual(['cross_site ben@acme'])
  })
})

describe('bodies without end', () => {
  test('a form that is too long is answered, and nothing of it is kept', async () => {
    await attack({ body: desk.form({ reason: 'x'.repeat(20_000) }) }, 413)
    expect(recorded()).toEqual(['bad_request ben@acme'])
    expect(JSON.stringify(desk.attempts)).not.toContain('xxx')
  })

  test('an endless one is cut off', async () => {
    const socket = open()
    const answer = heard(socket)
    socket.write(
      message({ body: '', without: ['Content-Length', 'Connection'], lines: ['Transfer-Encoding: chunked'] }),
    )
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    const more = (failed?: Error | null): void => {
      if (!failed && !socket.destroyed) socket.write(chunk, more)
    }
    more()
    expect(await answer).toMatch(/^HTTP\/1\.1 413 .*Connection: close/s)
    expect(desk.review.decisions).toEqual([])
    expect(recorded()).toEqual(['bad_request ben@acme'])
  })

  test('a slow one is cut off, and nobody waits for it', async () => {
    await server.close()
    server = await serve({ headersTimeout: 200, requestTimeout: 200, connectionsCheckingInterval: 20 })
    const slow = open()
    const answer = heard(slow)
    slow.write(message({ without: ['Content-Length'], lines: ['Content-Length: 200'], body: 'decision=approved&' }))
    expect((await raw(message({ path: `/review/${desk.token('reliability')}` }))).statuses).toEqual([303])
    expect(await answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(desk.review.decisions.map((d) => d.role)).toEqual(['reliability'])
    expect(refusals).toEqual(['no proper request: ERR_HTTP_REQUEST_TIMEOUT'])
  })

  test('a client that goes away in the middle has decided nothing', async () => {
    const gone = open()
    gone.on('error', () => {})
    gone.write(message({ without: ['Content-Length'], lines: ['Content-Length: 900'] }), () => gone.destroy())
    expect((await raw(message({ method: 'GET' }))).statuses).toEqual([200])
    expect(desk.review.decisions).toEqual([])
  })
})

describe('tricks with the path', () => {
  test.each([
    '/review/..%2f..%2fvault%2freview-link.key',
    '/review/../../vault/review-link.key',
    '/review/%2e%2e/%2e%2e/ledger.sqlite',
    '/review/..\\..\\ledger.sqlite',
    '/review/%00',
    '/review/',
    '/review/a.b/../c',
  ])('%s is no link', async (path) => {
    await attack({ path }, 404)
    expect(recorded()).toEqual(['malformed null'])
  })

  test('a good link with anything before, in or after it is no link', async () => {
    const token = desk.token('policy')
    const [claims, mac] = token.split('.') as [string, string]
    const tricks = [
      `${token}/`,
      `${token}%00`,
      `${token};x`,
      `${token}=`,
      `./${token}`,
      `${claims}%2e${mac}`,
      `${claims}..${mac}`,
    ]
    for (const path of tricks) await attack({ path: `/review/${path}` }, 404)
    expect(new Set(recorded())).toEqual(new Set(['malformed null']))
    for (const path of [`/REVIEW/${token}`, `//review/${token}`, `/review\\${token}`, `/x/../review/${token}`])
      await attack({ path }, 404)
  })

  test('one that is too long is not read, one with a null byte is no request', async () => {
    await attack({ path: `/review/${'a'.repeat(60_000)}` }, 431)
    await attack({ path: '/review/a\u0000b' }, 400)
    expect(refusals).toHaveLength(2)
  })
})

describe('links', () => {
  const review = () => aReview({ shown_digest: shownDigest(SHOWN) })
  const mine = () => linkClaims(desk.review).find((c) => c.role === 'policy')!
  test.each([
    ['forged', () => `${desk.token('policy').slice(0, -4)}AAAA`, 'forged null'],
    [
      'signed for other claims',
      () => `${desk.token('reliability').split('.')[0]}.${desk.token('policy').split('.')[1]}`,
      'forged null',
    ],
    ['of a role that was never theirs', () => signLink({ ...mine(), role: 'reliability' }, sign), 'swapped ben@acme'],
    ['of another review', () => signLink({ ...mine(), review_id: 'rv_other_1' }, sign), 'swapped ben@acme'],
    [
      'of another proposal',
      () => signLink({ ...mine(), proposal_digest: `sha256:${'0'.repeat(64)}` }, sign),
      'swapped ben@acme',
    ],
    ['that a newer one replaced', () => signLink({ ...mine(), nonce: 'f'.repeat(32) }, sign), 'swapped ben@acme'],
  ])('%s', async (_, token, kind) => {
    for (const method of ['GET', 'POST']) await attack({ path: `/review/${token()}`, method }, 404)
    expect(recorded()).toEqual([kind, kind])
  })

  test('that lives longer than its review says', async () => {
    desk.now = EXPIRES
    await attack({ path: `/review/${signLink({ ...mine(), expires_at: '2099-01-01T00:00:00.000Z' }, sign)}` }, 409)
    expect(recorded()).toEqual(['expired ben@acme'])
  })

  test('used again, and replayed after the end', async () => {
    const path = `/review/${desk.token('policy')}`
    expect((await raw(message({ path }))).statuses).toEqual([303])
    await attack({ path }, 409)
    await attack({ path, body: desk.form({ decision: 'rejected', reason: 'changed my mind' }) }, 409)
    expect(recorded()).toEqual(['used ben@acme', 'used ben@acme'])
    desk.review = { ...review(), status: 'rejected' }
    await attack({ path }, 409)
    expect(recorded().at(-1)).toBe('closed ben@acme')
  })

  test('to a proposal that was edited after signing', async () => {
    desk.shown = { ...SHOWN, proposal: aProposal({ rationale: 'harmless' }) }
    await attack({}, 409)
    expect(await attack({ method: 'GET' }, 200)).toContain('The proposal has changed')
    expect(recorded()).toEqual(['changed ben@acme'])
  })
})

test('no answer can be framed, cached, sniffed, run or indexed', async () => {
  const answers = [
    await attack({ method: 'GET' }, 200),
    await attack({ path: '/' }, 404),
    await attack({ path: '/review/x' }, 404),
    await attack({ method: 'DELETE' }, 405),
    await attack({ without: ['Origin'] }, 403),
    await attack({ body: desk.form({ reason: 'x'.repeat(20_000) }) }, 413),
    await attack({ without: ['Content-Type'] }, 415),
    await attack({ without: ['Host'], lines: ['Host: evil.example'] }, 421),
    await attack({ body: desk.form({ confirm: 'no' }) }, 422),
    (await raw(message())).text,
  ]
  for (const text of answers) {
    const head = text.slice(0, text.indexOf('\r\n\r\n'))
    for (const line of [
      'X-Frame-Options: DENY',
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      'X-Robots-Tag: noindex',
      'Referrer-Policy: same-origin',
    ])
      expect(head).toContain(line)
    expect(head).toMatch(/Content-Security-Policy: default-src 'none'; .*frame-ancestors 'none'/)
    expect(head).not.toMatch(/^(Set-Cookie|Access-Control-|Server|X-Powered-By)/im)
  }
})
