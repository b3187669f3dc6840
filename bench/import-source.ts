/** OTLP/JSON as a collector writes it: spans drawn from a seed, and conversations of agents, one a line, a hundred a line, and in one document. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { exampleLines } from '../functions/demo/traces/export.ts'
import { type Draws, draws } from './bench.ts'

export const FILES = {
  /** Of spans drawn from a seed. */
  drawn: 'drawn.jsonl',
  /** Conversations: a trace a line, a hundred a line, all spans in one scope of one document, and one document many times as large. */
  lines: 'lines.jsonl',
  hundreds: 'hundreds.jsonl',
  scope: 'scope.json',
  document: 'document.json',
}

const TRACES_A_LINE = 100
const SPANS = 8
const WORDS = 'the parcel left our "house" on Monday and should reach you\nwithin two days of that größte'.split(' ')

/** Writes `traces` traces of drawn spans, one a line. */
export function writeDrawn(folder: string, seed: number, traces: number): void {
  const random = draws(seed)
  const file = openSync(join(folder, FILES.drawn), 'w')
  for (let i = 0; i < traces; i++) writeSync(file, request(traceOf(random)))
  closeSync(file)
}

const OPENING = '{"resourceSpans":['
const request = (resources: string): string => `${OPENING}${resources}]}\n`

/** Conversations of the bundled shop over and over, under ids of their own, until there are so many; `repeats` times as many in the document. */
export function writeConversations(folder: string, traces: number, repeats: number): void {
  const shop = [...exampleLines('otel')].map((line) => ({
    resource: line.slice(OPENING.length, -']}'.length),
    spans: (JSON.parse(line) as Exported).resourceSpans
      .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
      .map((span) => JSON.stringify(span))
      .join(),
  }))
  const told = (kind: 'resource' | 'spans', i: number) => {
    const id = (i + 1).toString(16).padStart(32, '0')
    return shop[i % shop.length]![kind].replace(/"traceId":"[0-9a-f]{32}"/g, `"traceId":"${id}"`)
  }
  const resources = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => told('resource', from + i))
  const [lines, hundreds, scope, document] = (['lines', 'hundreds', 'scope', 'document'] as const).map((name) =>
    openSync(join(folder, FILES[name]), 'w'),
  ) as [number, number, number, number]
  writeSync(scope, `${OPENING}{"resource":{},"scopeSpans":[{"scope":{},"spans":[`)
  for (let i = 0; i < traces; i++) {
    writeSync(lines, request(told('resource', i)))
    writeSync(scope, `${i === 0 ? '' : ','}${told('spans', i)}`)
  }
  writeSync(scope, ']}]}]}')
  for (let i = 0; i < traces; i += TRACES_A_LINE)
    writeSync(hundreds, request(resources(i, Math.min(traces, i + TRACES_A_LINE)).join()))
  writeSync(document, OPENING)
  for (let i = 0; i < repeats * traces; i++) writeSync(document, `${i === 0 ? '' : ','}${told('resource', i)}`)
  writeSync(document, ']}')
  for (const file of [lines, hundreds, scope, document]) closeSync(file)
}

interface Exported {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly unknown[] }[] }[]
}

function traceOf(random: Draws): string {
  const hex = (digits: number) => Array.from({ length: digits }, () => random.below(16).toString(16)).join('')
  const text = (words: number) => Array.from({ length: words }, () => WORDS[random.below(WORDS.length)]).join(' ')
  const traceId = hex(32)
  const spans = Array.from({ length: SPANS }, (_, i) => ({
    traceId,
    spanId: hex(16),
    name: 'chat',
    kind: 3,
    startTimeUnixNano: `17${hex(17).replace(/\D/g, '0')}`,
    endTimeUnixNano: `18${hex(17).replace(/\D/g, '0')}`,
    attributes: Array.from({ length: 14 }, (_, k) => ({
      key: `gen_ai.attribute.${k}`,
      value: k % 2 === 0 ? { intValue: String(random.below(10_000)) } : { stringValue: text(k === 1 ? 120 : 4 + i) },
    })),
    status: { code: 1 },
  }))
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] }
  return JSON.stringify({ resource, scopeSpans: [{ scope: { name: 'agent' }, spans }] })
}
