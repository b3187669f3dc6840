/** Objects in memory: the twin of the file store and of S3, for tests and for runs that keep nothing. */
import { isVersion, isWhole, onePiece, whole } from '#adapters/port-rules/content.ts'
import { checkKey, splitPrefix } from '#adapters/port-rules/object-key.ts'
import { digestOfBytes } from '#core/canonical.ts'
import type { ObjectStore } from '#ports'

/**
 * An empty store. Bytes are copied in and out, so nobody outside can change what is stored; `list` shows the keys that
 * stood there when it was first asked.
 *
 * @returns a store that throws RangeError for a key that no adapter takes
 */
export function memoryStore(): ObjectStore {
  const objects = new Map<string, Uint8Array>()
  const copy = (bytes: Uint8Array | string) =>
    typeof bytes === 'string' ? new TextEncoder().encode(bytes) : new Uint8Array(bytes)
  return {
    async get(key, version) {
      checkKey(key)
      const bytes = objects.get(key)
      return bytes && isVersion(bytes, version) ? copy(bytes) : null
    },
    async read(key, version) {
      const bytes = await this.get(key, version)
      return bytes && onePiece(bytes)
    },
    async readRange(key, start, length) {
      checkKey(key)
      return objects.get(key)?.slice(start, start + length) ?? null
    },
    async put(key, bytes) {
      checkKey(key)
      const copied = isWhole(bytes) ? copy(bytes) : await whole(bytes)
      objects.set(key, copied)
      return digestOfBytes(copied)
    },
    async putIfAbsent(key, bytes) {
      checkKey(key)
      const copied = isWhole(bytes) ? copy(bytes) : await whole(bytes)
      if (objects.has(key)) return false
      objects.set(key, copied)
      return true
    },
    async versionOf(key) {
      checkKey(key)
      const bytes = objects.get(key)
      return bytes ? digestOfBytes(bytes) : null
    },
    async *list(prefix) {
      splitPrefix(prefix)
      yield* [...objects.keys()].filter((key) => key.startsWith(prefix)).sort()
    },
    async delete(key) {
      checkKey(key)
      objects.delete(key)
    },
  }
}
