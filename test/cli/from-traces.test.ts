import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Prospects, prospectsOf } from '#core/survey/prospects.ts'
import { SurveyOfRuns } from '#core/survey/survey.ts'
import { aRun } from '../support/builders.ts'
import { autotune } from './command-line.ts'

const folder = mkdtempSync(join(tmpdir(), 'autotune-traces-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(['otel', 'openinference'])('the bundled %s example', (kind) => {
  const at = (name: string) => join(folder, kind, name)
  const traces = at('traces.jsonl')
  const how = [traces, '--score', 'human:resolved=yes', '--writes', 'refund']
  const store = ['--store', at('store')]
  beforeAll(async () => {
    expect((await autotune('example', kind, '--out', traces)).code).toBe(0)
  })

  test('is not written over', async () => {
    const before = readFileSync(traces)
    expect(await autotune('example', kind, '--out', traces)).toMatchObject({
      code: 2,
      err: expect.stringContaining('is there already'),
    })
    expect(readFileSync(traces).equals(before)).toBe(true)
  })

  test('is looked at without a store', async () => {
    const { code, json } = await autotune('inspect', ...how, '--json')
    expect(code).toBe(0)
    const {
      traces: read,
      survey,
      prospects,
    } = json() as {
      traces: object
      survey: object
      prospects: Prospects
    }
    expect(read).toMatchObject({ traces: 700, runs: 700, dropped_share: 0 })
    expect(survey).toMatchObject({
      runs: 700,
      families: { n: 700, largest: 1, named: 700 },
      intents: [{ intent: 'shop-support', runs: 700, families: 700 }],
      tools: [
        { tool: 'lookup_order', calls: 700, results: 700 },
        { tool: 'refund', calls: 700, results: 700, writes: true },
      ],
      labels: { passed: 668, failed: 32, scored: 0, none: 0 },
      days: 35,
    })
    expect(prospects.surfaces.map(({ path, value, recorded }) => [path, value, recorded])).toEqual([
      ['evidence.shop_rules.top_k', 8, true],
      ['budget.tool_tokens', 150, false],
      ['budget.evidence_tokens', 400, false],
    ])
    expect(prospects.needs.every(({ days }) => days === 0)).toBe(true)
  })

  test('goes from its files to a certificate without an edit', async () => {
    const made = await autotune('init', '--from', ...how, '--dir', at('tuning'))
    expect(made.err).toBe('')
    const document = (name: string) => join(at('tuning'), name)
    expect(readFileSync(document('NOTES.md'), 'utf8')).toContain('| target.json | not_measured.approval |')
    const documents = [
      '--pack',
      document('pack.json'),
      '--suite',
      document('suite.json'),
      '--prices',
      document('prices.json'),
    ]
    // The key decides who is sealed away.
    const imported = await autotune('import', ...how, ...documents, '--split-key', 'key-of-these-walks', ...store)
    expect(imported.err).toBe('')
    const doctor = await autotune('doctor', '--target', document('target.json'), ...store)
    expect(doctor).toMatchObject({ code: 0, out: expect.stringContaining('verdict  READY') })
    const run = await autotune('run', '--target', document('target.json'), '--json', ...store)
    expect(run.json()).toMatchObject({
      verdict: 'certified',
      winner: { 'budget.evidence_tokens': { from: 400, to: 250 } },
    })
  }, 120_000)

  test('is begun from in an empty place alone', async () => {
    writeFileSync(join(folder, 'pack.json'), '{}')
    expect(await autotune('init', '--from', ...how, '--dir', folder)).toMatchObject({
      code: 2,
      err: expect.stringContaining('pack.json already in'),
    })
  })
})

test('files that a map reads are begun from too; without a label it says what is missing', async () => {
  const at = (name: string) => join(folder, name)
  const call = { kind: 'tool_call', tool_call_id: 'a', name: 'lookup', arguments: { order: 'A-1' } } as const
  const steps = [
    { ...call, writes: null, confirmed: null, correct: null, latency_ms: null },
    { kind: 'tool_result', tool_call_id: 'a', content: 'word '.repeat(400), error: false, tokens: 400 } as const,
  ]
  const outcome = { ...aRun('a').outcome, passed: null, score: null, score_kind: null }
  writeFileSync(at('log.jsonl'), `${JSON.stringify({ of: aRun('a', { steps, outcome }) })}\n`)
  writeFileSync(at('of.jsonata'), 'of')
  const how = [at('log.jsonl'), '--map', at('of.jsonata')]
  const { code, out, err } = await autotune('init', '--from', ...how, '--dir', at('mapped'))
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const said = out.replace(/\s+/g, ' ')
  expect(said).toContain(`--map ${at('of.jsonata')} --pack`)
  expect(said).toContain('no run can start from these yet: the records do not say whether a run was right')
})

test('an example that there is none of is named, with those that there are', async () => {
  expect(await autotune('example', 'datadog')).toMatchObject({
    code: 2,
    err: expect.stringContaining('there is no example "datadog": it is one of otel, openinference, rule, python'),
  })
})

describe('prospects', () => {
  const ofRuns = (...runs: Parameters<SurveyOfRuns['add']>[0][]) => {
    const survey = new SurveyOfRuns()
    for (const run of runs) survey.add(run)
    return prospectsOf(survey.result)
  }

  test('of no runs say nothing of a certificate', () => {
    expect(ofRuns()).toMatchObject({ surfaces: [], needs: [] })
  })

  test('say what keeps the records from more', () => {
    const { surfaces, barriers } = ofRuns(aRun('a', { evidence: [], offers: {}, steps: [] }))
    expect(surfaces).toEqual([])
    expect(barriers.map(({ what }) => what)).toContain('retrieval')
    expect(barriers.map(({ what }) => what)).toContain('tokens and cost')
  })
})

test('the example of a harness in Python can be started as it is written, and nothing is written over', async () => {
  const file = join(folder, 'mine', 'harness.py')
  expect(await autotune('example', 'python', '--out', file)).toMatchObject({ code: 0 })
  expect(statSync(file).mode & 0o111).not.toBe(0)
  expect(JSON.parse(readFileSync(`${file}.files.json`, 'utf8'))).toEqual(['./autotune_harness.py'])
  expect(readFileSync(join(folder, 'mine', 'autotune_harness.py'), 'utf8')).toContain('def serve(replay):')
  expect(await autotune('example', 'python', '--out', file)).toMatchObject({
    code: 2,
    err: expect.stringContaining('is there already'),
  })
})
