/** What is put aside in memory. */
import { Records } from '#core/bytes/records.ts'
import { TextTable } from '#core/bytes/text-table.ts'
import type { Scratch } from '#ports'

export function memoryScratch(): Scratch {
  const table = new TextTable(new Records())
  return {
    records: new Records(),
    get: (key) => table.get(key),
    set: (key, text) => table.set(key, text),
    entries: (prefix) => table.entries(prefix),
    close: () => {},
  }
}
