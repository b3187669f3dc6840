/** The synthesized daily routine with the real handlers, under the synthesized policies, beside the embedded one. */
import { beforeAll, describe, expect, it } from 'vitest'
import { dayAfter } from '#core/cadence/days.ts'
import { finishedLine } from '#core/run-line.ts'
import type { Store } from '#ports'
import type { Bands } from '#schemas/bands.ts'
import type { DailyCadence } from '#schemas/cadence.ts'
import type { RunManifest } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { readDay } from '../../functions/steps/cadence/daily.ts'
import { judgeDays } from '../../functions/steps/cadence/judge.ts'
import { readQuarter, reviewQuarterUntil, verifyQuarter } from '../../functions/steps/cadence/quarterly.ts'
import { pendingRuns } from '../../functions/steps/cadence/queued.ts'
import { readResplit, verifyResplit } from '../../functions/steps/cadence/resplit.ts'
import { verifyDay } from '../../functions/steps/cadence/verify.ts'
import { verifyWeek } from '../../functions/steps/cadence/verify-week.ts'
import { readWeek, reviewWeekUntil } from '../../functions/steps/cadence/weekly.ts'
import { publishPack, publishSuite } from '../../functions/steps/experience/documents.ts'
import { ingest } from '../../functions/steps/experience/ingest.ts'
import { transcriptEngine } from '../../functions/steps/replay/transcript-engine.ts'
import { keepRunLine } from '../../functions/steps/run/keep-run-line.ts'
import { runTarget } from '../../functions/steps/run/run.ts'
import { readJson } from '../../functions/streams/read-object.ts'
import { aRun } from '../core/release/builders.ts'
import { at, record, releasedStore, rolloutOf } from '../steps/release/support.ts'
import { contents, copied, holder, imported, memory, stocked, twin } from '../steps/stores.ts'
import { DAYS, onDays, theBands } from '../support/bands.ts'
import { aFamily, aPack, aSuite, INTENT } from '../support/builders.ts'
import { templatesOf } from '../support/infra/deployment.ts'
import { journaled } from '../support/journaled.ts'
import { type Deployed, deploy, type Faults } from '../support/workflow/deployed.ts'
import { WorkflowError } from '../support/workflow/workflow-error.ts'

const bands: Bands = theBands()
const [FIRST, , LAST] = DAYS
const RUN = `at_2026_11_01_${INTENT}_economics_tokens_per_decision`
const NIGHT = '2026-11-23T00:15:00.000Z'
const late = [{ ...aFamily('late', { side: 'search', required: 1, gold: 1 }), date: FIRST }]
/** A store as a deployment has it: who judges cannot look into the vault. */
const apart = (store: Store): Store => ({ ...store, rolesApart: true })

let base: Store
beforeAll(async () => {
  base = await stocked(journaled(memory()), onDays())
}, 60_000)

/** What the routine leaves. */
const kept = async (store: Store): Promise<Record<string, string>> =>
  Object.fromEntries(Object.entries(await contents(store)).filter(([key]) => key.startsWith('open/cadence/')))

/** A judged day of the embedded routine on a store whose roles are apart, and the runs that it starts. */
async function embedded(store: Store, date: string): Promise<void> {
  await judgeDays(apart(store), bands, date)
  for (const { run_id, target, verdict } of await pendingRuns(store, bands))
    if (verdict === null)
      await runTarget(
        store,
        { target: target!, candidates: null, runId: run_id, demonstration: null },
        holder(),
        transcriptEngine(),
      )
}

/** Runs the deployed routine up to a day, and the runs that it starts to their ends. */
async function judged(world: Deployed, date: string | null) {
  const { ended } = world.daily(NIGHT, date === null ? {} : { date })
  const execution = await ended
  await Promise.all([...world.executions.values()].map((started) => started.ended))
  return execution
}

