/** The production log: appended once, in order, whoever writes at the same time. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '#ports'
import type { ProductionRun } from '#schemas/release.ts'
import { readProduction } from '../../../functions/steps/release/production.ts'
import { aConfig, runsIn } from '../../core/release/builders.ts'
import { contents, Killed, killedAtWrite, rows, twin } from '../stores.ts'
import { approve, at, certified, holds, ID, record, rolloutOf, START, standing, start } from './support.ts'

let base: Store
let runs: ProductionRun[]
beforeAll(async () => {
  base = at(await certified(), START)
  await approve(base, 'r')
  await start(base)
  runs = runsIn(await rolloutOf(base), '0%_shadow', 20)
})
const log = async (store: Store): Promise<ProductionRun[]> => {
  const read = await readProduction(store, ID)
  if ('damaged' in read) throw new Error(read.damaged)
  return read.runs
}

test('holds what was recorded, in its order, once', async () => {
  const store = await twin(base)
  expect(await record(store, runs.slice(0, 10))).toEqual({ recorded: 10, known: 0 })
  expect(await record(store, runs)).toEqual({ recorded: 30, known: 10 })
  expect(await record(store, runs)).toEqual({ recorded: 0, known: 40 })
  expect(await record(store, [...runs.slice(0, 3), ...runs.slice(0, 3)])).toEqual({ recorded: 0, known: 3 })
  expect(await log(store)).toEqual(runs)
})

test('takes a long recording in segments', async () => {
  const store = await twin(base)
  const many = runsIn(await rolloutOf(store), '0%_shadow', 5_100)
  expect(await record(store, many)).toEqual({ recorded: 10_200, known: 0 })
  expect((await log(store)).map((r) => r.run_id)).toEqual(many.map((r) => r.run_id))
  expect(await Array.fromAsync(store.objects.list('production/'))).toHaveLength(2)
})

test('keeps every run once when several record at the same time', async () => {
  const store = await twin(base)
  const reports = await Promise.all([runs.slice(0, 30), runs.slice(10), runs].map((part) => record(store, part)))
  expect(reports.reduce((sum, r) => sum + r.recorded, 0)).toBe(40)
  const ids = (await log(store)).map((r) => r.run_id)
  expect([...ids].sort()).toEqual(runs.map((r) => r.run_id).sort())
})

test('killed at any write is recorded whole by the next try', async () => {
  for (const n of [1, 2]) {
    const store = await twin(base)
    await expect(record(killedAtWrite(store, n).store, runs)).rejects.toThrow(Killed)
    expect((await record(store, runs)).recorded).toBe(40)
    expect(await log(store)).toEqual(runs)
  }
})

describe('refuses, with nothing written,', () => {
  test.each<[string, (run: ProductionRun) => Partial<ProductionRun>, string]>([
    [
      'a run of another rollout',
      () => ({ rollout_id: 'ro_other' }),
      'runs.jsonl: line 2: run 0%_shadow-candidate-0 belongs to rollout ro_other',
    ],
    [
      'a run of another intent',
      () => ({ intent: 'support.faq' }),
      'line 2: run 0%_shadow-candidate-0 is of intent support.faq',
    ],
    [
      'a run of a stage to come',
      () => ({ period: '25%_monitored' }),
      'is of 25%_monitored, which the rollout has not reached',
    ],
    [
      'a run of the window before the release',
      () => ({ period: 'window' }),
      'is of window, which the rollout has not reached',
    ],
    [
      'other content under the same id',
      () => ({ run_id: '0%_shadow-baseline-0' }),
      'was recorded before with other content',
    ],
  ])('%s', async (_, over, message) => {
    const store = await twin(base)
    const before = { files: await contents(store), rows: await rows(store) }
    await expect(
      record(
        store,
        runs.map((r, i) => (i === 1 ? { ...r, ...over(r) } : r)),
      ),
    ).rejects.toThrow(message)
    expect({ files: await contents(store), rows: await rows(store) }).toEqual(before)
  })

  test('other content under an id that the log has, an empty input, and an unknown rollout', async () => {
    const store = await twin(base)
    await record(store, runs)
    await expect(record(store, [{ ...runs[0]!, compared: true }])).rejects.toThrow('with other content')
    await expect(record(store, [])).rejects.toThrow('the input is empty')
    await expect(record(store, runs, 'ro_nope')).rejects.toThrow('no rollout "ro_nope"')
  })
})

describe('moments of a run', () => {
  const one = async (store: Store) => runsIn(await rolloutOf(store), '0%_shadow', 1)[0]!
  const pending = (run: ProductionRun): ProductionRun => ({
    ...run,
    outcome_at: null,
    measures: { ...run.measures, utility_passed: null, utility_score: null },
  })
  const logged = async (store: Store) => {
    const log = await readProduction(store, ID)
    return 'runs' in log ? log.runs : []
  }

  test.each<[string, (run: ProductionRun) => ProductionRun, string]>([
    ['no start', ({ started_at: _, outcome_at: __, ...run }) => run, 'has no started_at'],
    ['nothing of its outcome', ({ outcome_at: _, ...run }) => run, 'has no outcome_at'],
    ['a moment to come', (run) => ({ ...run, outcome_at: '2031-01-01T00:00:00.000Z' }), 'set the clock'],
  ])('are asked for: %s', async (_, spoil, message) => {
    const store = await standing(0)
    await expect(record(store, [spoil(await one(store))])).rejects.toThrow(message)
    expect(await logged(store)).toEqual([])
  })

  test('of a later outcome amend it, in any order and as often as they are sent', async () => {
    const store = await standing(0)
    const known = await one(store)
    const open = pending(known)
    expect(await record(store, [open])).toEqual({ recorded: 1, known: 0 })
    expect(await record(store, [known])).toEqual({ recorded: 1, amended: 1, known: 0 })
    expect(await record(store, [open, known])).toEqual({ recorded: 0, known: 1 })
    expect(await logged(store)).toEqual([open, known])
    const other = await standing(0)
    await record(other, [known])
    expect(await record(other, [open])).toEqual({ recorded: 0, known: 1 })
    expect(await logged(other)).toEqual([known])
    await holds(store)
  })

  test.each<[string, (run: ProductionRun) => ProductionRun]>([
    ['at the same moment with other measures', (run) => ({ ...run, measures: { ...run.measures, utility_score: 0 } })],
    ['later, of another subject', (run) => ({ ...run, subject: 'another', outcome_at: '2029-01-01T00:00:00.000Z' })],
    ['later, on the other arm', (run) => ({ ...run, arm: 'candidate', outcome_at: '2029-01-01T00:00:00.000Z' })],
    ['later, with another start', (run) => ({ ...run, started_at: START, outcome_at: '2029-01-01T00:00:00.000Z' })],
  ])('contradict it %s', async (_, spoil) => {
    const store = await standing(0)
    const run = { ...(await one(store)), started_at: '2026-11-23T00:00:00.000Z' }
    await record(store, [run])
    await expect(record(store, [spoil(run)])).rejects.toThrow('was recorded before with other content')
    expect(await logged(store)).toEqual([run])
  })

  test('are the order of the log, whatever order a file has', async () => {
    const store = await standing(0)
    const runs = runsIn(await rolloutOf(store), '0%_shadow', 30)
    await record(store, [...runs.filter((r) => r.arm === 'candidate'), ...runs.filter((r) => r.arm === 'baseline')])
    const times = (await logged(store)).map((run) => run.outcome_at!)
    expect(times).toEqual(times.toSorted())
    expect(times).toHaveLength(60)
  })
})

test('a rollout starts with what it declares of subjects, and with the defaults written out where it declares nothing', async () => {
  const store = at(await certified(), START)
  await approve(store, 'r')
  const { rollout } = await start(store, { config: aConfig() })
  expect(rollout.config.subjects).toEqual({
    window_hours: 24,
    outcome_hours: 24,
    max_runs: 20,
    max_crossed_share: 0.02,
  })
  expect((await start(store, { config: aConfig() })).rollout).toEqual(rollout)
  await expect(start(store)).rejects.toThrow('another configuration')
  await holds(store)
})
