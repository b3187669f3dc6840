/** What is put aside on a disk: records and texts by key, in two files that no other process finds. */
import { Records } from '#core/bytes/records.ts'
import { TextTable } from '#core/bytes/text-table.ts'
import type { Scratch } from '#ports'
import { fileDisk } from './file-disk.ts'
import { passingDescriptor } from './passing-file.ts'

/**
 * Scratch below a folder that exists. Nothing is left of it, not even after a kill where the system allows it.
 * @param newest texts by key that stay in memory, as `TextTable` has it
 */
export function fileScratch(folder: string, newest?: number): Scratch {
  const [records, texts] = [passingDescriptor(folder), passingDescriptor(folder)]
  const table = new TextTable(new Records(fileDisk(texts.file, folder)), newest)
  return {
    records: new Records(fileDisk(records.file, folder)),
    get: (key) => table.get(key),
    set: (key, text) => table.set(key, text),
    entries: (prefix) => table.entries(prefix),
    close() {
      records.close()
      texts.close()
    },
  }
}
