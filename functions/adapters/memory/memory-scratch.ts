/** Lines in memory, as bytes: for tests, and where a step has no disk of its own. */
import type { Scratch } from '#ports'

export function memoryScratch(): Scratch {
  const lines: Buffer[] = []
  return {
    add: (line) => void lines.push(Buffer.from(line)),
    *lines() {
      for (const line of lines) yield line.toString()
    },
    close() {
      lines.length = 0
    },
  }
}
