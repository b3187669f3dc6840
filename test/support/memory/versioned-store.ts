/** Objects in memory whose versions stay, as those of a bucket with versions do. */
import { isWhole, onePiece, whole } from '#adapters/port-rules/content.ts'
import type { ObjectStore, ObjectVersions, Store } from '#ports'

export interface Versioned extends Store {
  readonly versions: Readonly<Record<'objects' | 'vault', ObjectVersions>>
}

export const isVersioned = (store: Store): store is Versioned => 'versions' in store

/** Every version of every object, also of those that were removed: what somebody who may read all of it finds. */
export interface VersionedStore {
  readonly objects: ObjectStore
  readonly versions: ObjectVersions
  /** Keys and texts of all versions. */
  all(): readonly (readonly [key: string, bytes: Uint8Array])[]
}

export function versionedStore(): VersionedStore {
  let count = 0
  /** The newest last; null: a marker. */
  const kept = new Map<string, { readonly version: string; readonly bytes: Uint8Array | null }[]>()
  const add = (key: string, bytes: Uint8Array | null): string => {
    const version = `v${count++}`
    kept.set(key, [...(kept.get(key) ?? []), { version, bytes }])
    return version
  }
  const stands = (key: string): Uint8Array | null => kept.get(key)?.at(-1)?.bytes ?? null
  const at = (key: string, version: string | undefined) =>
    version === undefined ? stands(key) : (kept.get(key)?.find((one) => one.version === version)?.bytes ?? null)
  const copied = async (content: Parameters<ObjectStore['put']>[1]) =>
    Uint8Array.from(isWhole(content) ? Buffer.from(content as string) : await whole(content))
  const keys = (prefix: string) => [...kept.keys()].filter((key) => key.startsWith(prefix)).sort()
  return {
    objects: {
      get: async (key, version) => at(key, version)?.slice() ?? null,
      read: async (key, version) => {
        const bytes = at(key, version)
        return bytes && onePiece(bytes)
      },
      readRange: async (key, start, length) => stands(key)?.slice(start, start + length) ?? null,
      put: async (key, content) => add(key, await copied(content)),
      async putIfAbsent(key, content) {
        const bytes = await copied(content)
        if (stands(key) !== null) return false
        add(key, bytes)
        return true
      },
      versionOf: async (key) => (stands(key) === null ? null : kept.get(key)!.at(-1)!.version),
      async *list(prefix) {
        yield* keys(prefix).filter((key) => stands(key) !== null)
      },
      async delete(key) {
        if (stands(key) !== null) add(key, null)
      },
    },
    versions: {
      async *list(prefix) {
        for (const key of keys(prefix))
          for (const { version, bytes } of kept.get(key)!.toReversed()) yield { key, version, isMarker: bytes === null }
      },
      async remove(key, version) {
        const left = (kept.get(key) ?? []).filter((one) => one.version !== version)
        if (left.length > 0) kept.set(key, left)
        else kept.delete(key)
      },
    },
    all: () => [...kept].flatMap(([key, all]) => all.map(({ bytes }) => [key, bytes ?? new Uint8Array()] as const)),
  }
}
