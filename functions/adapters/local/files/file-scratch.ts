/** Lines on disk that no other process finds: the file loses its name as soon as it is open. */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { TEMP_PREFIX } from '#adapters/memory/object-key.ts'
import type { Scratch } from '#ports'
import { LineSplitter } from '../../../steps/line-splitter.ts'

const BLOCK = 256 * 1024
let made = 0

/** Scratch lines below a folder that exists. Nothing is left of them, not even after a kill where the system allows it. */
export function fileScratch(folder: string): Scratch {
  const path = join(folder, `${TEMP_PREFIX}scratch-${process.pid}-${made++}`)
  const file = openSync(path, 'wx+', 0o600)
  // A system that keeps the name of an open file gives it back at the end.
  const unlink = () => rmSync(path, { force: true })
  if (process.platform !== 'win32') unlink()
  let block = ''
  const flush = () => {
    const bytes = Buffer.from(block)
    for (let sent = 0; sent < bytes.length; ) sent += writeSync(file, bytes, sent)
    block = ''
  }
  return {
    add(line) {
      block += `${line}\n`
      if (block.length >= BLOCK) flush()
    },
    *lines() {
      flush()
      const splitter = new LineSplitter()
      for (let at = 0; ; ) {
        const chunk = Buffer.allocUnsafe(BLOCK)
        const length = readSync(file, chunk, 0, BLOCK, at)
        if (length === 0) return
        at += length
        for (const line of splitter.push(chunk.subarray(0, length))) yield line.toString()
      }
    },
    close() {
      closeSync(file)
      unlink()
    },
  }
}
