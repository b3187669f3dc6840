/** Reading of command-line files and the two ways to print: lines for people, one JSON object for machines. */
import { readFileSync, statSync } from 'node:fs'
import { UserError } from '../errors.ts'
import type { Progress } from '../ports.ts'

/** How this program is called: a clone has it as a script, an installed package as a command. */
export const COMMAND = import.meta.url.endsWith('.ts') ? 'npm run -s autotune --' : 'autotune'

/** Text of a file named on the command line. */
export function readInput(file: string): string {
  let size: number
  try {
    const stat = statSync(file)
    if (stat.isDirectory()) throw new UserError(`${file} is a folder; name a file`)
    size = stat.size
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(`${file} cannot be read: ${(error as Error).message}`)
  }
  if (size > 16 * 1024 * 1024)
    throw new UserError(`${file} has ${size} bytes; a document of this kind has at most 16 MiB`)
  return readFileSync(file, 'utf8')
}

/** Prints lines for people, or one object on one line for machines. */
export function print(json: boolean, object: unknown, lines: () => readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(object)}\n` : `${lines().join('\n')}\n`)
}

/** Progress on stderr, only where a person watches, and only once work has taken more than a second. */
export function terminalProgress(): Progress {
  const started = performance.now()
  return (message) => {
    if (process.stderr.isTTY && performance.now() - started > 1000) process.stderr.write(`${message}\n`)
  }
}

/** Ends with Ctrl-C or a termination signal. */
export const untilSignalled = (): Promise<void> =>
  new Promise((done) => {
    process.once('SIGINT', () => done())
    process.once('SIGTERM', () => done())
  })
