/** The store as the steps see it: open objects, sealed objects, the ledger table and the clock. Built by an adapter. */
import { createHash } from 'node:crypto'
import { DamagedObject } from '../errors.ts'
import type { ObjectStore } from '../ports.ts'
import { LineSplitter } from './line-splitter.ts'

// A byte order mark is a byte like any other: what is verified is what is stored.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Text of an object, as it stands or at a version; `null` when there is none. */
export async function readText(
  objects: Pick<ObjectStore, 'get'>,
  key: string,
  version?: string,
): Promise<string | null> {
  const bytes = await objects.get(key, version)
  return bytes === null ? null : decoder.decode(bytes)
}

/** What a document is read from. */
type Reading = Pick<ObjectStore, 'get' | 'ruleAt'>

/** JSON value of an object, or `null` when there is none. Throws DamagedObject where it is none of what stands under its key. */
export async function readJson<T>(objects: Reading, key: string, version?: string): Promise<T | null> {
  const text = await readText(objects, key, version)
  return text === null ? null : valueReader<T>(objects, key)(text)
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

/** Values of a JSONL object as they come, one a line; none when there is no object. Throws DamagedObject. */
export async function* streamValues<T>(objects: ObjectStore, key: string, version?: string): AsyncGenerator<T> {
  const read = valueReader<T>(objects, key)
  for await (const line of streamLines(objects, key, version)) yield read(line)
}

/** Values of those lines alone that hold a text, such as `"candidate_id":"c_1"`: of very many lines most are not parsed. */
export async function* valuesHolding<T>(objects: ObjectStore, key: string, text: string): AsyncGenerator<T> {
  const read = valueReader<T>(objects, key)
  for await (const line of streamLines(objects, key)) if (line.includes(text)) yield read(line)
}

/** Values of a JSONL object, one a line; empty when there is none. */
export const readLines = <T>(objects: ObjectStore, key: string, version?: string): Promise<T[]> =>
  Array.fromAsync(streamValues<T>(objects, key, version))

/** Digest of an object, read piece by piece; `null` when there is none. */
export async function digestOfObject(objects: ObjectStore, key: string, version?: string): Promise<string | null> {
  const pieces = await objects.read(key, version)
  if (pieces === null) return null
  const hash = createHash('sha256')
  for await (const piece of pieces) hash.update(piece)
  return `sha256:${hash.digest('hex')}`
}

/** A value that no longer parses is a value that changed. */
export const orNull = <T>(value: Promise<T | null>): Promise<T | null> =>
  value.catch((error: Error) => {
    if (error instanceof DamagedObject) return null
    throw error
  })

/** JSON value of a text; undefined where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Reads texts that are stored under a key, a document or its lines. The one place where a value gets its type: a store that
 * knows what stands under its keys refuses what is none of that. What it returns throws DamagedObject.
 */
export function valueReader<T>(objects: Pick<ObjectStore, 'ruleAt'>, key: string): (text: string) => T {
  const rule = objects.ruleAt?.(key) ?? null
  return (text) => {
    const value = parsed(text, key)
    const problem = rule?.(value, text) ?? null
    if (problem !== null) throw new DamagedObject(key, problem)
    return value as T
  }
}

function parsed(text: string, key: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new DamagedObject(key, `no JSON: ${(error as Error).message}`)
  }
}
