/**
 * Which runs an intent has, on one side of the store: segments that are only ever added, so that ingest lists runs in the
 * vault without reading it, and nobody lists a million folders.
 */
import { byCodeUnit, canonicalLines, digestOfBytes } from '#core/canonical.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore } from '../ports.ts'
import { familyHash } from './ledger-keys.ts'
import { inBlocks, readLines } from './store.ts'

/** One run. */
export interface IndexLine {
  readonly run_id: string
  readonly date: string | null
  /** Case that it records, where that is not the run itself. */
  readonly case_id?: string
  /** Hash of its family. */
  readonly family: string
}

export const indexLine = ({ run_id, date, case_id, family_id }: ExperienceRun): IndexLine => ({
  run_id,
  date,
  ...(case_id === run_id ? {} : { case_id }),
  family: familyHash(family_id),
})

const SEGMENT_LINES = 10_000

/** Adds runs. A segment is named by its content, so the same runs added again change nothing. */
export async function addToIndex(objects: ObjectStore, intent: string, runs: readonly IndexLine[]): Promise<void> {
  for (let at = 0; at < runs.length; at += SEGMENT_LINES) {
    const text = canonicalLines(runs.slice(at, at + SEGMENT_LINES))
    await objects.putIfAbsent(keys.indexSegment(intent, digestOfBytes(text)), text)
  }
}

/** Every run of an intent once, ordered by case and then by run: whoever reads in this order meets a case's runs together. */
export async function readIndex(objects: ObjectStore, intent: string): Promise<IndexLine[]> {
  const runs = new Map<string, IndexLine>()
  const segments = await Array.fromAsync(objects.list(keys.index(intent)))
  for await (const lines of inBlocks(segments, (key) => readLines<IndexLine>(objects, key)))
    for (const line of lines) runs.set(line.run_id, line)
  return [...runs.values()].sort(
    (a, b) => byCodeUnit(a.case_id ?? a.run_id, b.case_id ?? b.run_id) || byCodeUnit(a.run_id, b.run_id),
  )
}
