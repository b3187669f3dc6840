/** Values as a file of JSON lines, one after the other: a bench may write more than it could hold. */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'

/** Writes the file; returns how many lines it has. */
export async function writeLines(file: string, values: AsyncIterable<unknown> | Iterable<unknown>): Promise<number> {
  const out = createWriteStream(file)
  let lines = 0
  for await (const value of values) {
    if (!out.write(`${JSON.stringify(value)}\n`)) await once(out, 'drain')
    lines++
  }
  await new Promise<void>((resolve, reject) => out.end((error?: Error | null) => (error ? reject(error) : resolve())))
  return lines
}
