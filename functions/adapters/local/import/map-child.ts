/**
 * The guarded process in which a map runs. First line in: its settings; then one record a line. One reply a line out,
 * in order, each written before the next record is begun: so the parent knows which record a stuck or dead process was
 * at. Synchronous reads and writes on purpose: they need no event loop, and back-pressure comes for free.
 */
import { createHash } from 'node:crypto'
import { readSync, writeSync } from 'node:fs'
import jsonata from 'jsonata'
import { jsonOfText } from '../../../core/replay/json-text.ts'
import { hexId, nanosOf } from '../../../core/traces/ids.ts'
import { LineSplitter } from '../../../streams/line-splitter.ts'
import type { ChildSettings, Reply } from './map-reply.ts'

const STDIN = 0
const STDOUT = 1
const CHUNK_BYTES = 256 * 1024
const MAX_DEPTH = 100

// The clock of a map stands still: `$toMillis` fills what a picture leaves out from `new Date()`. `Date.now` goes on,
// the guards measure with it.
const RealDate = Date
globalThis.Date = class extends RealDate {
  constructor(...parts: []) {
    if (parts.length > 0) super(...parts)
    else super(0)
  }
} as DateConstructor

interface Oddity {
  readonly field: string | null
  readonly problem: string
}

const lines = readLines()
const settings: ChildSettings = JSON.parse(lines.next().value!)
const map = jsonata(settings.text, settings.guards)
// Values that a map could not get at in JSONata; each gives null where there is none.
map.registerFunction('parseJson', parsed)
map.registerFunction('nanos', nanosOf)
// For what has no id of its own, such as a passage: two of one text are one.
map.registerFunction('digest', (text: unknown) =>
  typeof text === 'string' ? createHash('sha256').update(text).digest('hex').slice(0, 16) : null,
)
map.registerFunction('hexId', (id: unknown) => hexId(id, 8) ?? hexId(id, 16))
write({ kind: 'ready' })
for (const line of lines) write(await answer(line))

async function answer(text: string): Promise<Reply> {
  let record: unknown
  try {
    record = JSON.parse(text)
  } catch (error) {
    const problem = `not JSON: ${(error as Error).message}${positionOf(text, error as Error)}`
    return { kind: 'failed', field: null, problem, todo: 'Write one JSON object a line; NaN and Infinity are not JSON' }
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record) !== settings.grouped)
    return { kind: 'failed', field: null, problem: 'not a JSON object', todo: 'Write one record a line, {"…": …}' }
  const planted = oddity(record)
  if (planted)
    return { kind: 'failed', ...planted, problem: `the record holds ${planted.problem}`, todo: 'Correct the record' }

  try {
    const value: unknown = await map.evaluate(record)
    if (value === undefined || value === null) return { kind: 'skipped' }
    const odd = oddity(value)
    if (odd) return { kind: 'failed', ...odd, problem: `the map returned ${odd.problem}`, todo: 'Correct the map' }
    return { kind: 'mapped', value }
  } catch (error) {
    return { kind: 'failed', field: null, problem: mapFailure(error), todo: 'Correct the map, or drop the record' }
  }
}

/** What a text says as JSON; what is no text has been parsed already. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value ?? null
  const said = jsonOfText(value)
  return said === value ? null : said
}

/** What JSON would lose or a reader could trip over: functions, infinite numbers, reserved keys, endless nesting. */
function oddity(value: unknown, depth = 0): Oddity | null {
  if (typeof value === 'function') return { field: null, problem: 'a function' }
  if (typeof value === 'number' && !Number.isFinite(value)) return { field: null, problem: `the number ${value}` }
  if (typeof value !== 'object' || value === null) return null
  if (depth > MAX_DEPTH) return { field: null, problem: `more than ${MAX_DEPTH} levels` }
  if (Array.isArray(value)) {
    // By index: the engine's own lists carry further properties.
    for (let i = 0; i < value.length; i++) {
      const odd = oddity(value[i], depth + 1)
      if (odd) return { ...odd, field: joinPath(`[${i}]`, odd.field) }
    }
    return null
  }
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') return { field: null, problem: 'a key "__proto__"' }
    // The engine marks its functions by such keys, so a record that holds one could pass for a function.
    if (key.startsWith('_jsonata_')) return { field: null, problem: `a function, or the reserved key "${key}"` }
    const odd = oddity(item, depth + 1)
    if (odd) return { ...odd, field: joinPath(key, odd.field) }
  }
  return null
}

function joinPath(key: string, rest: string | null): string {
  return rest === null ? key : `${key}${rest.startsWith('[') ? '' : '.'}${rest}`
}

/** JSONata throws plain objects with a code and a position in the map; the engine below it throws errors. */
function mapFailure(error: unknown): string {
  const { message, code, position } = error as Partial<jsonata.JsonataError>
  const before = position === undefined ? null : settings.text.slice(0, position).split('\n')
  const where = before === null ? '' : `, map line ${before.length} column ${before.at(-1)!.length}`
  return `the map failed: ${message ?? String(error)}${code === undefined ? '' : ` (${code}${where})`}`
}

/** V8 names no position for an unexpected token. It is the end of the shortest beginning that fails in that way. */
function positionOf(text: string, error: Error): string {
  const unexpected = (message: string) => message.startsWith('Unexpected token')
  if (!unexpected(error.message)) return ''
  let good = 0
  let bad = text.length
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    try {
      JSON.parse(text.slice(0, middle))
      good = middle
    } catch (failure) {
      if (unexpected((failure as Error).message)) bad = middle
      else good = middle
    }
  }
  return ` at position ${bad - 1} (column ${bad})`
}

function* readLines(): Generator<string, undefined> {
  const splitter = new LineSplitter()
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    const length = readSync(STDIN, chunk)
    if (length === 0) return
    for (const line of splitter.push(chunk.subarray(0, length))) yield line.toString()
  }
}

function write(reply: Reply): void {
  let text = JSON.stringify(reply)
  if (text.length > settings.maxReplyChars) {
    const problem = `the map returned ${text.length} characters, more than ${settings.maxReplyChars}`
    text = JSON.stringify({ kind: 'failed', field: null, problem, todo: 'Return less' } satisfies Reply)
  }
  const bytes = Buffer.from(`${text}\n`)
  for (let sent = 0; sent < bytes.length; ) sent += writeSync(STDOUT, bytes, sent)
}
