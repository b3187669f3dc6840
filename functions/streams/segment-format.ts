/**
 * Bytes of a segment of recorded runs: a head, then zstd frames of lines, each of which can be read alone. The head is a
 * frame that zstd skips, so that `zstd -dc` and whatever reads compressed JSON lines reads a segment as it lies.
 */
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompressSync } from 'node:zlib'
import { LineSplitter } from './line-splitter.ts'

const compressed = promisify(zstdCompress)

/** Version of this form. */
const FORMAT = 1
/** First bytes of a frame that zstd skips; four more say how long it is. */
const SKIPPED = 0x184d2a50
const PREFIX_BYTES = 8
const NAME = 'contextos-autotune segment'
/** All that a head may take. */
export const MOST_HEAD_BYTES = 256

/** What the head of a segment says. */
export interface SegmentHead {
  /** Rules by which its runs were compiled. */
  readonly compile_rules: number
}

export function segmentHead({ compile_rules }: SegmentHead): Buffer {
  const text = Buffer.from(JSON.stringify({ name: NAME, format: FORMAT, compile_rules }))
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.writeUInt32LE(SKIPPED)
  prefix.writeUInt32LE(text.length, 4)
  return Buffer.concat([prefix, text])
}

/** Head of a segment, from its first bytes; or what is wrong with it, to be said behind its name. */
export function readSegmentHead(bytes: Uint8Array): SegmentHead | { readonly problem: string } {
  const { buffer, byteOffset, byteLength } = bytes
  const held = Buffer.from(buffer, byteOffset, byteLength)
  const none = { problem: 'is no segment of recorded runs' }
  if (held.length < PREFIX_BYTES || held.readUInt32LE() !== SKIPPED) return none
  try {
    const head = JSON.parse(held.subarray(PREFIX_BYTES, PREFIX_BYTES + held.readUInt32LE(4)).toString())
    if (head?.name !== NAME) return none
    if (head.format !== FORMAT)
      return {
        problem: `has form ${head.format}, and this version reads form ${FORMAT}: use the version that wrote it`,
      }
    return { compile_rules: head.compile_rules }
  } catch {
    return none
  }
}

/** Of a frame as it is made: nearly every one fits, and each further piece waits for this thread. */
const PIECE_BYTES = 128 * 1024

/** Lines, each ended by a newline, as one frame, compressed beside this thread. The same lines are the same bytes: the frame is told how many there are. */
export function frameOf(text: Uint8Array): Promise<Buffer> {
  return compressed(text, {
    chunkSize: PIECE_BYTES,
    pledgedSrcSize: text.length,
    params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
  })
}

/** Most that a frame holds: one run may be large, but what is larger than any text is no frame of ours. */
const MOST_FRAME_BYTES = 512 * 1024 * 1024

/** Lines of a frame, as bytes: who reads a million runs has frames of all their segments at hand. null: it is cut, or no frame. */
export function linesOf(frame: Uint8Array): readonly Buffer[] | null {
  try {
    const bytes = zstdDecompressSync(frame, { maxOutputLength: MOST_FRAME_BYTES })
    return [...new LineSplitter().push(bytes)]
  } catch {
    return null
  }
}
