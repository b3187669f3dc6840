/** A part of an object store as a store of its own: every key below one prefix. */
import type { ObjectStore } from '../ports.ts'

/** @param prefix ends with a slash */
export const under = (objects: ObjectStore, prefix: string): ObjectStore => ({
  get: (key, version) => objects.get(`${prefix}${key}`, version),
  read: (key, version) => objects.read(`${prefix}${key}`, version),
  readRange: (key, start, length) => objects.readRange(`${prefix}${key}`, start, length),
  put: (key, bytes) => objects.put(`${prefix}${key}`, bytes),
  putIfAbsent: (key, bytes) => objects.putIfAbsent(`${prefix}${key}`, bytes),
  versionOf: (key) => objects.versionOf(`${prefix}${key}`),
  async *list(within) {
    for await (const key of objects.list(`${prefix}${within}`)) yield key.slice(prefix.length)
  },
  delete: (key) => objects.delete(`${prefix}${key}`),
})
