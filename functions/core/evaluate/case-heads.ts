/** Ids, families and digests of many cases as bytes: some 80 a case, where three texts and an object take 300. */
import { BLOCK_SIZE, type Series } from '../statistics/series.ts'
import type { CaseHead } from './panel.ts'

const DIGEST = 'sha256:'
const DIGEST_BYTES = 32
/** Names hold no control characters. */
const SEPARATOR = '\u0000'

/** Heads by index, in the order in which they were added. What is read is a copy. */
export class CaseHeads implements Series<CaseHead> {
  /** Rows of a whole block behind each other, and where each of them ends. */
  readonly #blocks: { readonly rows: Buffer; readonly ends: Uint32Array }[] = []
  /** Rows of the block that is not whole yet. */
  #rows: Buffer[] = []

  get length(): number {
    return this.#blocks.length * BLOCK_SIZE + this.#rows.length
  }

  add({ case_id, family_id, digest }: CaseHead): void {
    const seal = Buffer.from(digest.slice(DIGEST.length), 'hex')
    if (seal.length !== DIGEST_BYTES) throw new RangeError(`${case_id}: "${digest}" is no digest`)
    this.#rows.push(Buffer.concat([seal, Buffer.from(`${case_id}${SEPARATOR}${family_id}`)]))
    if (this.#rows.length < BLOCK_SIZE) return
    let end = 0
    const ends = Uint32Array.from(this.#rows, (row) => {
      end += row.length
      return end
    })
    this.#blocks.push({ rows: Buffer.concat(this.#rows), ends })
    this.#rows = []
  }

  at(index: number): CaseHead | undefined {
    if (!(index >= 0 && index < this.length)) return undefined
    const row = this.#row(index)
    const [case_id, family_id] = row.toString('utf8', DIGEST_BYTES).split(SEPARATOR) as [string, string]
    return { case_id, family_id, digest: `${DIGEST}${row.toString('hex', 0, DIGEST_BYTES)}` }
  }

  *[Symbol.iterator](): Generator<CaseHead> {
    for (let i = 0; i < this.length; i++) yield this.at(i)!
  }

  #row(index: number): Buffer {
    const block = this.#blocks[Math.floor(index / BLOCK_SIZE)]
    const place = index % BLOCK_SIZE
    return block ? block.rows.subarray(place === 0 ? 0 : block.ends[place - 1], block.ends[place]) : this.#rows[place]!
  }
}
