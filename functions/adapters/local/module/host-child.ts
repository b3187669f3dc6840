/**
 * The process in which a user's own harness runs, one case at a time. It reads the harness, its packages and this program's
 * code, never the store. Cases and answers come in on stdin, questions and decisions leave on a descriptor of their own, so
 * that nothing which the harness prints can stand between them; what it writes there itself speaks for the case at hand alone.
 */
import { writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { dirname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { jsonKey, UnpinnedCall } from '#core/replay/pinned-answers.ts'
import type { HarnessModule, ModelAnswer, Passage, Pinned, ToolAnswer, VerdictModule } from '#schemas/harness.ts'
import { LineSplitter } from '../../../streams/line-splitter.ts'
import type { FromHost, Question } from './host-message.ts'
import { takeChance } from './no-chance.ts'
import { settableClock } from './other-clock.ts'
import { type Asks, MESSAGES, type ToHost, WHO } from './protocol.ts'

const MAX_RESULT_BYTES = 1_000_000
const PRINTED_LINES = 5
const MOST_LEVELS = 50
const DENIED =
  'A harness reads what its digest covers: name a file or folder as a quoted "./NAME" in the module, import a package by its name. Nothing else can be read, written, started or called'

const SIGNATURES = {
  replay: 'replay: export async function replay(recorded, settings, pinned)',
  judge: 'judge: export function judge(view)',
} as const satisfies Record<Asks, string>

/** How a frame of this file begins to say where it is. */
const HERE = import.meta.url
const module = process.argv[2]!
/** What its module has to export. */
const exported = process.argv[3] as Asks
const who = WHO[exported]
const folder = pathToFileURL(`${dirname(fileURLToPath(module))}/`).href

// Taken before any code of the harness runs, which may put others in their place.
const { parse, stringify } = JSON
const send = (message: FromHost): void => {
  const bytes = Buffer.from(`${stringify(message)}\n`)
  for (let sent = 0; sent < bytes.length; ) sent += writeSync(MESSAGES, bytes, sent)
}
disarm()
if (exported === 'judge') takeChance()
const setClock = exported === 'replay' ? settableClock() : null

/** What the harness printed during the case at hand, kept for the report of a failure. */
let printed = ''
for (const stream of [process.stdout, process.stderr])
  stream.write = ((chunk: string | Uint8Array): boolean => {
    if (printed.length < 4000) printed += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
    return true
  }) as typeof stream.write

/** What a promise that nobody waited for, or a timer, threw during the case at hand. */
let stray: ((error: unknown) => void) | null = null
const onStray = (error: unknown): void => {
  // A call that was not recorded is on the case's record already.
  if (error instanceof UnpinnedCall) return
  if (stray) stray(error)
  else process.exit(1)
}
process.on('uncaughtException', onStray)
process.on('unhandledRejection', onStray)

/** Questions of the case at hand that wait for the program's answer. */
let asking = new Map<number, (answer: ToHost) => void>()
let atHand = ''

const harness = await load()
if (harness) hear(harness)

function hear(harness: Loaded): void {
  const lines = new LineSplitter()
  const input = new Socket({ fd: 0 })
  input.on('data', (chunk: Buffer) => {
    for (const line of lines.push(chunk)) {
      const message = parse(line.toString()) as ToHost
      if ('recorded' in message) {
        const { id, recorded, settings, ahead_ms = 0 } = message
        setClock?.(ahead_ms)
        void begin(id, () => harness.replay(frozen(recorded), frozen(settings), pinnedOf(id)))
      } else if ('view' in message) void begin(message.id, () => harness.judge(frozen(message.view)))
      else if (message.id === atHand) asking.get(message.call)?.(message)
    }
  })
  // Whoever asked is gone.
  input.on('end', () => process.exit())
}

async function begin(id: string, decide: () => unknown) {
  printed = ''
  atHand = id
  asking = new Map()
  const reply = await replyTo(decide)
  stray = null
  send({ id, ...reply, printed: printedLines() })
}

type Loaded = HarnessModule & VerdictModule
async function load(): Promise<Loaded | null> {
  try {
    const loaded = (await import(module)) as Partial<Loaded> & { default?: Partial<Loaded> }
    const found = [loaded, loaded.default].find((m) => typeof m?.[exported] === 'function')
    send({
      loaded: found ? null : `it exports no function named ${SIGNATURES[exported]}`,
    })
    return (found as Loaded | undefined) ?? null
  } catch (error) {
    send({ loaded: `it cannot be imported: ${stackOf(error)}${printedLines()}` })
    return null
  }
}

type Reply = { returned: unknown } | { failed: string; stray: boolean }

async function replyTo(decide: () => unknown): Promise<Reply> {
  const strayed = new Promise<Reply>((resolve) => {
    stray = (error) => resolve({ failed: `${who} threw ${stackOf(error)}`, stray: true })
  })
  const decided = async (): Promise<Reply> => {
    let reply: Reply
    try {
      reply = sendable(await decide())
    } catch (error) {
      reply = { failed: `${who} threw ${stackOf(error)}`, stray: false }
    }
    // Promises that nobody waits for reject within this turn: they belong to this case.
    await new Promise((resolve) => setImmediate(resolve))
    return reply
  }
  return await Promise.race([decided(), strayed])
}

/** The recorded answers, which are the program's to give: each question goes there, and is on record there. */
function pinnedOf(id: string): Pinned {
  let calls = 0
  const ask = <T>(question: Question): Promise<T> => {
    const call = calls++
    return new Promise<T>((resolve, reject) => {
      asking.set(call, (message) => {
        asking.delete(call)
        if ('answer' in message) resolve(message.answer as T)
        else if ('unpinned' in message) reject(new UnpinnedCall(message.unpinned))
      })
      send({ id, call, question })
    })
  }
  return Object.freeze({
    // The key is made for what it throws: a number that JSON cannot carry is no argument.
    tool: async (name: string, args: unknown) =>
      ask<ToolAnswer>({ method: 'tool', name, args: parse(jsonKey(args ?? {})) }),
    retrieve: async (bucket: string, { hop, top_k }: { hop?: number; top_k?: number } = {}) =>
      ask<Passage[]>({ method: 'retrieve', bucket, ...countOf('hop', hop, 1), ...countOf('top_k', top_k, 0) }),
    model: async ({ prompt }: { prompt: string }) => ask<ModelAnswer>({ method: 'model', prompt }),
  })
}

/** A misspelled setting is undefined, and what is computed of it NaN: named here, where its author sees the line. */
function countOf<K extends string>(name: K, value: number | undefined, least: number): { [name in K]?: number } {
  if (value === undefined) return {}
  if (!Number.isSafeInteger(value) || value < least)
    throw new TypeError(`pinned.retrieve: ${name} is ${String(value)}, it must be a whole number from ${least} on`)
  return { [name]: value } as { [name in K]?: number }
}

/** As JSON, and nothing that JSON would change in silence. */
function sendable(returned: unknown): Reply {
  const failed = (what: string): Reply => ({ failed: `${who} returned ${what}`, stray: false })
  try {
    const value = plain(returned, []) ?? null
    const bytes = Buffer.byteLength(stringify(value))
    return bytes > MAX_RESULT_BYTES
      ? failed(`${bytes} bytes, at most ${MAX_RESULT_BYTES} are taken`)
      : { returned: value }
  } catch (error) {
    return failed(`what is no JSON: ${(error as Error).message}`)
  }
}

/** The same value made of plain objects, lists and finite numbers. Throws TypeError with the path of anything else. */
function plain(value: unknown, path: readonly (string | number)[]): unknown {
  const refuse = (what: string): never => {
    throw new TypeError(`${path.slice(0, 10).join('.') || 'the result'}: ${what}`)
  }
  if (value === null || value === undefined || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : refuse(`the number ${value}`)
  if (typeof value !== 'object') return refuse(`a ${typeof value}`)
  if (path.length > MOST_LEVELS) return refuse(`more than ${MOST_LEVELS} levels`)
  if (Array.isArray(value)) return value.map((inner, i) => plain(inner, [...path, i]) ?? null)
  const kind = Object.getPrototypeOf(value) as object | null
  if (kind !== null && kind !== Object.prototype) return refuse(`an object of class ${kind.constructor?.name}`)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner, [...path, key])]))
}

