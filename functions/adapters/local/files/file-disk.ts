/** An open file as the disk of what is put aside. Loads nothing else: the restricted processes work on one. */
import { readSync, writeSync } from 'node:fs'
import type { Disk } from '#core/bytes/records.ts'

/** `file`: an open, empty file that nobody else uses. */
export const fileDisk = (file: number): Disk => ({
  write(bytes, at) {
    for (let sent = 0; sent < bytes.length; ) sent += writeSync(file, bytes, sent, bytes.length - sent, at + sent)
  },
  read(bytes, at) {
    for (let read = 0; read < bytes.length; ) {
      const more = readSync(file, bytes, read, bytes.length - read, at + read)
      if (more === 0) throw new Error('the file that things are put aside in was cut short')
      read += more
    }
  },
})
