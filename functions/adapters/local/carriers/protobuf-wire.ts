/** The outer shape of protobuf data: tags, lengths and varints of a stream, and the first record in a message. */
import type { Bytes } from './bytes.ts'

/** Wire type of strings, bytes and messages. */
export const LENGTH_DELIMITED = 2

const MAX_VARINT_BYTES = 5

export class WireReader {
  readonly #bytes: AsyncIterator<Buffer>
  #held: Buffer = Buffer.alloc(0)
  /** Bytes that are left of the request at hand. */
  #left = Number.POSITIVE_INFINITY

  constructor(bytes: Bytes) {
    this.#bytes = bytes[Symbol.asyncIterator]()
  }

  /** Whether anything follows. */
  more(): Promise<boolean> {
    return this.#hold(1)
  }

  /** Whether anything follows in the request at hand. */
  async within(): Promise<boolean> {
    return this.#left > 0 && (this.#left < Number.POSITIVE_INFINITY || (await this.#hold(1)))
  }

  limit(bytes: number): void {
    this.#left = bytes
  }

  /** Length of a request: four bytes, which do not count as its own. */
  async length(): Promise<number> {
    this.#left = 4
    return (await this.take(4)).readUInt32BE()
  }

  async varint(): Promise<number> {
    let value = 0
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = (await this.take(1))[0]!
      value += (byte & 0x7f) * 2 ** (7 * i)
      if (byte < 0x80) return value
    }
    throw new Error('a length has no end')
  }

  async take(length: number): Promise<Buffer> {
    if (length > this.#left) throw new Error('a message is longer than the request that it stands in')
    if (!(await this.#hold(length))) throw new Error('it ends in the middle of a message')
    const taken = this.#held.subarray(0, length)
    this.#held = this.#held.subarray(length)
    this.#left -= length
    return taken
  }

  async #hold(length: number): Promise<boolean> {
    if (this.#held.length >= length) return true
    const parts = [this.#held]
    for (let bytes = this.#held.length; bytes < length; bytes += parts.at(-1)!.length) {
      const next = await this.#bytes.next()
      if (next.done) return false
      parts.push(next.value)
    }
    this.#held = Buffer.concat(parts)
    return true
  }
}

interface WireField {
  readonly field: number
  readonly wire: number
  /** Length of what is length-delimited; null for numbers. */
  readonly bytes: number | null
}

/** Fields of the first record in the first scope of a resource, as they stand; null: there is no record in it. */
export function firstRecord(resource: Buffer): readonly WireField[] | null {
  for (const scope of messages(resource, 2)) for (const record of messages(scope, 2)) return [...fields(record)]
  return null
}

function* messages(message: Buffer, wanted: number): Generator<Buffer> {
  for (const { field, bytes, end } of fields(message))
    if (field === wanted && bytes !== null) yield message.subarray(end - bytes, end)
}

/** @throws Error where the message ends in the middle, or holds a wire type that there is not */
function* fields(message: Buffer): Generator<WireField & { readonly end: number }> {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++]
      if (byte === undefined || shift > 63) throw new Error('it ends in the middle of a message')
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (at < message.length) {
    const tag = varint()
    const wire = tag % 8
    let bytes: number | null = null
    if (wire === 0) varint()
    else if (wire === 1) at += 8
    else if (wire === LENGTH_DELIMITED) {
      bytes = varint()
      at += bytes
    } else if (wire === 5) at += 4
    else throw new Error(`wire type ${wire}`)
    if (at > message.length) throw new Error('it ends in the middle of a message')
    yield { field: Math.floor(tag / 8), wire, bytes, end: at }
  }
}
