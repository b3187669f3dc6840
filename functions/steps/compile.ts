/** Compiles an intent's recorded runs into replay cases, checking every seal and chain on the way. */
import { byCodeUnit, canonicalLines, digestOfBytes } from '#core/canonical.ts'
import { type RunFiles, readRunFiles } from '#core/experience/run-files.ts'
import { assembleCase, type CompiledRun, compileRun } from '#core/replay/compile.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { keys, RUN_FILES } from '#schemas/s3-keys.ts'
import type { ObjectStore, Progress } from '../ports.ts'
import { type IndexLine, readIndex } from './run-index.ts'
import { inBlocks, readText } from './store.ts'

/**
 * Cases of an intent, ordered by case id. `without`: families (hashed) that are left out. Throws TamperError when a
 * recorded file was changed.
 */
export async function compileIntent(
  objects: ObjectStore,
  intent: string,
  progress: Progress,
  without: ReadonlySet<string> = new Set(),
): Promise<ReplayCase[]> {
  const index = (await readIndex(objects, intent)).filter((line) => !without.has(line.family))
  const byCase = new Map<string, CompiledRun[]>()
  let done = 0
  for await (const compiled of inBlocks(index, (line) => compileStored(objects, line))) {
    if (++done % 4096 === 0) progress(`compiled ${done} of ${index.length} runs`)
    if (!compiled) continue
    const same = byCase.get(compiled.case_id)
    if (same) same.push(compiled)
    else byCase.set(compiled.case_id, [compiled])
  }
  return [...byCase.values()].map(assembleCase).sort((a, b) => byCodeUnit(a.case_id, b.case_id))
}

async function compileStored(objects: ObjectStore, line: IndexLine): Promise<CompiledRun | null> {
  const files = await readFiles(objects, line)
  if (!files) return null
  const { run, recorded } = readRunFiles(line.run_id, files)
  return compileRun(run, recorded)
}

/** The five files of a stored run; `null` when its decision record is not there (it was never finished). */
export async function readFiles(objects: ObjectStore, { run_id, date }: IndexLine): Promise<RunFiles | null> {
  const folder = keys.run(date, run_id)
  const texts = await Promise.all(RUN_FILES.map((file) => readText(objects, `${folder}${file}`)))
  if (texts[RUN_FILES.indexOf('decision-record.json')] === null) return null
  return Object.fromEntries(RUN_FILES.map((file, i) => [file, texts[i] ?? ''])) as RunFiles
}

/** A compiled search set, kept under its digest: runs pin it, and are recomputed from it. */
export interface SearchSet {
  readonly ref: string
  readonly digest: string
  readonly cases: readonly ReplayCase[]
}

/** Compiles and keeps the search set of an intent. */
export const compileSearch = async (objects: ObjectStore, intent: string, progress: Progress): Promise<SearchSet> =>
  keepSearch(objects, intent, await compileIntent(objects, intent, progress))

/** Keeps a compiled search set. `search.jsonl` is the newest; each pinned version stays beside it. */
export async function keepSearch(
  objects: ObjectStore,
  intent: string,
  cases: readonly ReplayCase[],
): Promise<SearchSet> {
  const text = canonicalLines(cases)
  const digest = digestOfBytes(text)
  const pinned = keys.goldensAt(intent, digest)
  if ((await objects.get(pinned)) === null) {
    await objects.put(keys.goldens(intent), text)
    await objects.putIfAbsent(pinned, text)
  }
  return { ref: `goldens/${intent}/search@${digest.slice(7, 19)}`, digest, cases }
}