/** Takes away what reaches past this process, as far as Node has it where code can find it. */
function disarm(): void {
  const reach = [
    'kill',
    '_kill',
    '_debugProcess',
    '_debugEnd',
    'binding',
    '_linkedBinding',
    'dlopen',
    '_getActiveHandles',
    '_getActiveRequests',
  ]
  for (const name of reach) delete (process as unknown as Record<string, unknown>)[name]
}

/** What was thrown, with the frames that lie in the harness; paths are written from its folder, so that they read alike everywhere. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return `${typeof error} ${clip(String(error), 500)}`
  const text = String(error.stack ?? error)
    .split('\n')
    // Wherever this program lies, a failure reads alike.
    .filter((line) => !line.includes(HERE))
    .join('\n')
    .replaceAll(folder, '')
    .replaceAll(fileURLToPath(folder), '')
    .replaceAll(/(?:file:\/\/)?\/[^\s()]*\/node_modules\//g, 'node_modules/')
  const frames = text.split('\n').filter((line) => /^ {4}at /.test(line))
  const message = text.slice(0, frames.length > 0 ? text.indexOf(frames[0]!) : text.length).trimEnd()
  // Frames of this program and of Node say nothing about the harness.
  const own = frames.filter((line) => !/[( ](?:file:\/\/|node:|\/|[a-z]:\\)|<anonymous>\)?$/i.test(line.slice(6)))
  const denied = (error as NodeJS.ErrnoException).code === 'ERR_ACCESS_DENIED' ? [DENIED] : []
  return [clip(message, 1000), ...denied, ...own.slice(0, 8)].join('\n')
}

function printedLines(): string {
  const lines = printed.split('\n').filter((line) => line.trim() !== '')
  return lines
    .slice(0, PRINTED_LINES)
    .map((line) => `\nprinted: ${clip(line, 200)}`)
    .join('')
}

function clip(text: string, chars: number): string {
  return text.length > chars ? `${text.slice(0, chars - 3)}...` : text
}

/** Read-only all the way down: a harness that changes its input would change the next case. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) frozen(inner)
    Object.freeze(value)
  }
  return value
}