describe('the daily routine in AWS', () => {
  it('leaves the bytes of the embedded one: judged days, their rows, and one that is judged again for late runs', async () => {
    const beside = await copied(base)
    await embedded(beside, FIRST)
    await imported(beside, late)
    await embedded(beside, LAST!)

    const store = await copied(base)
    const world = deploy(store)
    expect((await judged(world, FIRST)).output).toEqual({ judged: [FIRST], runs: [RUN] })
    await imported(store, late)
    expect((await judged(world, LAST!)).output).toEqual({ judged: [DAYS[1], LAST], runs: [] })

    const [ours, theirs] = [await kept(store), await kept(beside)]
    expect(Object.keys(ours).filter((key) => key.startsWith('open/cadence/daily/'))).toHaveLength(3)
    expect((await readDay(store, DAYS[1]!)).revised).toHaveLength(1)
    expect(ours).toEqual(theirs)
    const manifest = (of: Store) => readJson<RunManifest>(of.objects, keys.autotuneRun(RUN, 'manifest.json'))
    expect((await manifest(store))?.verdict).toBe((await manifest(beside))!.verdict)
    for (const day of DAYS) expect((await verifyDay(store, day, bands)).problems).toEqual([])
  }, 120_000)

  it('starts the run of a broken band once, by its name, and judges no day twice', async () => {
    const store = await copied(base)
    const world = deploy(store)
    await world.daily(NIGHT, { date: FIRST }).ended
    const before = await kept(store)
    const again = await world.daily(NIGHT, { date: FIRST }).ended
    expect(again.output).toEqual({ judged: [], runs: [RUN] })
    expect(again.entered).not.toContain('Slice Intents')
    expect([...world.executions.keys()]).toEqual([expect.stringMatching(new RegExp(`TuningWorkflow.*:${RUN}$`))])
    expect(await kept(store)).toEqual(before)
    await Promise.all([...world.executions.values()].map((started) => started.ended))
    expect((await world.daily(NIGHT, { date: FIRST }).ended).output).toEqual({ judged: [], runs: [] })
  }, 60_000)

  it('catches up more days than one call judges, in order, once', async () => {
    const to = dayAfter(FIRST, 40)
    const night = `${dayAfter(to)}T00:15:00.000Z`
    const beside = { ...(await copied(base)), clock: { now: () => night } }
    await judgeDays(apart(beside), bands, FIRST)
    await judgeDays(apart(beside), bands, to)
    const store = await copied(base)
    const world = deploy(store)
    // The run that the first day queued has not begun: both judge all days before anything starts.
    await judgeDays(apart(store), bands, FIRST)
    const execution = await world.daily(night).ended
    expect(execution.error).toBeNull()
    expect(execution.entered.filter((state) => state === 'Judge Days')).toHaveLength(2)
    expect(await kept(store)).toEqual(await kept(beside))
  }, 120_000)

  it.each([
    ['counts production runs of the arm in force', false],
    ['counts none of a log of which runs were sealed, and learns no more than that', true],
  ])(
    '%s',
    async (_, isSealed) => {
      const released = await releasedStore()
      const first = aRun(await rolloutOf(released), 'window', 'candidate', 0)
      await record(released, [first])
      const day = first.started_at!.slice(0, 10)
      const twinRun = { ...aFamily('twin', { side: 'heldout' }), run_id: first.run_id, date: day }
      if (isSealed) await imported(released, [twinRun])
      const night = `${dayAfter(day, 3)}T00:15:00.000Z`
      const store = at(released, night)
      const beside = at(await twin(released), night)
      await judgeDays(apart(beside), bands, day)
      const world = deploy(store)
      const execution = await world.daily(night, { date: day }).ended
      await Promise.all([...world.executions.values()].map((started) => started.ended))
      expect([execution.error, execution.output]).toMatchObject([null, { judged: [day] }])
      expect(await kept(store)).toEqual(await kept(beside))
      const { slice } = (await readDay(store, day)).intents[0]!
      if (isSealed) expect(slice.production).toBeUndefined()
      else expect(slice.production).toBeGreaterThan(0)
      expect(JSON.stringify(await kept(store))).not.toContain('twin')
    },
    60_000,
  )

  const once = (name: string, when: 'before' | 'after'): Faults => {
    let done = false
    return {
      [when]: (called: string) => {
        if (called !== name || done) return
        done = true
        throw new WorkflowError('UserError', 'the function was killed')
      },
    }
  }
  it.each(
    ['PlanDays', 'ClearLogs', 'SliceIntent', 'JudgeDays'].flatMap((f) => [
      [f, 'before'] as const,
      [f, 'after'] as const,
    ]),
  )(
    'leaves the same bytes when %s is killed %s its work and the execution is redriven',
    async (name, when) => {
      const whole = await copied(base)
      await judgeDays(apart(whole), bands, FIRST)
      await judgeDays(apart(whole), bands, LAST!)
      const store = await copied(base)
      await judgeDays(apart(store), bands, FIRST)
      const world = deploy(store, { faults: once(name, when) })
      const execution = await world.daily(NIGHT, { date: LAST }).ended
      expect(execution.status).toBe('FAILED')
      expect((await world.redrive(execution)).status).toBe('SUCCEEDED')
      expect(await kept(store)).toEqual(await kept(whole))
    },
    60_000,
  )

  it('is killed at any write and redriven: the same bytes, and each run once', async () => {
    const whole = await copied(base)
    await judgeDays(apart(whole), bands, FIRST)
    await judgeDays(apart(whole), bands, LAST!)
    const expected = await kept(whole)
    const written: string[] = []
    for (let n = 0; n < 5; n++) {
      const store = await copied(base)
      await judgeDays(apart(store), bands, FIRST)
      let at = 0
      const write = (_: string, key: string) => {
        if (!key.startsWith('cadence/')) return
        if (n === 0) written.push(key)
        if (n > 0 && ++at === n) throw new WorkflowError('UserError', 'killed')
      }
      const world = deploy(store, { faults: { write } })
      const execution = await world.daily(NIGHT, { date: LAST }).ended
      if (n > 0) expect([n, execution.status]).toEqual([n, 'FAILED'])
      if (n > 0) expect((await world.redrive(execution)).status).toBe('SUCCEEDED')
      expect(await kept(store)).toEqual(expected)
      expect(world.executions.size).toBe(1)
    }
    expect(written).toHaveLength(5)
  }, 120_000)

  it('tells the topic what moved and what is done about it, once, and not on every day that a band stays broken', async () => {
    const alarms = 'arn:aws:sns:us-east-1:123456789012:on-call'
    const world = deploy(await copied(base), { templates: templatesOf({ alarms }) })
    await judged(world, FIRST)
    await judged(world, FIRST)
    await judged(world, DAYS[1]!)
    await judged(world, LAST!)
    expect(world.published).toEqual([
      {
        topic: alarms,
        subject: `autotune ${FIRST}: a band moved`,
        message: expect.stringMatching(
          new RegExp(
            `^${FIRST} ${INTENT}: economics_tokens_per_decision is above 0 since ${FIRST} .*; run ${RUN} is queued\\n`,
          ),
        ),
      },
      {
        topic: alarms,
        subject: `autotune ${DAYS[1]}: a band moved`,
        message: expect.stringContaining('the next may be on 2026-12-01'),
      },
    ])
  }, 60_000)

  it('says in words what it cannot judge: a day that is open, and runs measured by what is not there', async () => {
    const world = deploy(await copied(base))
    const open = await world.daily(NIGHT, { date: '2026-11-23' }).ended
    expect(open.error).toMatchObject({ error: 'UserError', cause: expect.stringContaining('2026-11-23 is still open') })
    const store = await copied(base)
    await store.objects.delete(keys.suite(bands.intents[0]!.measured_by.evals))
    const unmeasured = await deploy(store).daily(NIGHT, { date: FIRST }).ended
    expect(unmeasured.error!.cause).toContain('is not in this store')
    expect(await kept(store)).toEqual({})
  })

  it('misses rows that are gone before they are judged, and measures them anew when it is started again', async () => {
    const store = await copied(base)
    const lost: typeof store.objects = {
      ...store.objects,
      get: async (key) => (key.startsWith('cadence/rows/') ? null : await store.objects.get(key)),
      read: async (key) => (key.startsWith('cadence/rows/') ? null : await store.objects.read(key)),
    }
    const execution = await deploy({ ...store, objects: lost }).daily(NIGHT, { date: FIRST }).ended
    expect(execution.error!.cause).toMatch(/rows of support\.refund of 2026-11-01 are gone .*start the routine again/)
    expect((await deploy(store).daily(NIGHT, { date: FIRST }).ended).error).toBeNull()
    const day: DailyCadence = await readDay(store, FIRST)
    expect(day.intents[0]!.slice.runs).toBeGreaterThan(0)
  }, 60_000)
})

