/** Texts by key, as many as a disk holds: the newest in memory, the others in sorted runs that are merged as they come to be many. */
import type { Records } from './records.ts'
import { spread } from './spread.ts'

/** Texts in memory, and their characters with those of their keys, before they become a run. */
const NEWEST_TEXTS = 32 * 1024
const NEWEST_CHARS = 4 * 1024 * 1024
/** Runs of one level that are merged into one of the next: a key is looked for in each. */
const MERGED_RUNS = 16
/** Texts and characters that are read at once. */
const BLOCK_TEXTS = 256
const BLOCK_CHARS = 32 * 1024
const END_OF_BLOCK = 0x5d
/** Bits of a filter for each key, and how many of them are its own: of other keys it lets one in a thousand pass. */
const BITS_A_KEY = 16
const PROBES = 6

type Entry = readonly [key: string, text: string]

/** Texts in the order of their keys, in blocks. */
interface Run {
  readonly level: number
  readonly count: number
  /** First key of each block, and where it lies. */
  readonly first: readonly string[]
  readonly at: readonly number[]
  /** Which keys may be among them (Bloom, 1970). */
  readonly filter: Uint32Array
}

export class TextTable {
  readonly #records: Records
  readonly #most: number
  #newest = new Map<string, string>()
  #chars = 0
  /** The newest run last. */
  #runs: Run[] = []

  /**
   * @param records for this table alone
   * @param newest texts in memory before they become a run
   */
  constructor(records: Records, newest = NEWEST_TEXTS) {
    this.#records = records
    this.#most = newest
  }

  /** `null`: nothing was set under this key. */
  get(key: string): string | null {
    const newest = this.#newest.get(key)
    if (newest !== undefined) return newest
    if (this.#runs.length === 0) return null
    const hash = hashOf(key)
    for (let i = this.#runs.length - 1; i >= 0; i--) {
      const run = this.#runs[i]!
      const found = mayHold(run.filter, hash) ? this.#find(run, key) : null
      if (found !== null) return found
    }
    return null
  }

  set(key: string, text: string): void {
    this.#newest.set(key, text)
    this.#chars += key.length + text.length
    if (this.#newest.size >= this.#most || this.#chars >= NEWEST_CHARS) this.#write()
  }

  /** Keys with a prefix and their texts, in code-unit order. Nothing may be set meanwhile. */
  *entries(prefix = ''): Generator<Entry> {
    const parts = [...this.#runs.map((run) => this.#from(run, prefix)), this.#sorted(prefix).values()]
    for (const entry of merged(parts)) {
      if (!entry[0].startsWith(prefix)) return
      yield entry
    }
  }

  #sorted(prefix = ''): Entry[] {
    // Without an order of ours, which takes three times as long: by code units is how texts are sorted.
    const keys = [...this.#newest.keys()].filter((key) => key.startsWith(prefix)).sort()
    return keys.map((key) => [key, this.#newest.get(key)!])
  }

  #write(): void {
    this.#runs.push(this.#run(0, this.#newest.size, this.#sorted()))
    this.#newest = new Map()
    this.#chars = 0
    for (let level = 0; ; level++) {
      const from = this.#runs.findIndex((run) => run.level === level)
      const same = from < 0 ? [] : this.#runs.slice(from)
      if (same.length < MERGED_RUNS) return
      const count = same.reduce((sum, run) => sum + run.count, 0)
      const whole = merged(same.map((run) => this.#from(run, '')))
      this.#runs = [...this.#runs.slice(0, from), this.#run(level + 1, count, whole)]
    }
  }

  /** @param most keys there may be */
  #run(level: number, most: number, entries: Iterable<Entry>): Run {
    const filter = new Uint32Array(Math.ceil((most * BITS_A_KEY) / 32))
    const [first, at]: [string[], number[]] = [[], []]
    let count = 0
    let block: string[] = []
    let chars = 0
    const end = () => {
      if (block.length === 0) return
      first.push(block[0]!)
      at.push(this.#records.append(blockText(block)))
      block = []
      chars = 0
    }
    for (const [key, text] of entries) {
      count++
      note(filter, hashOf(key))
      block.push(key, text)
      chars += key.length + text.length
      if (block.length === 2 * BLOCK_TEXTS || chars >= BLOCK_CHARS) end()
    }
    end()
    return { level, count, first, at, filter }
  }

  #block({ at }: Run, index: number): string[] {
    return JSON.parse(this.#records.read(at[index]!).toString()) as string[]
  }

  #find(run: Run, key: string): string | null {
    const index = blockOf(run, key)
    return index < 0 ? null : textIn(this.#records.read(run.at[index]!), key)
  }

  /** Texts of a run from a key on. */
  *#from(run: Run, key: string): Generator<Entry> {
    for (let index = Math.max(0, blockOf(run, key)); index < run.at.length; index++) {
      const block = this.#block(run, index)
      for (let i = 0; i < block.length; i += 2) if (block[i]! >= key) yield [block[i]!, block[i + 1]!]
    }
  }
}

/** A block as JSON, an entry a line: one is found without reading the others. */
function blockText(block: readonly string[]): string {
  const lines: string[] = []
  for (let i = 0; i < block.length; i += 2) lines.push(`\n${JSON.stringify(block[i])},${JSON.stringify(block[i + 1])}`)
  return `[${lines.join(',')}\n]`
}

/** The text of a key in a block; `null`: the block does not have it. No text of JSON holds a bare line break. */
function textIn(block: Buffer, key: string): string | null {
  const line = `\n${JSON.stringify(key)},`
  const at = block.indexOf(line)
  if (at < 0) return null
  const from = at + Buffer.byteLength(line)
  const end = block.indexOf('\n', from)
  const isLast = block[end + 1] === END_OF_BLOCK
  return JSON.parse(block.toString('utf8', from, isLast ? end : end - 1)) as string
}

/** The last block that begins at a key or before it; -1: none does. */
function blockOf({ first }: Run, key: string): number {
  let [low, high] = [0, first.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (first[middle]! <= key) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Entries of several sorted parts in one order; of those with one key that of the last part. */
function* merged(parts: readonly Iterator<Entry>[]): Generator<Entry> {
  const heads = parts.flatMap((part) => {
    const { value, done } = part.next()
    return done ? [] : [{ entry: value as Entry, part }]
  })
  while (heads.length > 0) {
    let least = heads[0]!
    for (const head of heads) if (head.entry[0] <= least.entry[0]) least = head
    const entry = least.entry
    yield entry
    for (let i = heads.length - 1; i >= 0; i--) {
      const head = heads[i]!
      if (head.entry[0] !== entry[0]) continue
      const { value, done } = head.part.next()
      if (done) heads.splice(i, 1)
      else head.entry = value
    }
  }
}

/** FNV-1a, 32 bits, spread. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return spread(hash)
}

function note(filter: Uint32Array, hash: number): void {
  const step = spread(hash) | 1
  for (let probe = 0, at = hash; probe < PROBES; probe++, at = (at + step) | 0)
    filter[(at >>> 5) % filter.length]! |= 1 << (at & 31)
}

function mayHold(filter: Uint32Array, hash: number): boolean {
  const step = spread(hash) | 1
  for (let probe = 0, at = hash; probe < PROBES; probe++, at = (at + step) | 0)
    if (((filter[(at >>> 5) % filter.length]! >>> (at & 31)) & 1) === 0) return false
  return true
}
