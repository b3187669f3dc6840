/** Compiles an intent's recorded runs into replay cases, checking every seal and chain on the way. */
import { type RunFiles, readRunFiles } from '#core/experience/run-files.ts'
import { assembleCase, type CompiledRun, compileRun } from '#core/replay/compile.ts'
import { keys, RUN_FILES } from '#schemas/s3-keys.ts'
import { UserError } from '../errors.ts'
import type { ObjectStore } from '../ports.ts'
import { KeptLines } from './kept-lines.ts'
import { caseOf, type IndexLine, readIndex } from './run-index.ts'
import { asText, inBlocks, readText, type Store } from './store.ts'

/**
 * Case lines of an intent, ordered by case id, one after the other. `without`: families (hashed) that are left out. Throws
 * TamperError when a recorded file was changed.
 */
export async function* compileIntent(
  store: Pick<Store, 'objects' | 'scratchTable' | 'progress'>,
  intent: string,
  without: (family: string) => boolean = () => false,
): AsyncGenerator<string> {
  const compiling = async (line: IndexLine): Promise<CompiledRun | null> =>
    without(line.family) ? null : compileStored(store.objects, intent, line)
  let same: CompiledRun[] = []
  let done = 0
  for await (const compiled of inBlocks(readIndex(store, intent), compiling)) {
    if (++done % 4096 === 0) store.progress(`compiled ${done} runs`)
    if (!compiled) continue
    if (same.length > 0 && same[0]!.case_id !== compiled.case_id) {
      yield assembleCase(same).line
      same = []
    }
    same.push(compiled)
  }
  if (same.length > 0) yield assembleCase(same).line
}

/** `null`: the run was never finished. */
async function compileStored(objects: ObjectStore, intent: string, line: IndexLine): Promise<CompiledRun | null> {
  const files = await readFiles(objects, line)
  if (!files) return null
  const { run, recorded } = readRunFiles(line.run_id, files)
  if (run.case_id !== caseOf(line))
    throw new UserError(
      `the index of ${intent} was changed: it does not name the case of run ${line.run_id}. Import into a new store`,
    )
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
  readonly cases: number
}

/** Compiles and keeps the search set of an intent. */
export async function compileSearch(
  store: Pick<Store, 'objects' | 'scratch' | 'scratchTable' | 'progress'>,
  intent: string,
): Promise<SearchSet> {
  const aside = store.scratch()
  try {
    const lines = new KeptLines(aside)
    await lines.all(compileIntent(store, intent))
    return await keepSearch(store.objects, intent, lines)
  } finally {
    aside.close()
  }
}

/** Keeps a compiled search set. `search.jsonl` is the newest; each pinned version stays beside it. */
export async function keepSearch(objects: ObjectStore, intent: string, lines: KeptLines): Promise<SearchSet> {
  const { digest, count } = lines
  await objects.put(keys.goldens(intent), asText(lines.lines()))
  await objects.putIfAbsent(keys.goldensAt(intent, digest), asText(lines.lines()))
  return { ref: `goldens/${intent}/search@${digest.slice(7, 19)}`, digest, cases: count }
}
