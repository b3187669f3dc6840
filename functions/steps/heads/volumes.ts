/**
 * Volumes of the journal of heads: each holds a thousand lines in one object, so that a decision reads a few objects and the lines since.
 * A volume vouches for nothing: its lines are chained to the last one, whose code is checked. The lines stay one by one beside it.
 */
import { canonicalLines } from '#core/canonical.ts'
import { HeadLine } from '#schemas/head-line.ts'
import { HEADS_OF_VOLUME, keys } from '#schemas/s3-keys.ts'
import type { ObjectStore } from '../../ports.ts'
import { inBlocks } from '../../streams/groups.ts'
import { jsonOf, orNull, readText } from '../../streams/read-object.ts'

/** Lines of the volumes that follow from the first one without a gap, or the key of one that is damaged. */
export async function boundLines(
  objects: ObjectStore,
): Promise<{ readonly lines: HeadLine[]; readonly damaged: string | null }> {
  const names = await Array.fromAsync(objects.list(keys.headVolumes()))
  const gap = names.findIndex((name, i) => name !== keys.headVolume(i + 1))
  const lines: HeadLine[] = []
  for await (const { key, read } of inBlocks(gap < 0 ? names : names.slice(0, gap), (key) =>
    readVolume(objects, key),
  )) {
    if (read === null) return { lines, damaged: key }
    for (const line of read) lines.push(line)
  }
  return { lines, damaged: null }
}

/** Writes the volumes of a journal that are not there yet. @param lines all of them, found to hold */
export async function bindVolumes(objects: ObjectStore, lines: readonly HeadLine[]): Promise<void> {
  const there = new Set(await Array.fromAsync(objects.list(keys.headVolumes())))
  for (let n = 1; n <= volumesOf(lines.length); n++)
    if (!there.has(keys.headVolume(n))) await objects.putIfAbsent(keys.headVolume(n), volumeText(lines, n))
}

/** How many volumes so many lines fill. */
export const volumesOf = (lines: number): number => Math.floor(lines / HEADS_OF_VOLUME)

/** The first volume that does not say what the lines say one by one; null: all do. */
export async function otherVolume(objects: ObjectStore, lines: readonly HeadLine[]): Promise<string | null> {
  let n = 0
  for await (const key of objects.list(keys.headVolumes())) {
    n = Number(key.match(/(\d+)\.jsonl$/)?.[1])
    const isOne = key === keys.headVolume(n) && n <= volumesOf(lines.length)
    if (!isOne || (await readText(objects, key)) !== volumeText(lines, n)) return key
  }
  return null
}

const volumeText = (lines: readonly HeadLine[], n: number): string =>
  canonicalLines(lines.slice((n - 1) * HEADS_OF_VOLUME, n * HEADS_OF_VOLUME))

async function readVolume(
  objects: ObjectStore,
  key: string,
): Promise<{ readonly key: string; readonly read: HeadLine[] | null }> {
  const text = await orNull(readText(objects, key))
  const read: HeadLine[] = []
  for (const line of text?.split('\n').slice(0, -1) ?? []) {
    const parsed = HeadLine.safeParse(jsonOf(line))
    if (!parsed.success) return { key, read: null }
    read.push(parsed.data)
  }
  return { key, read: read.length === HEADS_OF_VOLUME ? read : null }
}
