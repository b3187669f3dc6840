/** What lists show of a run, and the line that is kept of it: the same, from the same files. */
import { describe, expect, test } from 'vitest'
import type { Store } from '#ports'
import { keys } from '#schemas/s3-keys.ts'
import { runLines } from '../../../functions/steps/run/run-lines.ts'
import { rowOf, runRows } from '../../../functions/steps/workbench/run-list.ts'
import { readRuns } from '../../../functions/steps/workbench/runs.ts'
import { readText } from '../../../functions/streams/read-object.ts'
import { aTarget, aWorld } from '../../support/builders.ts'
import { memory, run, stocked } from '../stores.ts'

const lines = async (store: Store, after?: string) => await Array.fromAsync(runLines(store.objects, after))
const copied = async (store: Store) =>
  await Promise.all((await lines(store)).map(async ({ line }) => await rowOf(store, line)))
const certified = async (): Promise<Store> => {
  const store = await stocked(memory(), aWorld({ search: 6, heldout: 100 }))
  await run(store, { runId: 'r', target: aTarget() })
  return store
}

describe('the row of a run', () => {
  test('that certified tells change, gain on the held-out set and who is worse, as its gate answered', async () => {
    const store = await certified()
    const gate = JSON.parse((await readText(store.objects, keys.autotuneRun('r', 'gate.json')))!)
    const [row] = await runRows(store, [])
    const { change, metric, heldout, regression_runs } = gate.certificates[0]
    expect(row).toMatchObject({
      run_id: 'r',
      verdict: 'certified',
      status: 'proposed',
      change: change.patch,
      gain: { metric: aTarget().metric, baseline: metric.baseline, candidate: metric.candidate },
      worse: { worse: regression_runs.length, better: heldout.improvements, of: heldout.cases },
    })
    expect(row!.gain!.candidate).toBeLessThan(row!.gain!.baseline!)
  })

  test.each([
    ['certified', { search: 6, heldout: 100 }],
    ['refused after its search', { search: 6, heldout: 0 }],
    ['without a candidate', { search: 6, heldout: 100, extra: [{ side: 'search', required: 4, gold: 4 }] }],
  ] as const)('%s is the same from its kept line as from its files', async (_, world) => {
    const store = await stocked(memory(), aWorld(world as Parameters<typeof aWorld>[0]))
    await run(store, { runId: 'r', target: aTarget() })
    expect(await copied(store)).toEqual(await runRows(store, []))
  })

  test('that was refused says why, and its kept line says so too', async () => {
    const store = await stocked(memory(), aWorld({ search: 6, heldout: 100 }))
    const { owner: _, ...unanswered } = aTarget()
    await expect(run(store, { runId: 'r', target: unanswered as never })).rejects.toThrow(/contract/)
    expect(await runRows(store, [])).toMatchObject([
      { run_id: 'r', verdict: 'refused', status: 'refused', change: null, reasons: [expect.stringContaining('owner')] },
    ])
    expect((await lines(store)).map(({ line }) => line)).toMatchObject([{ run_id: 'r', verdict: 'refused' }])
  })

  test('of a version that kept no line of it is shown from its manifest, once', async () => {
    const store = await certified()
    const asked = { intent: null, verdict: null, after: null }
    const nobody = async () => []
    const kept = await readRuns(store, asked, nobody)
    for await (const key of store.objects.list(keys.runLines())) await store.objects.delete(key)
    const unkept = await readRuns(store, asked, nobody)
    expect(unkept.rows).toEqual(kept.rows)
    expect(unkept.rows).toHaveLength(1)
    expect([unkept.looked, unkept.unkept]).toEqual([0, { looked: 1, all: true }])
  })

  test('whose manifest cannot be read is damaged, one that is gone was removed', async () => {
    const store = await certified()
    await store.objects.put(keys.autotuneRun('r', 'manifest.json'), '{')
    expect(await runRows(store, [])).toMatchObject([{ run_id: 'r', verdict: null, status: 'damaged', gain: null }])
  })
})

describe('kept lines', () => {
  const WRITTEN = [
    '2026-11-29T09:00:00.000Z',
    '2026-11-30T08:59:59.999Z',
    '2026-11-30T09:00:00.000Z',
    '2027-01-01T00:00:00.000Z',
  ]
  const line = (run_id: string, date: string) =>
    `${JSON.stringify({ run_id, date, intent: 'i', verdict: 'no_candidate', change: null, gain: null, worse: null })}\n`
  async function filled(): Promise<Store> {
    const store = memory()
    for (const [i, date] of WRITTEN.entries()) {
      await store.objects.put(keys.runLine(date, `r${i}`), line(`r${i}`, date))
      await store.objects.put(keys.autotuneRun(`r${i}`, 'manifest.json'), `{"finished_at":"${date}"}`)
    }
    return store
  }
  const ids = async (store: Store, after?: string) => (await lines(store, after)).map(({ line: { run_id } }) => run_id)

  test('come newest first, and go on behind a place', async () => {
    const store = await filled()
    expect(await ids(store)).toEqual(['r3', 'r2', 'r1', 'r0'])
    const second = (await lines(store))[1]!
    expect(await ids(store, second.at)).toEqual(['r1', 'r0'])
  })

  test('are passed over when no run stands behind them as they say', async () => {
    const store = await filled()
    await store.objects.delete(keys.autotuneRun('r1', 'manifest.json'))
    await store.objects.put(keys.autotuneRun('r2', 'manifest.json'), '{"finished_at":"2026-12-02T09:00:00.000Z"}')
    await store.objects.put(keys.runLine(WRITTEN[0]!, 'r0'), 'no line')
    await store.objects.put(keys.runLine(WRITTEN[3]!, 'other'), line('r3', WRITTEN[3]!))
    expect(await ids(store)).toEqual(['r3'])
  })

  test('leave those that were not asked for unopened', async () => {
    const store = await filled()
    const opened: string[] = []
    const objects = {
      ...store.objects,
      get(key: string) {
        opened.push(key)
        return store.objects.get(key)
      },
    }
    for await (const _ of runLines(objects)) break
    expect(opened).toEqual([keys.runLine(WRITTEN[3]!, 'r3')])
  })
})
