/** Requests to a page: the honest one, and those with at least one thing in them that no page may act upon. */
import type { Draw } from '../../functions/demo/draw.ts'

const FORM = 'application/x-www-form-urlencoded'

export interface Page {
  readonly origin: string
  /** Of a link that is good. */
  readonly path: string
  /** Digest of what it shows. */
  readonly shown: string
}

export interface Sent {
  readonly what: string
  readonly bytes: string
  /** Its sender goes away before it hears an answer. */
  readonly leaves: boolean
}

/** A request in parts, so that each can be spoiled. */
interface Parts {
  method: string
  path: string
  headers: [name: string, value: string][]
  body: string
  /** Share of the bytes that are sent. */
  sent: number
}

function honestParts({ origin, path, shown }: Page, method: string): Parts {
  const form = new URLSearchParams({ decision: 'approved', confirm: 'yes', reason: '', shown_digest: shown }).toString()
  const body = method === 'POST' ? form : ''
  const headers: Parts['headers'] = [
    ['Host', new URL(origin).host],
    ['Origin', origin],
    ['Content-Type', FORM],
    ['Connection', 'close'],
  ]
  return { method, path, headers, body, sent: 1 }
}

function bytesOf({ method, path, headers, body, sent }: Parts): string {
  const length = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name))
  const all: Parts['headers'] = length ? headers : [...headers, ['Content-Length', String(Buffer.byteLength(body))]]
  const text = `${method} ${path} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
  return text.slice(0, Math.floor(text.length * sent))
}

export const honest = (page: Page, method = 'POST'): Sent => ({
  what: `an honest ${method}`,
  bytes: bytesOf(honestParts(page, method)),
  leaves: false,
})

const replaced = (parts: Parts, name: string, value: string | null): void => {
  parts.headers = parts.headers.filter(([each]) => each !== name)
  if (value !== null) parts.headers.push([name, value])
}

/** A text with one character changed to another one. */
function other(draw: Draw, text: string): string {
  const at = draw.int(0, text.length - 1)
  const letter = draw.pick([...'AZaz09-_.%/;\\'].filter((each) => each !== text[at]))
  return `${text.slice(0, at)}${letter}${text.slice(at + 1)}`
}

type Spoil = (draw: Draw, parts: Parts) => void

/** Each alone keeps a request from deciding anything. */
const FATAL: Readonly<Record<string, Spoil>> = {
  'another method': (draw, parts) => {
    parts.method = draw.pick(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'post', 'PROPFIND'])
  },
  'no origin': (_, parts) => replaced(parts, 'Origin', null),
  'a foreign origin': (draw, parts) =>
    replaced(parts, 'Origin', draw.pick(['null', 'http://evil.example', 'http://127.0.0.1', 'http://localhost:80'])),
  'another host': (draw, parts) => replaced(parts, 'Host', draw.pick(['evil.example', 'localhost', '127.0.0.1', ''])),
  'another site': (draw, parts) => {
    parts.headers.push(['Sec-Fetch-Site', draw.pick(['cross-site', 'same-site', 'none', 'same-origin, cross-site'])])
  },
  'another type': (draw, parts) =>
    replaced(parts, 'Content-Type', draw.pick(['text/plain', 'application/json', 'multipart/form-data', `${FORM}x`])),
  'another link': (draw, parts) => {
    const cut = parts.path.lastIndexOf('/') + 1
    parts.path = `${parts.path.slice(0, cut)}${other(draw, parts.path.slice(cut) || 'x')}`
  },
  'a path': (draw, parts) => {
    const name = draw.pick([
      '..%2f..%2fledger.sqlite',
      '%00',
      '../vault/',
      'a'.repeat(draw.int(1, 60_000)),
      '%ff%fe',
      '?',
    ])
    parts.path = `/review/${name}`
  },
  'no confirmation': (_, parts) => {
    parts.body = parts.body.replace('confirm=yes', 'confirm=no')
  },
  'another digest': (draw, parts) => {
    parts.body = parts.body.replace(/shown_digest=.*/, `shown_digest=sha256%3A${draw.hex(64)}`)
  },
  'a second decision': (draw, parts) => {
    parts.body += draw.pick([
      '&decision=rejected',
      '&decision=approved',
      '&reviewer=eve',
      '&role=policy',
      '&__proto__=x',
    ])
  },
  'another body': (draw, parts) => {
    parts.body = draw.pick([
      '',
      '{"decision":"approved"}',
      '=&=&',
      '%',
      draw.hex(200),
      'x'.repeat(draw.int(20_000, 90_000)),
    ])
  },
  'only its beginning': (draw, parts) => {
    parts.sent = draw.int(0, 95) / 100
  },
}

/** What may stand beside it: bytes that a parser must get over. */
const BESIDE: readonly Spoil[] = [
  (draw, parts) => parts.headers.push([`X-${draw.hex(8)}`, draw.hex(draw.int(0, 9_000))]),
  (draw, parts) =>
    parts.headers.push(['Content-Length', draw.pick(['-1', '1e3', '99999999999999999999', '0x10', '']) as string]),
  (draw, parts) =>
    parts.headers.push(['Transfer-Encoding', draw.pick(['chunked', 'gzip', 'chunked, identity']) as string]),
  (draw, parts) => parts.headers.push(['Expect', draw.pick(['100-continue', 'x']) as string]),
  (_, parts) => parts.headers.push(['Upgrade', 'websocket'], ['Cookie', `reviewer=eve; ${'a'.repeat(500)}`]),
  (_, parts) => parts.headers.push(['Bad\u0000Name', 'x\u0001y']),
  (draw, parts) => {
    for (let i = draw.int(50, 300); i > 0; i--) parts.headers.push([`X-${i}`, 'y'])
  },
]

/** A request that must not decide anything. On a page that only shows, everything is one. */
export function unwanted(draw: Draw, page: Page, decides: boolean): Sent {
  const parts = honestParts(page, draw.chance(0.8) ? 'POST' : 'GET')
  const names = Object.keys(FATAL)
  const chosen = Array.from({ length: draw.int(decides ? 1 : 0, 2) }, () => draw.pick(names))
  for (const name of chosen) FATAL[name]!(draw, parts)
  const beside = draw.int(0, 2)
  for (let i = 0; i < beside; i++) draw.pick(BESIDE)(draw, parts)
  const leaves = parts.sent < 1 || draw.chance(0.1)
  const what = `${parts.method} with ${[...chosen, ...(beside > 0 ? [`${beside} odd headers`] : [])].join(', ') || 'nothing odd'}`
  return { what: leaves ? `${what}, its sender gone` : what, bytes: bytesOf(parts), leaves }
}
