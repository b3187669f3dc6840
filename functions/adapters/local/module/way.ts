/** How the process of a host is started, and how what it says is read: the one thing in which harnesses in Node and in other languages differ. */
import { isUtf8 } from 'node:buffer'
import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { believed } from '../cage/believed.ts'
import { TYPESCRIPT } from '../cage/level.ts'
import { startCaged, startProgram } from '../cage/start.ts'
import type { Wall } from '../cage/wall.ts'
import { scriptFile } from '../program-files.ts'
import { declarationOf, type ExecFiles } from './exec-files.ts'
import { FromExec, HELLO, PROTOCOL } from './exec-message.ts'
import type { HarnessFiles } from './harness-files.ts'
import { FromHost } from './host-message.ts'
import { type Asks, MESSAGES } from './protocol.ts'

/** A line as the message that it is, or what is wrong with it. */
type Heard = FromHost | { readonly wrong: string }

export interface Way {
  /** What it is, for people. */
  readonly called: string
  /** What else explains that it could not be loaded; absent: nothing. */
  readonly sees?: string
  start(): { readonly child: ChildProcess; readonly messages: Readable }
  /** The first line that it is sent; absent: none. */
  readonly greeting?: string
  hear(line: Buffer): Heard
  /** Behind what it sent that cannot be believed, in a reason. */
  readonly past: string
  /**
   * Is each line an answer to the case at hand, or a fault? In one process with this program's own code anybody may write
   * there, and what is not asked for is not heard.
   */
  readonly inTurn: boolean
}

const CHILD = scriptFile('./host-child.ts', import.meta.url)
/** Memory of one harness process: one that asks for more ends, and with it the case. */
const MEMORY_MB = 1024

/** A module in a Node of this program's, which reads cases on stdin and answers on a descriptor of its own. */
export function moduleWay({ path, file, folder }: HarnessFiles, readable: readonly string[], asks: Asks): Way {
  return {
    called: `${asks === 'replay' ? 'the harness module' : 'the module'} ${path}`,
    start() {
      const child = startCaged({
        script: CHILD,
        args: [pathToFileURL(file).href, asks],
        flags: TYPESCRIPT,
        readable,
        heapMb: MEMORY_MB,
        cwd: folder,
        // What is written past the console, straight to a descriptor, goes nowhere.
        stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
      })
      return { child, messages: child.stdio[MESSAGES] as Readable }
    },
    hear: (line) => believed(FromHost, line) ?? { wrong: 'a message of another shape' },
    past: ' past its host',
    inTurn: false,
  }
}

/** A program of any language, which speaks the protocol of `exec-message.ts` on stdin and stdout. `wall` null: nothing holds it. */
export function execWay({ path, command, folder }: ExecFiles, readable: readonly string[], wall: Wall | null): Way {
  return {
    called: `the harness ${path}`,
    ...(wall && { sees: `It sees itself and what ${declarationOf(path)} names, and no other file of yours` }),
    start() {
      const child = startProgram(
        { command, readable, memoryMb: MEMORY_MB, cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] },
        wall,
      )
      return { child, messages: child.stdout! }
    },
    greeting: JSON.stringify({ hello: HELLO, protocol: PROTOCOL }),
    hear: heardOfProgram,
    past: '',
    inTurn: true,
  }
}

function heardOfProgram(line: Buffer): Heard {
  if (!isUtf8(line)) return { wrong: 'bytes that are no UTF-8' }
  const message = believed(FromExec, line)
  if (message === null)
    return { wrong: `a line that is no message of the protocol (${quoted(line)}); what it prints belongs on stderr` }
  if ('hello' in message) {
    const { protocol } = message
    return protocol === PROTOCOL
      ? { loaded: null }
      : { loaded: `it speaks protocol ${protocol}, and this program speaks ${PROTOCOL}` }
  }
  if ('failed' in message)
    return { id: message.id, failed: `the harness failed: ${message.failed}`, stray: false, printed: '' }
  return 'returned' in message ? { ...message, printed: '' } : message
}

/** The beginning of a line, as it can stand in a reason. */
export const quoted = (line: Buffer): string => {
  const text = line.subarray(0, 400).toString()
  return `"${text.length > 100 ? `${text.slice(0, 97).toWellFormed()}...` : text}"`
}
