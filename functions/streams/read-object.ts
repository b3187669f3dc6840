/** The store as the steps see it: open objects, sealed objects, the ledger table and the clock. Built by an adapter. */
import { createHash } from 'node:crypto'
import type { Clock, LedgerTable, ObjectStore, Progress, RoutingPublisher, Scratch, ScratchTable } from '../ports.ts'
import type { BlockCompiler } from '../steps/experience/block-compiler.ts'
import { LineSplitter } from './line-splitter.ts'

export interface Store {
  /** What everybody may read. */
  readonly objects: ObjectStore
  /** Held-out runs, sealed versions and the sealed log. Only ingest, sealer and gate are handed this. */
  readonly vault: ObjectStore
  /** Release tuples, signed rollout artifacts, promotion records, production logs. Written by the rollout steps only. */
  readonly releases: ObjectStore
  readonly table: LedgerTable
  /** Room for lines on the way, where neither side's readers look. */
  readonly scratch: () => Scratch
  /** The same for texts by key. */
  readonly scratchTable: () => ScratchTable
  /** What compiles the recorded runs of a side on further cores; absent or null: this process does. */
  readonly compilerOf?: (objects: ObjectStore) => BlockCompiler | null
  readonly clock: Clock
  readonly progress: Progress
  /** Where the routing of every transition is published, beside the releases; absent: nowhere else. */
  readonly routing?: RoutingPublisher
}

// A byte order mark is a byte like any other: what is verified is what is stored.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Text of an object, as it stands or at a version; `null` when there is none. */
export async function readText(objects: ObjectStore, key: string, version?: string): Promise<string | null> {
  const bytes = await objects.get(key, version)
  return bytes === null ? null : decoder.decode(bytes)
}

/** JSON value of an object, or `null` when there is none. */
export async function readJson<T>(objects: ObjectStore, key: string, version?: string): Promise<T | null> {
  const text = await readText(objects, key, version)
  return text === null ? null : (JSON.parse(text) as T)
}

/** Lines of an object, one after the other: it is never held whole. None when there is no object. */
export async function* streamLines(objects: ObjectStore, key: string, version?: string): AsyncGenerator<string> {
  const splitter = new LineSplitter()
  for await (const { buffer, byteOffset, byteLength } of (await objects.read(key, version)) ?? [])
    for (const line of splitter.push(Buffer.from(buffer, byteOffset, byteLength)))
      if (line.length > 0) yield line.toString()
  const rest = splitter.rest()
  if (rest.length > 0) yield rest.toString()
}

/** Values of a JSONL object, one a line; empty when there is none. */
export async function readLines<T>(objects: ObjectStore, key: string, version?: string): Promise<T[]> {
  const values: T[] = []
  for await (const line of streamLines(objects, key, version)) values.push(JSON.parse(line) as T)
  return values
}

/** Digest of an object, read piece by piece; `null` when there is none. */
export async function digestOfObject(objects: ObjectStore, key: string, version?: string): Promise<string | null> {
  const pieces = await objects.read(key, version)
  if (pieces === null) return null
  const hash = createHash('sha256')
  for await (const piece of pieces) hash.update(piece)
  return `sha256:${hash.digest('hex')}`
}

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

/** Items in groups of so many, the last one shorter. */
export async function* inShards<T>(items: AsyncIterable<T> | Iterable<T>, size: number): AsyncGenerator<readonly T[]> {
  let shard: T[] = []
  for await (const item of items) {
    shard.push(item)
    if (shard.length < size) continue
    yield shard
    shard = []
  }
  if (shard.length > 0) yield shard
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
