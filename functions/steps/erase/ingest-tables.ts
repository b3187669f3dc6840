/** What imports remember of erased runs beside hashes and digests: tables of contents and of sketches, and the names of families. */
import { canonicalLines, digestOfBytes } from '#core/canonical.ts'
import { familyHash } from '#core/experience/index-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore } from '../../ports.ts'
import { readLines } from '../../streams/read-object.ts'
import { type FamilyLink, rootOf } from '../experience/family-links.ts'
import { besideOf } from '../experience/segments.ts'

/** Replaces a segment of lines by one of others, under the name that these have. Killed in between, both stand. */
async function replaceSegment(objects: ObjectStore, key: string, lines: readonly unknown[]): Promise<void> {
  const text = canonicalLines(lines)
  const next = besideOf(key, digestOfBytes(text))
  if (next === key) return
  if (lines.length > 0) await objects.putIfAbsent(next, text)
  await objects.delete(key)
}

/** Takes what was said of erased runs after they were stored. */
export const eraseCorrections = (objects: ObjectStore, runs: ReadonlyMap<string, unknown>): Promise<void> =>
  eraseLines<{ readonly run_id: string }>(objects, keys.corrections(), ({ run_id }) => runs.has(run_id))

/** Takes what imports into a deployment noted of them: who compiles a side would miss them. */
export const eraseImported = (objects: ObjectStore, runs: ReadonlyMap<string, unknown>): Promise<void> =>
  eraseLines<{ readonly run: string }>(objects, keys.imported(), ({ run }) => runs.has(run))

async function eraseLines<L>(objects: ObjectStore, prefix: string, goes: (line: L) => boolean): Promise<void> {
  for (const key of await Array.fromAsync(objects.list(prefix))) {
    const lines = await readLines<L>(objects, key)
    const left = lines.filter((line) => !goes(line))
    if (left.length < lines.length) await replaceSegment(objects, key, left)
  }
}

/** Takes what tells contents apart: with the split's key a family's name could be read out of it. `runs`: hashes of their ids. */
export async function eraseContents(
  objects: ObjectStore,
  intents: readonly string[],
  runs: ReadonlySet<string>,
): Promise<void> {
  for (const prefix of intents.flatMap((intent) => [keys.contents(intent), keys.sketches(intent)]))
    await eraseLines<{ readonly run: string }>(objects, prefix, ({ run }) => runs.has(run))
}

/**
 * Takes the names of families of which no run is left out of the links of a side. Families that had joined such a one stay
 * one family, under a name that is nobody's.
 */
export async function eraseNames(
  objects: ObjectStore,
  intents: readonly string[],
  familyNames: ReadonlySet<string>,
): Promise<void> {
  for (const intent of intents) {
    const prefix = keys.familyLinks(intent)
    const segments = await Array.fromAsync(objects.list(prefix))
    const links = new Map<string, FamilyLink[]>()
    for (const key of segments) links.set(key, await readLines<FamilyLink>(objects, key))
    const joined = new Map([...links.values()].flat().map((link) => [link.family, link.joins]))
    for (const [key, lines] of links) {
      if (!lines.some(({ joins }) => familyNames.has(joins))) continue
      const renamed = lines.flatMap((link) => {
        if (!familyNames.has(link.joins)) return [link]
        const root = rootOf((family) => joined.get(family), familyHash(link.joins)) ?? link.joins
        if (!familyNames.has(root)) return [{ ...link, joins: root }]
        // The family itself joins too: a version that holds it holds all that counted for it.
        const { family: _, ...rest } = link
        return [
          { ...link, joins: nobody(root) },
          { ...rest, family: familyHash(root), joins: nobody(root) },
        ]
      })
      await replaceSegment(objects, key, renamed)
    }
  }
}

const nobody = (family: string): string => `erased-${familyHash(family)}`
