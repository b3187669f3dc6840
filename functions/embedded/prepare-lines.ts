/** Blocks of lines of native records to prepared runs: in this thread or in another one. */
import type { TextLine } from '#adapters/local/carriers/text-lines.ts'
import { shippedMaps } from '#adapters/local/import/map-source.ts'
import { toNativeRun } from '#adapters/local/import/native-run.ts'
import { type PreparedRun, prepareRuns } from '#core/experience/prepared-run.ts'
import { detect } from '#core/traces/detect.ts'
import { otherTool } from '#core/traces/other-tools.ts'
import { DIALECTS } from '#core/traces/registry.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { IncomingRun } from '../steps/experience/incoming-runs.ts'
import { type LineProblem, recordIn } from './record-in-line.ts'

/** Lines of one file, to be prepared under the key of a split. */
export interface LineBlock {
  readonly file: string
  readonly lines: readonly TextLine[]
  readonly splitKey: string
}

/** What became of each line of a block. The texts of all runs are bytes one after the other: facts, compiled, recorded. */
export interface PreparedBlock {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly lines: readonly (readonly [facts: number, compiled: number, recorded: number] | LineProblem)[]
}

/** What becomes of each line: a run, or the first thing that is wrong with its record. */
export function prepareLines(
  { file, lines, splitKey }: LineBlock,
  redacted: (run: ExperienceRun) => ExperienceRun = (run) => run,
): (PreparedRun | LineProblem)[] {
  const records = lines.map((line) => recordIn(line, file))
  const natives = records
    .map((record, i) => ('problem' in record ? record : native(record, lines[i]!.line)))
    .map((one) => ('run_id' in one ? redacted(one) : one))
  const runs = natives.filter((one) => 'run_id' in one)
  const prepared = prepareRuns(runs, splitKey).values()
  return natives.map((one) => ('run_id' in one ? prepared.next().value! : one))
}

function native({ value }: { readonly value: unknown }, line: number): ExperienceRun | LineProblem {
  const found = toNativeRun(value)
  if (found.kind === 'run') return found.run
  const dialect = dialectOf(value)
  const tool = otherTool(value)
  const todo = dialect
    ? `It is a trace: name its dialect with --from ${dialect}`
    : tool
      ? `It is a row of ${tool.name}. ${tool.way}`
      : `Give native experience runs, or a map: --map ${shippedMaps().join(' | ')} | FILE`
  return { line, field: found.field, problem: found.problem, todo }
}

/** The standard input is not looked at before it is read: a person says that it holds traces. */
function dialectOf(value: unknown): string | null {
  const found = detect([value], DIALECTS)
  return found.kind === 'sure' ? found.dialect.name : null
}

export function prepareBlock(block: LineBlock): PreparedBlock {
  const texts: string[] = []
  let end = 0
  const lines = prepareLines(block).map((run) => {
    if ('problem' in run) return run
    const parts = [JSON.stringify(run.facts), run.compiled, run.recorded]
    texts.push(...parts)
    const lengths = parts.map((part) => Buffer.byteLength(part)) as [number, number, number]
    for (const length of lengths) end += length
    return lengths
  })
  // Memory of its own, which is handed to another thread.
  const bytes = Buffer.allocUnsafeSlow(end)
  let at = 0
  for (const text of texts) at += bytes.write(text, at)
  return { bytes, lines }
}

/** Runs of a block, or what is wrong with them, in their order. */
export function* readBlock({ bytes, lines }: PreparedBlock): Generator<IncomingRun | LineProblem> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  const next = (length: number): Buffer => {
    at += length
    return all.subarray(at - length, at)
  }
  for (const line of lines) {
    if ('problem' in line) {
      yield line
      continue
    }
    const [facts, compiled, recorded] = line
    yield {
      facts: JSON.parse(next(facts).toString()),
      compiled: next(compiled),
      recorded: next(recorded),
    }
  }
}
