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

/** JSON value of an object, or `null` when there is none. Throws DamagedObject where it is no JSON. */
export async function readJson<T>(objects: Pick<ObjectStore, 'get'>, key: string, version?: string): Promise<T | null> {
  const text = await readText(objects, key, version)
  return text === null ? null : storedValue<T>(text, key)
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
  for await (const line of streamLines(objects, key, version)) yield storedValue<T>(line, key)
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

/** JSON value of what is stored under a key. Throws DamagedObject. */
export function storedValue<T>(text: string, key: string): T {
  try {
    return JSON.parse(text) as T
  } catch (error) {
    throw new DamagedObject(key, `no JSON: ${(error as Error).message}`)
  }
}
