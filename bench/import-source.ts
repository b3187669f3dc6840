/** OTLP/JSON as a collector writes it, drawn from a seed, and traces of agents: one trace a line, a hundred a line, and one document. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { exampleLines } from '../functions/demo/traces/export.ts'
import { type Draws, draws } from './bench.ts'

export const FILES = {
  lines: 'lines.jsonl',
  hundreds: 'hundreds.jsonl',
  document: 'document.json',
  scope: 'scope.json',
  agents: 'agents.jsonl',
}

const TRACES_A_LINE = 100
const SPANS = 8
const WORDS = 'the parcel left our "house" on Monday and should reach you\nwithin two days of that größte'.split(' ')

/**
 * Writes `traces` traces three times: as lines, as lines of a hundred, and `repeats` times over in one document, once with a
 * resource a trace and once with all spans in one scope.
 */
export function writeSource(folder: string, seed: number, traces: number, repeats: number): void {
  const random = draws(seed)
  const files = Object.fromEntries(Object.values(FILES).map((name) => [name, openSync(join(folder, name), 'w')]))
  const write = (name: string, text: string) => writeSync(files[name]!, text)
  let batch: string[] = []
  const all: string[] = []
  for (let i = 0; i < traces; i++) {
    const resource = traceOf(random)
    write(FILES.lines, `{"resourceSpans":[${resource}]}\n`)
    batch.push(resource)
    all.push(resource)
    if (batch.length < TRACES_A_LINE && i < traces - 1) continue
    write(FILES.hundreds, `{"resourceSpans":[${batch.join(',')}]}\n`)
    batch = []
  }
  const spans = all.map((resource) => /"spans":\[(.*)\]\}\]\}$/s.exec(resource)![1]!)
  const repeated = (name: string, head: string, parts: readonly string[], tail: string) => {
    write(name, head)
    for (let i = 0; i < repeats; i++)
      for (const [k, part] of parts.entries()) write(name, i + k === 0 ? part : `,${part}`)
    write(name, tail)
  }
  repeated(FILES.document, '{"resourceSpans":[', all, ']}')
  repeated(FILES.scope, '{"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[', spans, ']}]}]}')
  for (const file of Object.values(files)) closeSync(file)
}

/** Conversations of the bundled shop, a trace a line, over and over under ids of their own until there are so many. */
export function writeAgents(folder: string, traces: number): void {
  const file = openSync(join(folder, FILES.agents), 'w')
  const lines = [...exampleLines('otel')]
  for (let i = 0; i < traces; i++) {
    const id = (i + 1).toString(16).padStart(32, '0')
    writeSync(file, `${lines[i % lines.length]!.replace(/"traceId":"[0-9a-f]{32}"/g, `"traceId":"${id}"`)}\n`)
  }
  closeSync(file)
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
