/** What is put aside in memory: for tests, and where a step has no disk of its own. */
import { Records } from '#core/bytes/records.ts'
import type { Scratch } from '#ports'

export function memoryScratch(): Scratch {
  const texts = new Map<string, string>()
  return {
    records: new Records(),
    get: (key) => texts.get(key) ?? null,
    set: (key, text) => void texts.set(key, text),
    *entries(prefix = '') {
      for (const key of [...texts.keys()].filter((k) => k.startsWith(prefix)).sort()) yield [key, texts.get(key)!]
    },
    close: () => texts.clear(),
  }
}
