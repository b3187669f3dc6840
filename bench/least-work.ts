/** The least that anybody who keeps a file of runs must do with it, in one thread: the yardstick of bench `scale`. */
import { createReadStream } from 'node:fs'
import { canonical, digestOfBytes } from '../functions/core/canonical.ts'
import { LineSplitter } from '../functions/streams/line-splitter.ts'
import { frameOf } from '../functions/streams/segment-format.ts'

const PIECE_BYTES = 1024 * 1024
const FRAME_CHARS = 192 * 1024

/** Seconds to read a JSONL file, and to parse, canonicalise, digest and compress (zstd level 1) each of its lines. */
export async function leastSeconds(file: string): Promise<number> {
  const started = performance.now()
  const splitter = new LineSplitter()
  let lines: string[] = []
  let chars = 0
  const work = async (line: Buffer) => {
    const text = canonical(JSON.parse(line.toString()))
    digestOfBytes(text)
    lines.push(text)
    chars += text.length
    if (chars < FRAME_CHARS) return
    await frameOf(textOf(lines))
    lines = []
    chars = 0
  }
  for await (const piece of createReadStream(file, { highWaterMark: PIECE_BYTES }))
    for (const line of splitter.push(piece as Buffer)) await work(line)
  if (lines.length > 0) await frameOf(textOf(lines))
  return (performance.now() - started) / 1000
}

const textOf = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''))
