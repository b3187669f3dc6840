/**
 * Erasing in buckets that keep versions: what is removed or replaced goes with every version of it, and what earlier versions
 * say of erased runs goes too.
 */
import type { ErasedNames } from '#core/experience/without-names.ts'
import type { ObjectStore, ObjectVersion, ObjectVersions } from '../../ports.ts'
import { erasedFrom, speaksOf } from './derived.ts'

/** An object store of which nothing stays that was removed or replaced. */
export function forGood(objects: ObjectStore, versions: ObjectVersions): ObjectStore {
  const removeBut = async (key: string, stays: string | null) => {
    const found: ObjectVersion[] = []
    for await (const one of versions.list(key)) if (one.key === key && one.version !== stays) found.push(one)
    await removeAll(versions, found)
  }
  return {
    ...objects,
    async put(key, content) {
      const version = await objects.put(key, content)
      await removeBut(key, version)
      return version
    },
    delete: (key) => removeBut(key, null),
  }
}

/** The newest last: killed on the way, none that was replaced stands again. */
async function removeAll(versions: ObjectVersions, found: readonly ObjectVersion[]): Promise<void> {
  for (const { key, version } of found.toReversed()) await versions.remove(key, version)
}

/**
 * Removes earlier versions that speak of erased runs. Of an object that was removed before all go: under which name a run lay
 * there may be told by its key alone.
 */
export async function scrubVersions(
  side: 'objects' | 'vault',
  objects: ObjectStore,
  versions: ObjectVersions,
  names: ErasedNames,
): Promise<void> {
  for (const prefix of erasedFrom(side))
    for await (const found of byKey(versions.list(prefix))) {
      const [newest, ...earlier] = found
      if (newest!.isMarker) await removeAll(versions, found)
      else
        for (const { key, version, isMarker } of earlier.toReversed())
          if (isMarker || (await speaksOf(objects, key, names, version))) await versions.remove(key, version)
    }
}

/** The versions of each object, the newest first. */
async function* byKey(versions: AsyncIterable<ObjectVersion>): AsyncGenerator<readonly ObjectVersion[]> {
  let found: ObjectVersion[] = []
  for await (const one of versions) {
    if (found.length > 0 && found[0]!.key !== one.key) {
      yield found
      found = []
    }
    found.push(one)
  }
  if (found.length > 0) yield found
}
