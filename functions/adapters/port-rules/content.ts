/** What the store writes and reads in pieces, for adapters that hold it whole. */
import { createHash } from 'node:crypto'
import { digestOfBytes } from '#core/canonical.ts'
import type { Content } from '#ports'

export const isWhole = (content: Content): content is Uint8Array | string =>
  typeof content === 'string' || content instanceof Uint8Array

/** All bytes of a stream in one piece. */
export async function whole(stream: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of stream) pieces.push(typeof piece === 'string' ? Buffer.from(piece) : new Uint8Array(piece))
  return new Uint8Array(Buffer.concat(pieces))
}

/** Bytes that are whole already, as a stream. */
export async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** The same content, and the digest of its bytes: of a stream, once it was read to its end. */
export function digested(content: Content): { readonly content: Content; readonly digest: () => string } {
  if (isWhole(content)) {
    const digest = digestOfBytes(content)
    return { content, digest: () => digest }
  }
  const hash = createHash('sha256')
  const hashing = async function* () {
    for await (const piece of content) {
      hash.update(piece)
      yield piece
    }
  }
  return { content: hashing(), digest: () => `sha256:${hash.digest('hex')}` }
}

/** Are these the bytes of a version; undefined: of whichever one. */
export const isVersion = (bytes: Uint8Array, version: string | undefined): boolean =>
  version === undefined || digestOfBytes(bytes) === version
