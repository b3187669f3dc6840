/** Compiles an intent's recorded runs into replay cases, checking every seal and chain on the way. */

import type { Records } from '#core/bytes/records.ts'
import { canonical } from '#core/canonical.ts'
import { changesCase, correctedRecording, readingOf } from '#core/experience/corrections.ts'
import { caseOf, type RunToCompile } from '#core/experience/index-line.ts'
import { assembleLine, type CompiledLine } from '#core/replay/compile.ts'
import type { Correction } from '#schemas/correction.ts'
import type { Recording } from '#schemas/replay-case.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { ahead, asText, digestOfPut } from '../../streams/groups.ts'
import { type Corrections, readCorrections } from './corrections.ts'
import { RecordedRuns } from './recorded-runs.ts'
import { readCounting } from './run-index.ts'

/** Runs of a block: a few milliseconds of work, and little to hold. */
const BLOCK_RUNS = 16

/**
 * Case lines of an intent, ordered by case id, one after the other, under the corrections of this side. Throws TamperError
 * when a recorded file was changed: that of the first one in this order, wherever it is compiled.
 * @param without families (hashed) that are left out
 * @param reading is told each correction that a case line holds
 */
export async function* compileIntent(
  store: Pick<Store, 'objects' | 'scratch' | 'progress' | 'compilerOf' | 'atHand'>,
  intent: string,
  without: (family: string) => boolean = () => false,
  reading: (correction: Correction) => unknown = () => {},
): AsyncGenerator<string> {
  const corrections = await readCorrections(store.objects)
  const recorded = new RecordedRuns(store.objects, store.atHand)
  const compiler = store.compilerOf?.(store.objects) ?? null
  let begun = 0
  const compiling = async (block: readonly RunToCompile[]) => {
    begun += block.length
    // What lies compiled is only read.
    const isWork = block.some(({ packed, compiled }) => (packed ?? compiled) === undefined)
    const elsewhere = compiler !== null && isWork && begun > compiler.runsInPlace
    const lines = elsewhere ? compiler.compile(intent, block) : compileBlock(recorded, intent, block)
    return { runs: block.length, lines: await lines }
  }
  const blocks = wholeCases(toCompile(readCounting(store, intent, without), corrections, reading))
  let done = 0
  for await (const { runs, lines } of ahead(blocks, compiler?.atOnce ?? 4, compiling)) {
    yield* lines
    const before = done
    done += runs
    if (done >> 12 > before >> 12) store.progress(`compiled ${done} runs`)
  }
}

/** Indexed runs, each with what corrects it. */
async function* toCompile(
  index: AsyncIterable<RunToCompile>,
  corrections: Corrections,
  reading: (correction: Correction) => unknown,
): AsyncGenerator<RunToCompile> {
  for await (const line of index) {
    const changes = corrections.get(line.run_id)?.filter(changesCase) ?? []
    for (const one of changes) reading(one)
    yield changes.length === 0 ? line : { ...line, corrections: changes }
  }
}

/** Indexed runs in blocks that no case spans: whoever compiles one needs no other. */
async function* wholeCases(index: AsyncIterable<RunToCompile>): AsyncGenerator<readonly RunToCompile[]> {
  let block: RunToCompile[] = []
  for await (const line of index) {
    if (block.length >= BLOCK_RUNS && caseOf(block.at(-1)!) !== caseOf(line)) {
      yield block
      block = []
    }
    block.push(line)
  }
  if (block.length > 0) yield block
}

/** Case lines of some indexed runs, all recordings of a case among them. Throws the first error in their order. */
export async function compileBlock(
  recorded: RecordedRuns,
  intent: string,
  block: readonly RunToCompile[],
): Promise<string[]> {
  const settled = await Promise.allSettled(block.map((line) => compileStored(recorded, intent, line)))
  const lines: string[] = []
  let same: CompiledLine[] = []
  for (const one of settled) {
    if (one.status === 'rejected') throw one.reason
    const compiled = one.value
    if (same.length > 0 && same[0]!.case_id !== compiled.case_id) {
      lines.push(assembleLine(same).line)
      same = []
    }
    same.push(compiled)
  }
  if (same.length > 0) lines.push(assembleLine(same).line)
  return lines
}

/** A run is listed once it is stored whole: one without its record was removed since. Not named: it may be a sealed one. */
async function compileStored(recorded: RecordedRuns, intent: string, line: RunToCompile): Promise<CompiledLine> {
  const compiled = corrected(await recorded.compiled(line), line)
  if (!compiled)
    throw new UserError(
      `a run that the index of ${intent} lists is not in this store any more: what is left is no fair sample. Import the same records again, which restores it`,
    )
  if (compiled.case_id !== caseOf(line))
    throw new UserError(
      `the index of ${intent} was changed: it does not name the case of run ${line.run_id}. Import into a new store`,
    )
  return line.joined === undefined ? compiled : { ...compiled, family_id: line.joined }
}

/** A compiled run under what corrects it. What was recorded of it is checked as it lies. */
function corrected(compiled: CompiledLine | null, { corrections }: RunToCompile): CompiledLine | null {
  if (compiled === null || corrections === undefined) return compiled
  const recording = correctedRecording(JSON.parse(compiled.recording) as Recording, corrections)
  return { ...compiled, recording: canonical(recording) }
}

/** A compiled search set, kept under its digest: runs pin it, and are recomputed from it. */
export interface SearchSet {
  readonly ref: string
  readonly digest: string
  readonly cases: number
  /** Corrections that it holds; absent: none. */
  readonly corrections?: ReturnType<typeof readingOf>
}

/** Compiles and keeps the search set of an intent. */
export async function compileSearch(
  store: Pick<Store, 'objects' | 'scratch' | 'progress' | 'compilerOf' | 'atHand'>,
  intent: string,
): Promise<SearchSet> {
  const aside = store.scratch()
  try {
    const read: Correction[] = []
    const compiled = compileIntent(store, intent, undefined, (one) => read.push(one))
    for await (const line of compiled) aside.records.append(line)
    return await keepSearch(store.objects, intent, aside.records, read)
  } finally {
    aside.close()
  }
}

/** Keeps a compiled search set. `search.jsonl` is the newest; each pinned version stays beside it. */
export async function keepSearch(
  objects: ObjectStore,
  intent: string,
  lines: Records,
  corrections: readonly Correction[],
): Promise<SearchSet> {
  const digest = await digestOfPut(asText(lines.texts()), (text) => objects.put(keys.goldens(intent), text))
  await objects.putIfAbsent(keys.goldensAt(intent, digest), asText(lines.texts()))
  return {
    ref: `goldens/${intent}/search@${digest.slice(7, 19)}`,
    digest,
    cases: lines.count,
    ...(corrections.length > 0 && { corrections: readingOf(corrections) }),
  }
}
