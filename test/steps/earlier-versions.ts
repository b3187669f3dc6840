/** Stores as earlier versions left them. */
import { canonical, canonicalLines, digestOfBytes } from '#core/canonical.ts'
import type { ObjectStore, Store } from '#ports'
import { keys } from '#schemas/s3-keys.ts'
import { readJson, readLines } from '../../functions/streams/read-object.ts'

/** Makes of runs in folders what versions before 0.3.0 left of them: five files, and no word of a sixth. */
export async function notCompiled<S extends Pick<Store, 'objects' | 'vault'>>(store: S): Promise<S> {
  for (const objects of [store.objects, store.vault]) {
    for await (const key of objects.list(keys.runs())) if (key.endsWith('/compiled.json')) await objects.delete(key)
    for (const prefix of [keys.indexes(), keys.imported()]) await withoutWord(objects, prefix)
    const journal = await withoutWord(objects, keys.journal())
    for (const key of await Array.fromAsync(objects.list(keys.journalListed()))) {
      const listed = (await readJson<string[]>(objects, key))!
      const text = canonical(listed.map((one) => journal.get(one) ?? one).sort())
      await objects.delete(key)
      await objects.put(keys.journalListedSegments(digestOfBytes(text)), text)
    }
  }
  return store
}

/** Writes segments again without `compiled`; where each lies then. */
async function withoutWord(objects: ObjectStore, prefix: string): Promise<Map<string, string>> {
  const moved = new Map<string, string>()
  for (const key of await Array.fromAsync(objects.list(prefix))) {
    const lines = await readLines<{ readonly compiled?: unknown }>(objects, key)
    const text = canonicalLines(lines.map(({ compiled: _, ...line }) => line))
    const to = `${key.slice(0, key.lastIndexOf('/') + 1)}${digestOfBytes(text).slice('sha256:'.length)}.jsonl`
    await objects.delete(key)
    await objects.put(to, text)
    moved.set(key, to)
  }
  return moved
}
