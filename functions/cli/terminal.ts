/** Between this program and the terminal it runs in: what is printed, how far long work is, how a person ends it. */
import type { Progress } from '../ports.ts'

/** How this program is called: a clone has it as a script, an installed package as a command. */
export const COMMAND = import.meta.url.endsWith('.ts') ? 'npm run -s autotune --' : 'autotune'

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
