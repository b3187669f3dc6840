/** Command lines of the product in a process of their own, which is cut off when it gives no answer. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const CHILD = fileURLToPath(new URL('./child/commands.ts', import.meta.url))
/** Longest that a command of these small stores may take, on a busy machine too. */
const LIMIT_MS = 60_000
/** Commands after which a fresh process goes on: what one leaves in memory is no business of the next. */
const LIFETIME = 200

export interface Ran {
  /** null: it gave no answer in time, or its process died. */
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export class Commands {
  #child: ChildProcess | null = null
  #left = 0

  async run(...argv: readonly string[]): Promise<Ran> {
    if (this.#left-- <= 0) this.close()
    if (this.#child === null) {
      this.#child = fork(CHILD, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: ['--disable-sigusr1'] })
      this.#left = LIFETIME
    }
    const child = this.#child
    const ran = await new Promise<Ran>((done) => {
      const gone = (err: string) => {
        clearTimeout(timer)
        child.removeAllListeners()
        done({ code: null, out: '', err })
      }
      const timer = setTimeout(() => gone(`no answer within ${LIMIT_MS / 1000} s`), LIMIT_MS)
      child.once('exit', (code, signal) => gone(`its process ended with ${signal ?? code}`))
      child.once('message', (reply: Ran) => {
        clearTimeout(timer)
        child.removeAllListeners()
        done(reply)
      })
      child.send(argv)
    })
    if (ran.code === null) this.close()
    return ran
  }

  /** Runs what must go through: the ground for trials. */
  async must(...argv: readonly string[]): Promise<string> {
    const { code, out, err } = await this.run(...argv)
    if (code !== 0) throw new Error(`autotune ${argv.join(' ')} ended with ${code}: ${err || out}`)
    return out
  }

  close(): void {
    this.#child?.removeAllListeners()
    this.#child?.kill('SIGKILL')
    this.#child = null
  }
}

const STACK = /defect of ours|\n +at .*[:(]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal obeys them
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/
const LONGEST_LINE = 4000

/** What is wrong with an answer, whatever was asked: a crash, a stack, silence, or words that no terminal should get. */
export function wrongAnswer({ code, out, err }: Ran): string | null {
  const said = `${err}${out}`
  if (code === null) return err
  if (code !== 0 && code !== 2 && code !== 3) return `exit code ${code}: ${said.slice(0, 600)}`
  if (STACK.test(said)) return `a stack: ${said.slice(0, 600)}`
  if (code === 2 && said.trim() === '') return 'exit code 2 without a word'
  if (CONTROL.test(said)) return `a control character: ${JSON.stringify(said.slice(0, 600))}`
  if (said.includes('[object Object]')) return `no words for people: ${said.slice(0, 600)}`
  const longest = err.split('\n').reduce((most, line) => Math.max(most, line.length), 0)
  return longest > LONGEST_LINE ? `a message of ${longest} characters: ${err.slice(0, 200)}` : null
}
