/** A folder of an object store as a store of its own. */
import type { ObjectStore } from '../ports.ts'

/** Objects below a prefix that ends in a slash, under keys without it. */
export const under = (objects: ObjectStore, prefix: string): ObjectStore => ({
  get: (key, version) => objects.get(prefix + key, version),
  versionOf: (key) => objects.versionOf(prefix + key),
  read: (key, version) => objects.read(prefix + key, version),
  readRange: (key, start, length) => objects.readRange(prefix + key, start, length),
  put: (key, content) => objects.put(prefix + key, content),
  putIfAbsent: (key, content) => objects.putIfAbsent(prefix + key, content),
  delete: (key) => objects.delete(prefix + key),
  async *list(start) {
    for await (const key of objects.list(prefix + start)) yield key.slice(prefix.length)
  },
})
