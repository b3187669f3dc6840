/** Child processes of the adapters' tests: other writers, and writers that die. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Starts a script of `child/`; its errors go to this process's stderr. */
const start = (script: string, args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [fileURLToPath(new URL(script, new URL('child/', import.meta.url))), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })

/** Runs a script to its end. Rejects when it fails; resolves to what it printed. */
export async function run(script: string, args: readonly string[]): Promise<string> {
  const child = start(script, args)
  const printed: Buffer[] = []
  child.stdout!.on('data', (chunk) => printed.push(chunk))
  const [code, signal] = await once(child, 'close')
  if (code !== 0) throw new Error(`${script} ended with ${code ?? signal}`)
  return Buffer.concat(printed).toString()
}

/** Starts a script that never ends, lets it write for a while after its first output, and kills it with SIGKILL. */
export async function killWhileWriting(script: string, args: readonly string[], afterMs: number): Promise<void> {
  const child = start(script, args)
  const closed = once(child, 'close')
  await Promise.race([once(child.stdout!, 'data'), closed])
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  child.kill('SIGKILL')
  const [, signal] = await closed
  if (signal !== 'SIGKILL') throw new Error(`${script} ended before it was killed`)
}
