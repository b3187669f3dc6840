/** Items on their way: as text in blocks, in groups, ahead of whoever reads them. */
import { createHash } from 'node:crypto'

/** Characters of a block: enough that a write costs little beside its bytes. */
const BLOCK_CHARS = 64 * 1024

/** Lines as text in blocks, each line ended by a newline: what `put` takes. */
export async function* asText(lines: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  let block = ''
  for await (const line of lines) {
    block += `${line}\n`
    if (block.length < BLOCK_CHARS) continue
    yield block
    block = ''
  }
  if (block !== '') yield block
}

/** Has text put somewhere; the digest of what was put. */
export async function digestOfPut(
  text: AsyncIterable<string>,
  put: (text: AsyncIterable<string>) => Promise<unknown>,
): Promise<string> {
  const hash = createHash('sha256')
  const hashed = async function* () {
    for await (const block of text) {
      hash.update(block)
      yield block
    }
  }
  await put(hashed())
  return `sha256:${hash.digest('hex')}`
}

/** Items in groups of so many, the last one shorter. `first`: size of the first group. */
export async function* inShards<T>(
  items: AsyncIterable<T> | Iterable<T>,
  size: number,
  first = size,
): AsyncGenerator<readonly T[]> {
  let shard: T[] = []
  let full = first
  for await (const item of items) {
    shard.push(item)
    if (shard.length < full) continue
    yield shard
    shard = []
    full = size
  }
  if (shard.length > 0) yield shard
}

/** Texts in blocks of so many, or of so many characters, whichever comes first. */
export async function* inTextBlocks<T>(
  items: AsyncIterable<T> | Iterable<T>,
  { most, mostChars }: { readonly most: number; readonly mostChars: number },
  charsOf: (item: T) => number,
): AsyncGenerator<readonly T[]> {
  let block: T[] = []
  let chars = 0
  for await (const item of items) {
    block.push(item)
    chars += charsOf(item)
    if (block.length < most && chars < mostChars) continue
    yield block
    block = []
    chars = 0
  }
  if (block.length > 0) yield block
}

/** How many objects are read at once: enough to keep the disk or the network busy, few enough to stay flat. */
const READ_AHEAD = 64

/** Reads something for each item, a block of them at once, in their order. */
export async function* inBlocks<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  read: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  for await (const block of inShards(items, READ_AHEAD)) yield* await Promise.all(block.map(read))
}

/**
 * Works on items ahead of whoever reads the results, so many at once. Results stand in the order of the items, and so does
 * the first error. When it ends nothing is under way any more.
 */
export async function* ahead<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = []
  try {
    for await (const item of items) {
      const result = work(item)
      // Thrown when its turn comes.
      result.catch(() => {})
      underWay.push(result)
      if (underWay.length >= atOnce) yield await underWay.shift()!
    }
    while (underWay.length > 0) yield await underWay.shift()!
  } finally {
    await Promise.allSettled(underWay)
  }
}

/** Rows as their columns, which are read side by side: each of them to its end, and the first error ends all of them. */
export function inColumns<T>(rows: AsyncIterable<readonly T[]>, count: number): AsyncIterable<T>[] {
  const reading = rows[Symbol.asyncIterator]()
  const read: T[][] = Array.from({ length: count }, () => [])
  let row: Promise<boolean> | null = null
  // One that failed stays: a column that asks later must not take it for the end.
  const nextRow = async (): Promise<boolean> => {
    const { value, done } = await reading.next()
    if (!done) for (const [i, column] of read.entries()) column.push(value[i]!)
    row = null
    return !done
  }
  const column = async function* (mine: T[]): AsyncGenerator<T> {
    for (let more = true; more; more = await row) {
      while (mine.length > 0) yield mine.shift()!
      row ??= nextRow()
    }
  }
  return read.map(column)
}

/** Waits for all of them, also where one fails; then throws the first error. */
export async function allOf(promises: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(promises)).find(({ status }) => status === 'rejected')
  if (failed) throw (failed as PromiseRejectedResult).reason
}

/**
 * Works on items side by side, a number at once. Results stand in the order of the items; the first error ends it, when what
 * is under way has ended too: an answer that a model is still giving is kept while the store is open and its lock held.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, worker: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length)
  const errors: unknown[] = []
  let next = 0
  const worker = async (_: unknown, slot: number): Promise<void> => {
    try {
      for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i]!, slot)
    } catch (error) {
      errors.push(error)
      // After an error nobody begins another item.
      next = items.length
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
  if (errors.length > 0) throw errors[0]
  return results
}
