/**
 * Lines about runs that ended, kept newest first, so that whoever shows the latest of very many opens a few objects a run and lists
 * none of the others. A line is a copy of what manifest or refusal say: nothing that decides or verifies reads it.
 */
import { byCodeUnit } from '#core/canonical.ts'
import { finishedLine, refusedLine } from '#core/run-line.ts'
import type { RunManifest, RunRefusal } from '#schemas/run.ts'
import { RunLine } from '#schemas/run-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { jsonOf, orNull, readJson, readText } from '../../streams/read-object.ts'

/** A line and its place: those behind it are older. */
interface PlacedLine {
  readonly at: string
  readonly line: RunLine
}

/** What a manifest begins with, up to its times. */
const HEAD_BYTES = 4096

/**
 * Lines from the newest on, each read when it is asked for. One that nobody can read, or that no run or refusal stands behind as
 * it says (a killed run left it, a later one took its place), is passed over.
 * @param after begin with the line behind this place
 */
export async function* runLines(objects: ObjectStore, after = ''): AsyncGenerator<PlacedLine> {
  for await (const key of objects.list(keys.runLines())) {
    const at = key.slice(keys.runLines().length)
    if (at <= after) continue
    const { data: line } = RunLine.safeParse(jsonOf((await readText(objects, key)) ?? ''))
    if (line && key === keys.runLine(line.date, line.run_id) && (await stands(objects, line))) yield { at, line }
  }
}

async function stands(objects: ObjectStore, { run_id, date }: RunLine): Promise<boolean> {
  const head = await objects.readRange(keys.autotuneRun(run_id, 'manifest.json'), 0, HEAD_BYTES)
  if (head !== null) return Buffer.from(head).includes(`"finished_at":${JSON.stringify(date)}`)
  return (await orNull(readJson<RunRefusal>(objects, keys.refusal(run_id))))?.refused_at === date
}

/** What the routine looks back on: a run that ended, or was refused. */
type EndedRun = Pick<RunLine, 'run_id' | 'date' | 'intent'>

/** Runs that ended, newest first. A deployment keeps no lines: there manifests and refusals are read. */
export async function* endedRuns({
  objects,
  rolesApart,
}: Pick<Store, 'objects' | 'rolesApart'>): AsyncGenerator<EndedRun> {
  if (!rolesApart) {
    for await (const { line } of runLines(objects)) yield line
    return
  }
  const files = await Array.fromAsync(objects.list(keys.autotune()))
  const ended = new Map<string, EndedRun>()
  for (const key of files.filter((one) => one.endsWith('/manifest.json'))) {
    const manifest = await orNull(readJson<RunManifest>(objects, key))
    if (manifest) ended.set(manifest.run_id, finishedLine(manifest, null, null))
  }
  for (const key of files.filter((one) => one.endsWith('/refusal.json'))) {
    const refusal = await orNull(readJson<RunRefusal>(objects, key))
    if (refusal && !ended.has(refusal.run_id)) ended.set(refusal.run_id, refusedLine(refusal))
  }
  const place = ({ date, run_id }: EndedRun): string => keys.runLine(date, run_id)
  yield* [...ended.values()].sort((a, b) => byCodeUnit(place(a), place(b)))
}
