/** Texts by key in memory: for tests, and where a step has no disk of its own. */
import type { ScratchTable } from '#ports'

export function memoryScratchTable(): ScratchTable {
  const texts = new Map<string, string>()
  return {
    get: (key) => texts.get(key) ?? null,
    set: (key, text) => void texts.set(key, text),
    *entries(prefix = '') {
      for (const key of [...texts.keys()].filter((k) => k.startsWith(prefix)).sort()) yield [key, texts.get(key)!]
    },
    close: () => texts.clear(),
  }
}
