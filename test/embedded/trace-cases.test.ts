import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ImportError } from '#adapters/local/import/import-error.ts'
import { memoryScratch } from '#adapters/memory/memory-scratch.ts'
import { DEFAULT_OPTIONS, type TraceOptions } from '#core/traces/options.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { type TracesReport, traceRuns } from '../../functions/embedded/trace-runs.ts'

const CASES = new URL('../fixtures/traces/', import.meta.url).pathname

/** Long after all of them. */
const SETTLED = { now: '2030-01-01T00:00:00.000Z', waited: [], keep: () => {} }

/** A case's inputs and the right values, which were written by hand. */
function caseNamed(name: string) {
  const folder = join(CASES, readdirSync(CASES).find((each) => each.startsWith(name))!)
  const input = (file = '') => join(folder, 'input', file)
  return { input, expected: JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) }
}

async function read(files: readonly string[], options: Partial<TraceOptions> = {}) {
  const runs: ExperienceRun[] = []
  let report: TracesReport | null = null
  const how = { from: null, options: { ...DEFAULT_OPTIONS, ...options }, maxDropped: 1, allowCut: false }
  const tell = (told: TracesReport) => {
    report = told
  }
  for await (const run of traceRuns(files, how, memoryScratch, tell, SETTLED)) {
    if (run instanceof ImportError) throw run
    runs.push(run)
  }
  return { runs, report: report! as TracesReport }
}

/** Steps of which only these fields are given; two results of parallel calls may stand in either order. */
function expectRun(run: ExperienceRun, { steps, evidence, ...rest }: Record<string, unknown>) {
  expect(run).toMatchObject(rest)
  if (Array.isArray(evidence)) {
    expect(run.evidence).toHaveLength(evidence.length)
    expect(run.evidence).toMatchObject(evidence)
  }
  if (!Array.isArray(steps)) return
  const inOrder = (list: readonly { kind: string; tool_call_id?: string | null }[]) =>
    list.map((step, i) => ({ step, key: step.kind === 'tool_result' ? `${step.tool_call_id}` : String(i) }))
  expect(run.steps.map(({ kind }) => kind)).toEqual(steps.map(({ kind }) => kind))
  const results = (list: readonly { kind: string }[]) =>
    inOrder(list as never)
      .filter(({ step }) => step.kind === 'tool_result')
      .sort((a, b) => (a.key < b.key ? -1 : 1))
  expect(results(run.steps).map(({ step }) => step)).toMatchObject(results(steps).map(({ step }) => step))
  const others = (list: readonly { kind: string }[]) => list.filter(({ kind }) => kind !== 'tool_result')
  expect(others(run.steps)).toMatchObject(others(steps))
}

test.each(['01', '03', '07', '09', '11', '14'])('case %s gives the right runs', async (name) => {
  const { input, expected } = caseNamed(name)
  const { runs } = await read([input()])
  expect(runs).toHaveLength(expected.runs.length)
  for (const [i, run] of expected.runs.entries()) expectRun(runs[i]!, run)
})

test('a trace over batches and files is the same whatever the order of the files', async () => {
  const { input } = caseNamed('03')
  const [there, back] = await Promise.all([
    read([input('part-1.otlp.jsonl'), input('part-2.otlp.jsonl')]),
    read([input('part-2.otlp.jsonl'), input('part-1.otlp.jsonl')]),
  ])
  const steps = ({ runs }: typeof there) => runs.map((run) => [run.run_id, run.steps])
  expect(steps(back)).toEqual(steps(there))
})

test.each(['otel.otlp.jsonl', 'openinference.otlp.jsonl', 'langfuse-trace.json'])(
  'cached tokens of %s are the same twelve thousand',
  async (file) => {
    const { input, expected } = caseNamed('02')
    const { runs } = await read([input(file)])
    expectRun(runs[0]!, expected.each_file_alone[file])
    expect(runs[0]!.steps[1]).toMatchObject({
      cached_prompt_tokens: 9000,
      cache_write_tokens: 1000,
      reasoning_tokens: 150,
    })
  },
)

test.each(['hex-upper.otlp.jsonl', 'base64.otlp.jsonl', 'buffers.otlp.jsonl'])(
  'ids in the spelling of %s are the same',
  async (file) => {
    const { input, expected } = caseNamed('04')
    const { runs } = await read([input(file)])
    expectRun(runs[0]!, expected.each_file_alone[file].runs[0])
  },
)

test('three spellings of one trace in one import are one run, its spans read once', async () => {
  const { input, expected } = caseNamed('04')
  const { runs, report } = await read([input()])
  expect(runs).toHaveLength(1)
  expectRun(runs[0]!, expected.all_three_together.runs[0])
  expect(report.counts.spans).toEqual({ read: 6, repeated: 4 })
})

test('a name that is the id of two calls is renamed, and each result stands with its own call', async () => {
  const { report } = await read([caseNamed('07').input()])
  expect(report.counts.tools).toEqual({ calls: 2, paired: { by_arguments: 2 }, renamed: 2 })
})

test('content that was cut, and content that was never captured, is no run, and says what to switch on', async () => {
  const { input } = caseNamed('08')
  await expect(read([input()])).rejects.toThrow(
    /none of 2 traces became a run[\s\S]*content_missing[\s\S]*OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT[\s\S]*gen_ai.input.messages of span chat m was cut/,
  )
})

test('nought tokens beside words are counted as unknown', async () => {
  const { report } = await read([caseNamed('09').input()])
  expect(report.counts.model_calls).toMatchObject({ n: 2, without_tokens: 2, zero_read_as_unknown: 1 })
})

test('a call that waited for a person is one run of its session, and two dropped traces without it', async () => {
  const { input, expected } = caseNamed('12')
  const { runs, report } = await read([input()], { unit: 'session' })
  expect(runs).toHaveLength(1)
  expectRun(runs[0]!, expected.one_run_of_the_two_traces)
  expect(report.counts.traces).toMatchObject({ joined_after_approval: 1 })
  await expect(read([input()])).rejects.toThrow(/2 waits_for_approval: .*--unit session/)
})
