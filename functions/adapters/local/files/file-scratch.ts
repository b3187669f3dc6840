/** Lines on disk that no other process finds. */
import { readSync, writeSync } from 'node:fs'
import type { Scratch } from '#ports'
import { LineSplitter } from '../../../streams/line-splitter.ts'
import { passingDescriptor } from './passing-file.ts'

const BLOCK = 256 * 1024

/** Scratch lines below a folder that exists. Nothing is left of them, not even after a kill where the system allows it. */
export function fileScratch(folder: string): Scratch {
  const { file, close } = passingDescriptor(folder)
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
    close,
  }
}
