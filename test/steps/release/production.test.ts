/** The production log: appended once, in order, whoever writes at the same time. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '#ports'
import type { ProductionRun } from '#schemas/release.ts'
import { readProduction } from '../../../functions/steps/release/production.ts'
import { runsIn } from '../../core/release/builders.ts'
import { contents, Killed, killedAtWrite, rows, twin } from '../stores.ts'
import { approve, at, certified, ID, record, rolloutOf, START, start } from './support.ts'

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
