/** Rows that were exported in several states, in files and lines of any order: the newest stands. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readTraceFiles } from '../support/traces.ts'

const folder = mkdtempSync(join(tmpdir(), 'states-'))
afterAll(() => rmSync(folder, { recursive: true }))

const OPTIONS = { scores: [{ name: 'ok', rule: { op: '>=' as const, value: 0.5 }, kind: null }] }

/** The run of some rows, each in a file of its own, which is the same whatever their order. */
async function runOf(...rows: readonly object[]) {
  const files = rows.map((row, i) => {
    const file = join(folder, String(i))
    writeFileSync(file, JSON.stringify(row))
    return file
  })
  const [there, back] = await Promise.all([
    readTraceFiles(files, { options: OPTIONS }),
    readTraceFiles(files.toReversed(), { options: OPTIONS }),
  ])
  expect(back.runs).toEqual(there.runs)
  return { run: there.runs[0]!, counts: there.report.counts }
}

const ID = '0197a000-0000-7000-8000-000000000001'
const said = (content: string) => ({ messages: [{ role: 'assistant', content }] })
const clock = { start_time: '2025-06-01T10:00:00', end_time: '2025-06-01T10:00:01' }
const langsmith = (more: object = {}) => ({
  ...{ id: ID, trace_id: ID, run_type: 'llm', name: 'x', ...clock },
  ...{ inputs: { messages: [{ role: 'user', content: 'hi' }] }, outputs: said('yo'), ...more },
})
const feedback = (id: string, score: number, hour?: number) => ({
  ...{ id, run_id: ID, trace_id: ID, key: 'ok', score, feedback_source: { type: 'app' } },
  ...(hour === undefined ? {} : { modified_at: `2025-06-01T${hour}:00:00Z` }),
})
const trace = (more: object) => ({ id: 't', timestamp: '2025-06-01T10:00:00Z', sessionId: null, name: 'n', ...more })
const observation = { id: 'o', traceId: 't', type: 'GENERATION', startTime: '2025-06-01T10:00:00Z', input: 'hi' }
const ended = { ...observation, endTime: '2025-06-01T10:00:02Z', output: 'yo', model: 'm' }
const score = (id: string, value: number, hour: number) => ({
  ...{ id, traceId: 't', name: 'ok', value, dataType: 'NUMERIC', source: 'ANNOTATION' },
  ...{ timestamp: '2025-06-01T09:00:00Z', updatedAt: `2025-06-01T${hour}:00:00Z` },
})

describe('a score', () => {
  test('of one id is what it was changed to', async () => {
    const { run, counts } = await runOf(langsmith(), feedback('f', 0, 11), feedback('f', 1, 12))
    expect(run.outcome).toMatchObject({ passed: true, score: 1, scores: [{ value: 1 }] })
    expect(counts.scores).toEqual({ mapped: { ok: 1 } })
    expect((await runOf(ended, score('s', 1, 11), score('s', 0, 12))).run.outcome).toMatchObject({ passed: false })
  })

  test('that was given again later is the last word, and both are kept', async () => {
    const { run, counts } = await runOf(langsmith(), feedback('a', 1, 11), feedback('b', 0, 12))
    expect(run.outcome).toMatchObject({ passed: false, score: 0, scores: [{ value: 1 }, { value: 0 }] })
    expect(counts.scores).toMatchObject({ disagreeing: 1 })
  })

  test.each([
    ['at no time', undefined],
    ['at one time', 11],
  ])('of two people who disagree %s is no label, and is told of', async (_, hour) => {
    const { run, counts } = await runOf(langsmith(), feedback('a', 1, hour), feedback('b', 0, hour))
    expect(run.outcome).toMatchObject({ passed: null, score: null, score_kind: null })
    expect(counts.scores).toMatchObject({ disagreeing: 1 })
  })
})

test('how long a trace of Langfuse took stands in its row where no observation is its root', async () => {
  const row = trace({ latency: 2.5 })
  const other = { ...ended, id: 'p', startTime: '2025-06-01T10:00:03Z', endTime: '2025-06-01T10:00:04Z' }
  expect((await runOf(ended, other, row)).run.outcome.latency_ms).toBe(2500)
  expect((await runOf(ended, row)).run.outcome.latency_ms).toBe(2000)
})

test('the row of a trace is what it was changed to', async () => {
  const old = trace({ sessionId: 'old', name: 'before', updatedAt: '2025-06-01T11:00:00Z' })
  const now = trace({ sessionId: 'new', name: 'after', updatedAt: '2025-06-01T12:00:00Z' })
  expect((await runOf(ended, old, now)).run).toMatchObject({ family_id: 'new', intent_id: 'after' })
  await expect(runOf(ended, trace({ sessionId: 'a' }), trace({ sessionId: 'b' }))).rejects.toThrow(/two families/)
})

test('a row that has ended is newer than the same one open', async () => {
  const open = langsmith({ end_time: null, outputs: null })
  expect((await runOf(open, langsmith())).run.outcome).toMatchObject({ outputs: 'yo' })
  await expect(runOf(langsmith(), langsmith({ outputs: said('other') }))).rejects.toThrow(/nothing says which/)
})
