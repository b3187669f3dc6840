/**
 * The process in which a user's own harness runs, one case at a time. Started under Node's permission model: it reads the
 * harness, its packages and this program's code, never the store. Cases come and decisions go over the IPC channel, so
 * that nothing which the harness prints can stand between them.
 */
import { dirname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { serialize } from 'node:v8'
import { pinnedAnswers, UnpinnedCall } from '#core/replay/pinned-answers.ts'
import type { HarnessModule, Pinned } from '#schemas/harness.ts'
import type { HostMessage, HostReply, HostRequest } from './protocol.ts'

const MAX_RESULT_BYTES = 1_000_000
const PRINTED_LINES = 5

const module = process.argv[2]!
const folder = pathToFileURL(`${dirname(fileURLToPath(module))}/`).href
const channel = process.send!.bind(process)
const send = (message: HostMessage): void => {
  channel(message)
}
// The channel is not the harness's: what it would send there would be taken for a reply.
delete process.send

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
// Whoever asked is gone.
process.on('disconnect', () => process.exit())
process.on('unhandledRejection', onStray)

const harness = await load()
if (harness)
  process.on('message', async ({ id, recording, settings }: HostRequest) => {
    printed = ''
    const reply = await replayCase(harness, recording, settings)
    stray = null
    send({ id, reply, printed: printedLines() })
  })

async function load(): Promise<HarnessModule | null> {
  try {
    const loaded = (await import(module)) as Partial<HarnessModule> & { default?: Partial<HarnessModule> }
    const found = [loaded, loaded.default].find((m) => typeof m?.replay === 'function')
    send({
      loaded: found
        ? null
        : 'it exports no function named replay: export async function replay(recorded, settings, pinned)',
    })
    return (found as HarnessModule | undefined) ?? null
  } catch (error) {
    send({ loaded: `it cannot be imported: ${stackOf(error)}${printedLines()}` })
    return null
  }
}

async function replayCase(
  harness: HarnessModule,
  recording: HostRequest['recording'],
  settings: HostRequest['settings'],
): Promise<HostReply> {
  const answers = pinnedAnswers(recording)
  const pinned: Pinned = Object.freeze({
    tool: async (name: string, args: unknown) => answers.tool(name, args),
    retrieve: async (bucket: string, options?: { hop?: number; top_k?: number }) => answers.retrieve(bucket, options),
    model: async (request: { prompt: string }) => answers.model(request),
  })
  const strayed = new Promise<HostReply>((resolve) => {
    stray = (error) => resolve({ failed: `the harness threw ${stackOf(error)}`, stray: true })
  })
  const decided = async (): Promise<HostReply> => {
    let reply: HostReply
    try {
      const returned = await harness.replay(frozen(recording.recorded), frozen(settings), pinned)
      reply = sendable(returned, answers.served)
    } catch (error) {
      reply = { failed: `the harness threw ${stackOf(error)}`, stray: false }
    }
    // Promises that nobody waits for reject within this turn: they belong to this case.
    await new Promise((resolve) => setImmediate(resolve))
    return reply
  }
  const reply = await Promise.race([decided(), strayed])
  const unpinned = answers.unpinned()
  return unpinned === null ? reply : { unreplayable: unpinned }
}

/** Whatever can be sent is judged on the other side. */
function sendable(returned: unknown, served: readonly number[]): HostReply {
  const failed = (what: string): HostReply => ({ failed: `the harness returned ${what}`, stray: false })
  try {
    const bytes = serialize(returned).byteLength
    return bytes > MAX_RESULT_BYTES
      ? failed(`${bytes} bytes, at most ${MAX_RESULT_BYTES} are taken`)
      : { returned, served: [...served] }
  } catch (error) {
    return failed(`what is no JSON: ${(error as Error).message}`)
  }
}

/** What was thrown, with the frames that lie in the harness; paths are written from its folder, so that they read alike everywhere. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return `${typeof error} ${clip(String(error), 500)}`
  const text = String(error.stack ?? error)
    .replaceAll(folder, '')
    .replaceAll(fileURLToPath(folder), '')
    .replaceAll(/(?:file:\/\/)?\/[^\s()]*\/node_modules\//g, 'node_modules/')
  const frames = text.split('\n').filter((line) => /^ {4}at /.test(line))
  const message = text.slice(0, frames.length > 0 ? text.indexOf(frames[0]!) : text.length).trimEnd()
  // Frames of this program and of Node say nothing about the harness.
  const own = frames.filter((line) => !/[( ](?:file:\/\/|node:|\/|[a-z]:\\)|<anonymous>\)?$/i.test(line.slice(6)))
  return [clip(message, 1000), ...own.slice(0, 8)].join('\n')
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
