/**
 * Takes recorded runs out of one side of a store: out of its segments, its folders and its index. Killed anywhere, the same
 * again ends it: lines of the index go last, and lead to whatever is left.
 */
import { canonical } from '#core/canonical.ts'
import { caseRun, type IndexLine } from '#core/experience/index-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { readLines } from '../../streams/read-object.ts'
import { MOST_HEAD_BYTES, readSegmentHead } from '../../streams/segment-format.ts'
import { RecordedRuns } from '../experience/recorded-runs.ts'
import { indexesOf, linesUnder } from '../experience/run-index.ts'
import { SegmentWriter } from '../experience/segment-writer.ts'
import { addSegments, besideOf } from '../experience/segments.ts'

/** Segments in which one of these runs lies. */
export async function segmentsWith(objects: ObjectStore, runs: ReadonlyMap<string, unknown>): Promise<Set<string>> {
  const found = new Set<string>()
  for (const index of await indexesOf(objects))
    for await (const { run_id, packed } of linesUnder(objects, index))
      if (packed && runs.has(run_id)) found.add(packed.segment)
  return found
}

/**
 * @param runs by run id
 * @throws UserError where a segment is not what it was: its other runs could not be kept
 */
export async function eraseRecorded(
  { objects, scratch }: Pick<Store, 'objects' | 'scratch'>,
  runs: ReadonlyMap<string, unknown>,
): Promise<void> {
  const recorded = new RecordedRuns(objects)
  const segments = await segmentsWith(objects, runs)
  for (const segment of segments) {
    const problem = await recorded.soundness(segment)
    if (problem === 'changed') throw new UserError(`${segment} was cut or changed. ${RESTORE}`)
  }
  const next = await nextLines({ objects, scratch }, recorded, segments, runs)
  const old: { readonly key: string; readonly left: readonly IndexLine[]; readonly erases: boolean }[] = []
  const listed = new Set<string>()
  for (const index of await indexesOf(objects))
    for (const key of await Array.fromAsync(objects.list(index))) {
      const lines = await readLines<IndexLine>(objects, key)
      const left = lines.map(next).filter((line) => line !== null)
      for (const line of left) listed.add(line.packed?.segment ?? keys.run(line.date, line.run_id))
      if (canonical(left) !== canonical(lines))
        old.push({ key, left, erases: lines.some(({ run_id }) => runs.has(run_id)) })
    }
  for (const { key, left } of old) await addSegments(objects, left, (digest) => besideOf(key, digest))
  // Segments and folders that no line lists any more; also those that killed imports left, which may hold one of these runs.
  for await (const key of objects.list(keys.runs()))
    if (!listed.has(key) && !listed.has(key.slice(0, key.lastIndexOf('/') + 1))) await objects.delete(key)
  for (const { key } of old.toSorted((a, b) => Number(a.erases) - Number(b.erases))) await objects.delete(key)
}

export const RESTORE = 'Import the same records again, which restores its runs, and erase then'

/** Writes segments again without some of their runs. What becomes of a line of the index then; null: it goes. */
async function nextLines(
  { objects, scratch }: Pick<Store, 'objects' | 'scratch'>,
  recorded: RecordedRuns,
  segments: ReadonlySet<string>,
  runs: ReadonlyMap<string, unknown>,
): Promise<(line: IndexLine) => IndexLine | null> {
  const beside = new Map<string, Map<string, IndexLine>>([...segments].map((segment) => [segment, new Map()]))
  for (const index of await indexesOf(objects))
    for await (const line of linesUnder(objects, index))
      if (line.packed && !runs.has(line.run_id)) beside.get(line.packed.segment)?.set(caseRun(line), line)
  const moved = new Map<string, IndexLine | null>()
  for (const [segment, lines] of beside) {
    const head = await objects.readRange(segment, 0, MOST_HEAD_BYTES)
    // An erasure was killed behind its index: what stays lies elsewhere, and is listed there.
    if (head === null) for (const line of await listedElsewhere(objects, segment, lines)) moved.set(placeOf(line), null)
    else
      for (const [place, line] of await packedAgain({ objects, scratch }, recorded, head, lines)) moved.set(place, line)
  }
  return (line) => {
    if (runs.has(line.run_id)) return null
    const to = moved.get(placeOf(line))
    return to === undefined ? line : to
  }
}

const placeOf = ({ run_id, packed }: IndexLine): string => `${packed?.segment} ${run_id}`

/** Lines of a segment that is gone, of runs that other lines list in another one. */
async function listedElsewhere(
  objects: ObjectStore,
  segment: string,
  lines: ReadonlyMap<string, IndexLine>,
): Promise<IndexLine[]> {
  const found = new Map<string, IndexLine>()
  for (const index of await indexesOf(objects))
    for await (const other of linesUnder(objects, index)) {
      const name = caseRun(other)
      if (other.packed?.segment !== segment && lines.has(name)) found.set(name, lines.get(name)!)
    }
  return [...found.values()]
}

/** Packs what stays of a segment into another one. Where each run lies then, by where it lay. */
async function packedAgain(
  { objects, scratch }: Pick<Store, 'objects' | 'scratch'>,
  recorded: RecordedRuns,
  head: Uint8Array,
  lines: ReadonlyMap<string, IndexLine>,
): Promise<[place: string, line: IndexLine][]> {
  const read = readSegmentHead(head)
  if ('problem' in read) throw new UserError(`a segment of recorded runs ${read.problem}`)
  const packing = new SegmentWriter<string>(scratch(), { rules: read.compile_rules })
  const moved: [string, IndexLine][] = []
  try {
    for (const line of lines.values()) {
      const { packed: _, ...bare } = line
      packing.add(bare, await recorded.packed(line), placeOf(line))
    }
    for await (const written of packing.write(objects)) for (const { line, about } of written) moved.push([about, line])
  } finally {
    packing.close()
  }
  return moved
}