describe('the weekly and the quarterly routine in AWS', () => {
  const MONDAY = '2026-11-30T00:15:00.000Z'
  const SECOND = '2027-01-02T00:15:00.000Z'
  const at = (store: Store, now: string): Store => ({ ...store, clock: { now: () => now } })

  it('leave the bytes of the embedded ones, once, and are killed at any write', async () => {
    const run = await copied(base)
    await judged(deploy(run), FIRST)
    const before = await copied(run)
    // As a folder has it: a line for each run that ended.
    const beside = await copied(run)
    const manifest = (await readJson<RunManifest>(run.objects, keys.autotuneRun(RUN, 'manifest.json')))!
    await keepRunLine(beside, finishedLine(manifest, null, null))
    await reviewWeekUntil(at(beside, MONDAY), bands, '2026-11-29')
    for (const date of ['2026-09-30', '2026-12-31']) await reviewQuarterUntil(at(beside, SECOND), bands, date, null)
    const expected = await kept(beside)
    expect((await readWeek(beside, '2026-11-29'))!.intents[0]!.runs.ended).toBe(1)
    expect((await readQuarter(beside, '2026-12-31'))!.intents[0]!.limits).not.toEqual([])
    const world = deploy(run)
    expect((await world.look('Weekly', MONDAY).ended).output).toEqual({ reviewed: ['2026-11-29'] })
    expect((await world.look('Weekly', MONDAY).ended).output).toEqual({ reviewed: [] })
    await world.look('Quarterly', '2026-10-02T00:15:00.000Z').ended
    expect((await world.look('Quarterly', SECOND).ended).output).toEqual({ reviewed: ['2026-12-31'], split: [] })
    expect((await world.look('Quarterly', SECOND).ended).output).toEqual({ reviewed: [], split: [] })
    expect(await kept(run)).toEqual(expected)
    expect((await verifyWeek(apart(run), '2026-11-29', bands))!.problems).toEqual([])
    expect((await verifyQuarter(apart(run), '2026-12-31', bands))!.problems).toEqual([])

    for (const which of ['Weekly', 'Quarterly'] as const) {
      const store = await copied(before)
      if (which === 'Quarterly') await deploy(store).look(which, '2026-10-02T00:15:00.000Z').ended
      const lost = which === 'Weekly' ? keys.weeklyCadence('2026-11-29') : keys.quarterlyCadence('2026-12-31')
      let killed = false
      const write = (_: string, key: string) => {
        if (key !== lost || killed) return
        killed = true
        throw new WorkflowError('UserError', 'killed')
      }
      const dying = deploy(store, { faults: { write } })
      const execution = await dying.look(which, which === 'Weekly' ? MONDAY : SECOND).ended
      expect(execution.status).toBe('FAILED')
      expect((await dying.redrive(execution)).status).toBe('SUCCEEDED')
      expect((await kept(store))[`open/${lost}`]).toEqual(expected[`open/${lost}`])
    }
  }, 120_000)

  it('tell what waits for people', async () => {
    const alarms = 'arn:aws:sns:us-east-1:123456789012:on-call'
    const store = await copied(base)
    const world = deploy(store, { templates: templatesOf({ alarms }) })
    await judged(world, FIRST)
    await world.look('Quarterly', SECOND).ended
    expect(world.published.at(-1)).toMatchObject({
      topic: alarms,
      subject: 'autotune quarter until 2026-12-31',
      message: expect.stringContaining(`${INTENT}: nobody signed policy`),
    })
  }, 60_000)

  it('split an intent anew under the role of the sealer, as in a folder, killed or not', async () => {
    const made = journaled(memory())
    await publishPack(made, aPack())
    await publishSuite(made, aSuite())
    const runs = Array.from({ length: 24 }, (_, n) => aFamily(`n${n}`, { side: 'search', required: 1, gold: 1 }))
    const rule = { by: 'hash', key: 'first', heldout_share: 0.5 } as const
    await ingest(
      made,
      async function* () {
        yield* runs
      },
      rule,
    )
    const input = { resplit: [INTENT], by: 'ana@example.com' }
    const split = (of: Store) => readResplit(of, INTENT, '2027-01-02')
    for (const kill of [false, true]) {
      const store = await copied(made)
      let left = kill ? 3 : 0
      const write = (name: string) => {
        if (name === 'ResplitIntent' && left > 0 && --left === 0) throw new WorkflowError('UserError', 'killed')
      }
      const world = deploy(store, { faults: { write } })
      const execution = await world.look('Quarterly', SECOND, input).ended
      if (kill) expect((await world.redrive(execution)).status).toBe('SUCCEEDED')
      else expect(execution.output).toMatchObject({ split: [{ intent: INTENT, date: '2027-01-02', epoch: 1 }] })
      const { families, by } = (await split(store))!
      expect([by, families.to_search + families.stay_sealed, families.to_search > 0]).toEqual([
        'ana@example.com',
        expect.any(Number),
        true,
      ])
      expect(await verifyResplit(store, INTENT, '2027-01-02')).toEqual([])
      const { key } = (await store.table.get<{ key: string }>(`epochkey#${INTENT}`, '0001'))!.body
      expect(Object.values(await contents(store)).some((text) => text.includes(key))).toBe(false)
    }
  }, 60_000)
})
