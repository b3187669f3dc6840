/** Objects on a copy: what is written or removed stays in memory, everything else is read where it lies. For tries that must change nothing. */
import { digestOfBytes } from '#core/canonical.ts'
import type { ObjectStore } from '#ports'
import { isVersion, isWhole, onePiece, whole } from '../port-rules/content.ts'
import { checkKey, splitPrefix } from '../port-rules/object-key.ts'

export interface CopiedObjects extends ObjectStore {
  /** Keys that were written or removed, in their order; what was written again with the same bytes is none. */
  changed(): Promise<readonly string[]>
}

/** An object store over another one, which it never writes. */
export function copyObjects(under: ObjectStore): CopiedObjects {
  /** null: removed. */
  const over = new Map<string, Uint8Array | null>()
  const bytesOf = async (content: Parameters<ObjectStore['put']>[1]): Promise<Uint8Array> =>
    typeof content === 'string'
      ? new TextEncoder().encode(content)
      : isWhole(content)
        ? new Uint8Array(content)
        : await whole(content)
  const held = (key: string): Uint8Array | null | undefined => {
    checkKey(key)
    return over.get(key)
  }
  const get: ObjectStore['get'] = async (key, version) => {
    const own = held(key)
    if (own === undefined) return await under.get(key, version)
    return own && isVersion(own, version) ? new Uint8Array(own) : null
  }
  return {
    get,
    async read(key, version) {
      if (held(key) === undefined) return await under.read(key, version)
      const bytes = await get(key, version)
      return bytes && onePiece(bytes)
    },
    async readRange(key, start, length) {
      const own = held(key)
      return own === undefined ? await under.readRange(key, start, length) : (own?.slice(start, start + length) ?? null)
    },
    async put(key, content) {
      checkKey(key)
      const bytes = await bytesOf(content)
      over.set(key, bytes)
      return digestOfBytes(bytes)
    },
    async putIfAbsent(key, content) {
      checkKey(key)
      const [bytes, below] = [await bytesOf(content), await under.get(key)]
      // Nothing is awaited between look and write: many may write at once.
      const own = over.get(key)
      if (own === undefined ? below !== null : own !== null) return false
      over.set(key, bytes)
      return true
    },
    async versionOf(key) {
      const own = held(key)
      return own === undefined ? await under.versionOf(key) : own && digestOfBytes(own)
    },
    async *list(prefix) {
      splitPrefix(prefix)
      const own = [...over].flatMap(([key, bytes]) => (bytes && key.startsWith(prefix) ? [key] : [])).sort()
      for await (const key of under.list(prefix)) {
        while (own.length > 0 && own[0]! < key) yield own.shift()!
        if (own[0] === key) own.shift()
        if (over.get(key) !== null) yield key
      }
      yield* own
    },
    async delete(key) {
      checkKey(key)
      over.set(key, null)
    },
    async changed() {
      const keys: string[] = []
      for (const [key, bytes] of over) {
        const was = await under.get(key)
        if (bytes === null ? was !== null : was === null || digestOfBytes(was) !== digestOfBytes(bytes)) keys.push(key)
      }
      return keys.sort()
    },
  }
}
