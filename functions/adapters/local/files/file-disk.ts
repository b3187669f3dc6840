/** An open file as the disk of what is put aside. Loads nothing else: the restricted processes work on one. */
import { readSync, writeSync } from 'node:fs'
import type { Disk } from '#core/bytes/records.ts'
import { atPath } from './at-path.ts'

/**
 * `file`: an open, empty file that nobody else uses. `folder`: where it lies, for whoever is told that the disk is full; a
 * restricted process does not know.
 */
export const fileDisk = (file: number, folder = 'the scratch file of the store'): Disk => ({
  write(bytes, at) {
    for (let sent = 0; sent < bytes.length; )
      sent += atPath(folder, () => writeSync(file, bytes, sent, bytes.length - sent, at + sent))
  },
  read(bytes, at) {
    for (let read = 0; read < bytes.length; ) {
      const more = readSync(file, bytes, read, bytes.length - read, at + read)
      if (more === 0) throw new Error('the file that things are put aside in was cut short')
      read += more
    }
  },
})
