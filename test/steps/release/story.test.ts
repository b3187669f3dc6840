/** The story of a rollout from a store: the numbers of its artifacts, and no name that may be sealed. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { IndexLine } from '#core/experience/index-line.ts'
import type { Store } from '#ports'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { ProductionRun } from '#schemas/release.ts'
import { keys } from '#schemas/s3-keys.ts'
import { addToIndex } from '../../../functions/steps/experience/run-index.ts'
import { advanceRollout } from '../../../functions/steps/release/advance.ts'
import { tellRollout } from '../../../functions/steps/release/story.ts'
import { readJson } from '../../../functions/streams/read-object.ts'
import { runsIn } from '../../core/release/builders.ts'
import { INTENT } from '../../support/builders.ts'
import { twin, watched } from '../stores.ts'
import { approve, certified, record, rolloutOf, signer, start } from './support.ts'

const ID = 'ro_r'
/** A run that was recorded while the rollout was under way. */
const lineOf = (run_id: string): IndexLine => ({ run_id, date: '2026-11-25', family: 'f' })

describe('a rollout that broke a floor in its first stage', () => {
  let made: Store
  beforeAll(async () => {
    made = await certified()
    await approve(made, 'r')
    await start(made)
  }, 60_000)

  /** Goes back on runs of which the candidate's first thirty break a safety rule; each gets the id that `name` gives it. */
  async function broken(
    name: (run: ProductionRun, n: number) => string,
  ): Promise<{ store: Store; log: ProductionRun[] }> {
    const store = await twin(made)
    const runs = runsIn(await rolloutOf(store), '0%_shadow', 60, (arm, n) => ({
      safety_violation: arm === 'candidate' && n < 30,
    }))
    const log = runs.map((run, n) => ({ ...run, run_id: name(run, n) }))
    await record(store, log)
    await advanceRollout(store, signer, ID)
    return { store, log }
  }

  test('is told with the numbers of its log, its proposal and its record', async () => {
    const { store, log } = await broken((run) => run.run_id)
    const told = await tellRollout(store, ID)
    const failed = log.filter((run) => run.arm === 'candidate' && run.measures.safety_violation === true)
    expect(told.failures).toMatchObject([{ rule: 'floor.safety', counts: { candidate: { failed: failed.length } } }])
    expect(told.failures[0]!.counts.candidate.failed).toBe(told.rollout.records.at(-1)!.reasons[0]!.observed)
    const proposal = (await readJson<TuningProposal>(store.objects, keys.autotuneRun('r', 'selected-proposal.json')))!
    expect(told.patch).toEqual(proposal.candidate_change.patch)
    expect(told.gains!.observed[0]!.gain).toBeCloseTo(0.2, 9)
    expect(told.latest).toBeNull()
  })

  test('names at most twenty of its failed runs, in the order of the log, and says how many more there are', async () => {
    const { store, log } = await broken((run) => run.run_id)
    const [named] = (await tellRollout(store, ID)).failed_runs
    const failed = log.filter((run) => run.measures.safety_violation === true).map((run) => run.run_id)
    expect(named).toEqual({
      rule: 'floor.safety',
      runs: failed.slice(0, 20).map((run_id) => ({ run_id, recorded: false })),
      more: 10,
      withheld: 0,
    })
  })

  test('names no run that may be sealed: where some of the log were imported, only those that the search side holds', async () => {
    const recorded = ['later1', 'later2', 'later3']
    const { store, log } = await broken((run, n) => recorded[n] ?? run.run_id)
    await addToIndex(store.objects, INTENT, recorded.map(lineOf))
    const told = await tellRollout(store, ID)
    const [named] = told.failed_runs
    const failed = log.filter((run) => run.measures.safety_violation === true).map((run) => run.run_id)
    const held = failed.filter((id) => recorded.includes(id))
    expect(held.length).toBeGreaterThan(0)
    expect(named).toEqual({
      rule: 'floor.safety',
      runs: held.map((run_id) => ({ run_id, recorded: true })),
      more: 0,
      withheld: failed.length - held.length,
    })
  })

  test.each([
    ['the day before it began, told in another time zone', '2026-11-22'],
    ['no day', null],
  ])('takes a run of %s for one that its log may hold', async (_, date) => {
    const { store, log } = await broken((run) => run.run_id)
    const [first] = log.filter((run) => run.measures.safety_violation === true)
    await addToIndex(store.objects, INTENT, [{ ...lineOf(first!.run_id), date }])
    expect((await tellRollout(store, ID)).failed_runs[0]).toMatchObject({ runs: [{ recorded: true }], withheld: 29 })
  })

  test('reads no segment of the index whose runs were all recorded before it began', async () => {
    const { store } = await broken((run) => run.run_id)
    await addToIndex(store.objects, INTENT, [lineOf('later1')])
    const opened: string[] = []
    await tellRollout(
      watched(store, (act, _, key) => {
        if (act === 'read' && key.startsWith(keys.index(INTENT))) opened.push(key)
      }),
      ID,
    )
    const all = await Array.fromAsync(store.objects.list(keys.index(INTENT)))
    expect(all.length).toBeGreaterThan(1)
    expect(new Set(opened).size).toBe(1)
  })

  test('says that a damaged log is damaged, and tells nothing from it', async () => {
    const { store } = await broken((run) => run.run_id)
    for await (const key of store.objects.list('production/')) await store.objects.put(key, '{}\n')
    const told = await tellRollout(store, ID)
    expect(told.damaged).toContain('is missing or was changed')
    expect(told).toMatchObject({ course: null, gains: null, failures: [], failed_runs: [] })
  })
})
