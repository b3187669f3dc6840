/** The form of an encrypted object: a head, then frames of AES-256-GCM that cannot be cut, swapped, moved or taken out. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** "atvo" and the version of the form. No JSON text begins so. */
const MAGIC = Buffer.from([0x61, 0x74, 0x76, 0x6f, 1])
const SALT_BYTES = 16
const TAG_BYTES = 16
export const HEAD_BYTES = MAGIC.length + SALT_BYTES

/** Plain bytes of a frame; only the last one holds fewer. */
export const FRAME_BYTES = 64 * 1024

export class NotThisObject extends Error {
  override name = 'NotThisObject'
}

/** Do bytes begin like an encrypted object, of this form or of a later one? */
export const looksEncrypted = (bytes: Uint8Array): boolean => MAGIC.subarray(0, 4).equals(bytes.subarray(0, 4))

/**
 * One object under its own key, made from the store's key and a fresh salt. The name and the head are bound to every frame
 * as associated data, its number and whether it is the last one by its nonce.
 */
class ObjectCipher {
  readonly #key: Buffer
  readonly #about: Buffer
  #next = 0

  constructor(storeKey: Uint8Array, name: string, head: Uint8Array) {
    this.#key = Buffer.from(hkdfSync('sha256', storeKey, head.subarray(MAGIC.length), 'autotune vault object', 32))
    this.#about = Buffer.concat([head, Buffer.from(name)])
  }

  seal(plain: Uint8Array, isLast: boolean): Buffer {
    const cipher = createCipheriv('aes-256-gcm', this.#key, this.#nonce(isLast)).setAAD(this.#about)
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  }

  /** @param number of the frame; absent: the one after the last one */
  open(frame: Buffer, isLast: boolean, number = this.#next): Buffer {
    this.#next = number
    if (frame.length < TAG_BYTES) throw new NotThisObject('it ends before its last frame')
    const cut = frame.length - TAG_BYTES
    const decipher = createDecipheriv('aes-256-gcm', this.#key, this.#nonce(isLast), { authTagLength: TAG_BYTES })
    decipher.setAAD(this.#about).setAuthTag(frame.subarray(cut))
    const plain = decipher.update(frame.subarray(0, cut))
    try {
      decipher.final()
    } catch {
      throw new NotThisObject(`frame ${this.#next} does not open`)
    }
    return plain
  }

  #nonce(isLast: boolean): Buffer {
    const nonce = Buffer.alloc(12)
    nonce.writeUInt32BE(this.#next++, 4)
    nonce[11] = isLast ? 1 : 0
    return nonce
  }
}

/** An object piece by piece as it is kept. */
export async function* encrypted(
  storeKey: Uint8Array,
  name: string,
  plain: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<Uint8Array> {
  const head = Buffer.concat([MAGIC, randomBytes(SALT_BYTES)])
  const cipher = new ObjectCipher(storeKey, name, head)
  yield head
  let pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of plain) {
    pieces.push(typeof piece === 'string' ? Buffer.from(piece) : piece)
    bytes += pieces.at(-1)!.length
    // A whole frame waits for what follows: it may be the last one.
    if (bytes <= FRAME_BYTES) continue
    const held = Buffer.concat(pieces)
    let at = 0
    for (; held.length - at > FRAME_BYTES; at += FRAME_BYTES)
      yield cipher.seal(held.subarray(at, at + FRAME_BYTES), false)
    pieces = [held.subarray(at)]
    bytes = held.length - at
  }
  yield cipher.seal(Buffer.concat(pieces), true)
}

/** The same bytes again, each frame once it is known to be the right one. Throws NotThisObject for any other object. */
export async function* decrypted(
  storeKey: Uint8Array,
  name: string,
  kept: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const frameBytes = FRAME_BYTES + TAG_BYTES
  let cipher: ObjectCipher | null = null
  let held: Buffer = Buffer.alloc(0)
  for await (const piece of kept) {
    held = Buffer.concat([held, piece])
    let at = 0
    if (cipher === null) {
      if (held.length < HEAD_BYTES) continue
      if (!held.subarray(0, MAGIC.length).equals(MAGIC)) throw new NotThisObject('it is not encrypted in this form')
      cipher = new ObjectCipher(storeKey, name, held.subarray(0, HEAD_BYTES))
      at = HEAD_BYTES
    }
    for (; held.length - at > frameBytes; at += frameBytes) yield cipher.open(held.subarray(at, at + frameBytes), false)
    held = held.subarray(at)
  }
  if (cipher === null) throw new NotThisObject('it is too short')
  yield cipher.open(held, true)
}

/**
 * A part of the same bytes: only the frames that it lies in are read, each once it is known to be the right one.
 * @param read bytes of the object as it is kept, fewer where it ends; null: there is none
 */
export async function decryptedRange(
  storeKey: Uint8Array,
  name: string,
  start: number,
  length: number,
  read: (start: number, length: number) => Promise<Uint8Array | null>,
): Promise<Uint8Array | null> {
  const frameBytes = FRAME_BYTES + TAG_BYTES
  const [first, last] = [Math.floor(start / FRAME_BYTES), Math.floor((start + Math.max(length, 1) - 1) / FRAME_BYTES)]
  const head = await read(0, HEAD_BYTES)
  if (head === null) return null
  if (head.length < HEAD_BYTES) throw new NotThisObject('it is too short')
  if (!MAGIC.equals(head.subarray(0, MAGIC.length))) throw new NotThisObject('it is not encrypted in this form')
  // One byte more says whether another frame follows.
  const kept = await read(HEAD_BYTES + first * frameBytes, (last - first + 1) * frameBytes + 1)
  if (kept === null) return null
  const cipher = new ObjectCipher(storeKey, name, head)
  const held = Buffer.from(kept.buffer, kept.byteOffset, kept.byteLength)
  const frames: Buffer[] = []
  for (let at = 0; frames.length <= last - first && at < held.length; at += frameBytes) {
    const frame = held.subarray(at, at + frameBytes)
    frames.push(cipher.open(frame, held.length <= at + frameBytes, first + frames.length))
  }
  const from = start - first * FRAME_BYTES
  return new Uint8Array(Buffer.concat(frames).subarray(from, from + length))
}
