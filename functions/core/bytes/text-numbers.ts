/** Numbers of many texts: some 30 bytes for each, however long it is, where a map takes three times as many. */
import { hash } from 'node:crypto'

/** 32-bit parts of a text's key: 128 bits of SHA-256, which no two texts share. */
const PARTS = 4
const BYTES_A_PART = 4
const FIRST_PLACES = 1024

/** Texts numbered from 0 in the order in which they came first. */
export class TextNumbers {
  /** Number + 1 of the text at each place; 0: none. At most half of them are taken. */
  #places = new Int32Array(FIRST_PLACES)
  #keys = new Int32Array((PARTS * FIRST_PLACES) / 2)
  readonly #key = new Int32Array(PARTS)
  #size = 0

  /** How many different texts there are. */
  get size(): number {
    return this.#size
  }

  /** The number of a text, a new one where it has none. */
  add(text: string): number {
    const place = this.#find(text)
    const known = this.#places[place]! - 1
    if (known >= 0) return known
    this.#keys.set(this.#key, PARTS * this.#size)
    this.#places[place] = ++this.#size
    if (2 * this.#size === this.#places.length) this.#grow()
    return this.#size - 1
  }

  /** -1: it was never added. */
  of(text: string): number {
    return this.#places[this.#find(text)]! - 1
  }

  /** The place of a text, or the free one where it belongs; its key is at hand then. */
  #find(text: string): number {
    // As JSON: half a surrogate pair has no bytes of its own in UTF-8.
    const digest = hash('sha256', JSON.stringify(text), 'binary')
    for (let part = 0; part < PARTS; part++) {
      const at = BYTES_A_PART * part
      this.#key[part] =
        digest.charCodeAt(at) |
        (digest.charCodeAt(at + 1) << 8) |
        (digest.charCodeAt(at + 2) << 16) |
        (digest.charCodeAt(at + 3) << 24)
    }
    const last = this.#places.length - 1
    let place = this.#key[0]! & last
    while (this.#places[place] !== 0 && !this.#isKey(this.#places[place]! - 1)) place = (place + 1) & last
    return place
  }

  #isKey(number: number): boolean {
    for (let part = 0; part < PARTS; part++) if (this.#keys[PARTS * number + part] !== this.#key[part]) return false
    return true
  }

  #grow(): void {
    const places = new Int32Array(2 * this.#places.length)
    const last = places.length - 1
    for (let number = 0; number < this.#size; number++) {
      let place = this.#keys[PARTS * number]! & last
      while (places[place] !== 0) place = (place + 1) & last
      places[place] = number + 1
    }
    this.#places = places
    const keys = new Int32Array(2 * this.#keys.length)
    keys.set(this.#keys)
    this.#keys = keys
  }
}
