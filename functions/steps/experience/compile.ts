/** Compiles an intent's recorded runs into replay cases, checking every seal and chain on the way. */

import type { Records } from '#core/bytes/records.ts'
import { caseOf, type IndexLine } from '#core/experience/index-line.ts'
import { assembleLine, type CompiledLine } from '#core/replay/compile.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { ahead, asText, digestOfPut } from '../../streams/groups.ts'
import { RecordedRuns } from './recorded-runs.ts'
import { readCounting } from './run-index.ts'

/** Runs of a block: a few milliseconds of work, and little to hold. */
const BLOCK_RUNS = 16

/**
 * Case lines of an intent, ordered by case id, one after the other. `without`: families (hashed) that are left out. Throws
 * TamperError when a recorded file was changed: that of the first one in this order, wherever it is compiled.
 */
export async function* compileIntent(
  store: Pick<Store, 'objects' | 'scratch' | 'progress' | 'compilerOf'>,
  intent: string,
  without: (family: string) => boolean = () => false,
): AsyncGenerator<string> {
  const recorded = new RecordedRuns(store.objects)
  const compiler = store.compilerOf?.(store.objects) ?? null
  let begun = 0
  const compiling = async (block: readonly IndexLine[]) => {
    begun += block.length
    // What is packed is compiled already.
    const isWork = block.some((line) => line.packed === undefined)
    const elsewhere = compiler !== null && isWork && begun > compiler.runsInPlace
    const lines = elsewhere ? compiler.compile(intent, block) : compileBlock(recorded, intent, block)
    return { runs: block.length, lines: await lines }
  }
  const blocks = wholeCases(readCounting(store, intent, without))
  let done = 0
  for await (const { runs, lines } of ahead(blocks, compiler?.atOnce ?? 4, compiling)) {
    yield* lines
    const before = done
    done += runs
    if (done >> 12 > before >> 12) store.progress(`compiled ${done} runs`)
  }
}

/** Indexed runs in blocks that no case spans: whoever compiles one needs no other. */
async function* wholeCases(index: AsyncIterable<IndexLine>): AsyncGenerator<readonly IndexLine[]> {
  let block: IndexLine[] = []
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
  block: readonly IndexLine[],
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
async function compileStored(recorded: RecordedRuns, intent: string, line: IndexLine): Promise<CompiledLine> {
  const compiled = await recorded.compiled(line)
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

/** A compiled search set, kept under its digest: runs pin it, and are recomputed from it. */
export interface SearchSet {
  readonly ref: string
  readonly digest: string
  readonly cases: number
}

/** Compiles and keeps the search set of an intent. */
export async function compileSearch(
  store: Pick<Store, 'objects' | 'scratch' | 'progress' | 'compilerOf'>,
  intent: string,
): Promise<SearchSet> {
  const aside = store.scratch()
  try {
    for await (const line of compileIntent(store, intent)) aside.records.append(line)
    return await keepSearch(store.objects, intent, aside.records)
  } finally {
    aside.close()
  }
}

/** Keeps a compiled search set. `search.jsonl` is the newest; each pinned version stays beside it. */
export async function keepSearch(objects: ObjectStore, intent: string, lines: Records): Promise<SearchSet> {
  const digest = await digestOfPut(asText(lines.texts()), (text) => objects.put(keys.goldens(intent), text))
  await objects.putIfAbsent(keys.goldensAt(intent, digest), asText(lines.texts()))
  return { ref: `goldens/${intent}/search@${digest.slice(7, 19)}`, digest, cases: lines.count }
}
