/** Streams the lines of a JSONL file, also a compressed one, in flat memory. Knows bytes and lines, not JSON. */
import { descriptorBytes, plainBytes, unreadable } from '../carriers/bytes.ts'
import { MAX_ROW_BYTES, Source } from '../carriers/source.ts'
import { type TextLine, textLines } from '../carriers/text-lines.ts'
import { openInput } from '../files/open-input.ts'

/**
 * The lines of `file` in order; `-` is the standard input. A byte order mark is accepted; empty lines are skipped.
 *
 * @throws ImportError naming file and line, on: a missing or unreadable file, a directory, pipe or device, a line over `maxLineBytes`
 *   (refused as soon as it is seen, not after it was read), empty lines without end, truncated or corrupt gzip or zstd, invalid
 *   UTF-8, a NUL byte
 */
export async function* readJsonl(
  file: string,
  { maxLineBytes = MAX_ROW_BYTES }: { readonly maxLineBytes?: number } = {},
): AsyncGenerator<TextLine, void, undefined> {
  const source = new Source(file)
  try {
    for await (const lines of textLines(source, plainBytes(descriptorBytes(openInput(file))), maxLineBytes))
      yield* lines
  } catch (error) {
    throw unreadable(source, error)
  }
}
