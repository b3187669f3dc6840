/** The synthesized rollout workflow with the real handlers, under the synthesized policies, hour by hour. */
import { beforeAll, describe, expect, it } from 'vitest'
import { canonical } from '#core/canonical.ts'
import { instantAfter } from '#core/instant.ts'
import { assignArm } from '#core/release/assign-arm.ts'
import { linkText, linkToken } from '#core/review/link.ts'
import type { Store } from '#ports'
import type { ProductionRun, Rollout, Routing } from '#schemas/release.ts'
import type { ReviewLinkClaims } from '#schemas/review-link.ts'
import type { SignedRollout } from '#schemas/rollout-artifact.ts'
import { keys } from '#schemas/s3-keys.ts'
import { PERIODS, type Period, STAGES } from '#schemas/stages.ts'
import { readProduction } from '../../functions/steps/release/production.ts'
import { readRollout } from '../../functions/steps/release/rollouts.ts'
import { verifyRollout } from '../../functions/steps/release/verify.ts'
import { latestReview } from '../../functions/steps/review/reviews.ts'
import { readJson } from '../../functions/streams/read-object.ts'
import { type Measures, runsIn } from '../core/release/builders.ts'
import { approve, certified } from '../steps/release/support.ts'
import { copied, memory } from '../steps/stores.ts'
import { templatesOf } from '../support/infra/deployment.ts'
import { journaled } from '../support/journaled.ts'
import { type Deployed, deploy, type Faults, type RoutingTarget, testSigner } from '../support/workflow/deployed.ts'
import type { Started } from '../support/workflow/machine.ts'
import { WorkflowError } from '../support/workflow/workflow-error.ts'

const ID = 'ro_r'
const HOUR = 3600
const STOP = { rollout_id: ID, by: 'fay@example.com', reason: 'customers report missing refunds' }

let unreviewed: Store
let made: Store
beforeAll(async () => {
  made = await certified(journaled(memory()))
  unreviewed = await copied(made)
  await approve(made, 'r')
}, 60_000)

interface World extends Deployed {
  readonly store: Store
  readonly started: Started
  stored(): Promise<Rollout>
  routing(): Promise<Routing>
  /** The runtime hands in good runs of the present period; `measure` may spoil the candidate's. */
  produce(measure?: () => Partial<Measures>): Promise<void>
  /** Good runs, and the two hours that each stage takes. */
  forward(steps: number): Promise<void>
}

async function underway(faults: Faults = {}, routing?: RoutingTarget): Promise<World> {
  const store = await copied(made)
  const deployed = deploy(store, { faults, routing })
  const started = deployed.rollout({ run_id: 'r' })
  await deployed.clock.idle()
  const stored = async () => (await readRollout(store, ID))!.rollout
  let files = 0
  const produce = async (measure: () => Partial<Measures> = () => ({})) => {
    const rollout = await stored()
    const period: Period = rollout.status === 'released' ? 'window' : rollout.stage
    const runs = runsIn(beforehand(rollout), period, 120, (arm) => (arm === 'candidate' ? measure() : {}))
    await handIn(deployed, `${String(++files).padStart(4, '0')}.jsonl`, runs)
  }
  return {
    ...deployed,
    store,
    started,
    stored,
    produce,
    async routing() {
      const { revision } = await stored()
      return (await readJson<Routing>(deployed.runtime.releases, keys.promotion(ID, revision, 'routing.json')))!
    },
    async forward(steps) {
      for (let i = 0; i < steps; i++) {
        await produce()
        // A minute more for a function that was tried again.
        await deployed.clock.pass(2 * HOUR + 60)
      }
    },
  }
}

/** Runs are over by the time that they are handed in, and so are the windows of their subjects. */
const beforehand = (rollout: Rollout): Rollout => ({
  ...rollout,
  entered_at: instantAfter(
    rollout.entered_at,
    -24 * (30 - PERIODS.indexOf(rollout.stage) - (rollout.status === 'released' ? 1 : 0)),
  ),
})

const handIn = ({ runtime }: Deployed, name: string, runs: readonly ProductionRun[]) =>
  runtime.objects.put(keys.productionInbox(ID) + name, runs.map((run) => `${canonical(run)}\n`).join(''))
const killed = () => {
  throw new WorkflowError('Lambda.Unknown', 'the function was killed')
}
const verdicts = ({ records }: Rollout) => records.map((r) => r.verdict)
const HARM = () => ({ utility_score: 0, utility_passed: false })
const arms = (routing: Routing) =>
  new Set(
    Array.from({ length: 50 }, (_, n) => assignArm(routing, { id: `s${n}`, intent: routing.intent }).release_tuple_id),
  )

describe('a rollout in AWS', () => {
  it('goes through five stages and the window on what the runtime hands in, and is kept', async () => {
    const world = await underway()
    const seen: string[] = []
    for (const stage of STAGES) {
      seen.push((await world.stored()).stage)
      expect((await world.routing()).cohorts.at(-1)!.stage).toBe(stage)
      await world.forward(1)
    }
    expect(seen).toEqual(STAGES)
    expect(await world.stored()).toMatchObject({ status: 'released' })
    expect(arms(await world.routing())).toEqual(new Set([(await world.stored()).candidate.release_tuple_id]))
    await world.forward(1)
    expect((await world.started.ended).output).toEqual({ rollout_id: ID, status: 'kept' })
    expect(verdicts(await world.stored())).toEqual([...STAGES.map(() => 'advanced'), 'advanced', 'kept'])
    expect(await verifyRollout(world.store, testSigner, ID)).toMatchObject({ verified: true, differences: [] })
    expect(await Array.fromAsync(world.store.objects.list('inbox/'))).toEqual([])
  })

  it('waits without data, pauses at the deadline, and goes on after a resume', async () => {
    const world = await underway()
    await world.clock.pass(3 * HOUR)
    expect(await world.stored()).toMatchObject({ status: 'paused', stage: '0%_shadow' })
    await world.clock.pass(4 * HOUR)
    expect((await world.stored()).missing).toContain('deadline')
    await world.produce()
    await world.clock.pass(HOUR)
    expect(await world.stored()).toMatchObject({ status: 'paused', stage: '0%_shadow' })
    await world.call('ResumeRollout', { ...STOP, reason: 'the exporter is repaired' })
    await world.clock.pass(HOUR)
    expect(await world.stored()).toMatchObject({ status: 'running', stage: '1%_internal' })
  })

  it('rolls the whole tuple back by itself when stage three breaks a guardrail', async () => {
    const world = await underway()
    await world.forward(2)
    expect((await world.stored()).stage).toBe('5%_low_risk')
    await world.produce(HARM)
    await world.clock.pass(HOUR)
    expect((await world.started.ended).output).toEqual({ rollout_id: ID, status: 'rolled_back' })
    const { baseline, records } = await world.stored()
    expect(records.at(-1)).toMatchObject({ verdict: 'rolled_back', from_stage: '5%_low_risk', by: 'rollout' })
    expect(arms(await world.routing())).toEqual(new Set([baseline.release_tuple_id]))
    const row = await world.store.table.get('release', 'support.refund')
    expect(row!.body).toEqual({ release_tuple_id: baseline.release_tuple_id, rollout_id: null })
    expect(await verifyRollout(world.store, testSigner, ID)).toMatchObject({ verified: true })
  })

  it.each([...STAGES.entries()])(
    'is stopped in stage %i, %s: the routing at once, the workflow at its next look',
    async (n) => {
      const world = await underway()
      await world.forward(n)
      expect(await world.stored()).toMatchObject({ status: 'running', stage: STAGES[n] })
      await world.call('StopRollout', STOP)
      const { baseline } = await world.stored()
      expect(arms(await world.routing())).toEqual(new Set([baseline.release_tuple_id]))
      expect(world.started.execution.status).toBe('RUNNING')
      await world.call('StopRollout', STOP)
      await world.clock.pass(HOUR)
      expect((await world.started.ended).output).toEqual({ rollout_id: ID, status: 'stopped' })
      expect(verdicts(await world.stored()).filter((v) => v === 'stopped')).toEqual(['stopped'])
    },
  )

  it('is stopped while it is evaluated: one outcome, no lost record', async () => {
    const world = await underway()
    await world.produce()
    await world.clock.pass(HOUR)
    await Promise.all([world.clock.pass(HOUR), world.call('StopRollout', STOP), world.call('StopRollout', STOP)])
    await world.clock.pass(HOUR)
    expect((await world.started.ended).output).toEqual({ rollout_id: ID, status: 'stopped' })
    const rollout = await world.stored()
    expect(rollout.records).toHaveLength(rollout.revision + 1)
    expect(await verifyRollout(world.store, testSigner, ID)).toMatchObject({ verified: true })
  })

  it('refuses a stop without a reason, or in the name of the machine', async () => {
    const world = await underway()
    await expect(world.call('StopRollout', { ...STOP, reason: '' })).rejects.toThrow('stop-rollout is not valid')
    await expect(world.call('StopRollout', { ...STOP, by: 'rollout' })).rejects.toThrow('stop-rollout is not valid')
    expect(await world.stored()).toMatchObject({ status: 'running' })
  })

  it('leaves a file that is not valid where it is, with the reason, and takes the others', async () => {
    const world = await underway()
    await world.runtime.objects.put(`${keys.productionInbox(ID)}0000.jsonl`, '{"run_id": 1}\n')
    await world.produce()
    await world.clock.pass(HOUR)
    expect(await Array.fromAsync(world.store.objects.list('inbox/'))).toEqual([
      `${keys.productionInbox(ID)}0000.jsonl`,
      keys.productionRefused(ID, '0000.jsonl'),
    ])
    expect(
      (await readJson<{ reason: string }>(world.store.objects, keys.productionRefused(ID, '0000.jsonl')))!.reason,
    ).toContain('0000.jsonl: line 1')
    const log = await readProduction(world.store, ID)
    expect('runs' in log && log.runs.length).toBe(240)
    await world.clock.pass(HOUR)
    expect((await world.stored()).stage).toBe('1%_internal')
  })

  it('lets the runtime hand in runs and read routing, and nothing else', async () => {
    const { runtime } = await underway()
    for (const forbidden of [
      () => runtime.objects.get(keys.pack('ctxpack.support@5.2.0')),
      () => runtime.objects.put('production/ro_r/000001-x.jsonl', ''),
      () => runtime.releases.put(keys.promotion(ID, 9, 'routing.json'), ''),
      () => runtime.releases.get('tuples/support.refund/x.json'),
      () => runtime.vault.get('goldens/a/b/test.jsonl'),
      () => runtime.table.get('rollout', ID),
    ])
      await expect(forbidden()).rejects.toThrow('may not')
  })

  it('starts once, whoever starts it, and refuses what nobody approved', async () => {
    const world = await underway()
    const again = world.rollout({ run_id: 'r' })
    await world.clock.idle()
    expect(again.execution.at.state).toBe('Wait For Production')
    expect((await world.stored()).records).toHaveLength(1)
    const unapproved = deploy(await copied(unreviewed))
    expect((await unapproved.rollout({ run_id: 'r' }).ended).error!.cause).toContain('was not reviewed')
  })

  it('hands over to a new execution before its history is full', async () => {
    const world = await underway()
    world.started.execution.variables.looks = 499
    await world.clock.pass(HOUR)
    expect((await world.started.ended).output).toEqual({ rollout_id: ID, status: 'running' })
    const [[name, next] = []] = [...world.executions]
    expect(name).toMatch(/:ro_r-[0-9a-f]{8}-2$/)
    await world.forward(1)
    expect((await world.stored()).stage).toBe('1%_internal')
    expect(next!.execution.variables).toMatchObject({ part: 2, looks: 2 })
  })
})

describe('the page of a rollout in AWS', () => {
  /** Address of the page for the first seat of the review; `claim` may change what its link says. */
  async function pathOf({ store }: World, claim: Partial<ReviewLinkClaims> = {}): Promise<string> {
    const { review_id, proposal_digest, expires_at, seats } = (await latestReview(store, 'r'))!.review
    const { role, reviewer, nonce } = seats[0]!
    const claims = { review_id, role, reviewer, proposal_digest, expires_at, nonce, ...claim }
    return `/rollout/${linkToken(claims, await testSigner.sign(linkText(claims)))}`
  }

  it('tells whoever holds a link of its review what became of the change, with rights to read alone', async () => {
    const world = await underway()
    await world.forward(2)
    const path = await pathOf(world)
    const running = await world.http('GET', path)
    expect(running).toMatchObject({ statusCode: 200 })
    expect(running.body).toContain('5%_low_risk')
    expect(running.body).toContain('--stack')
    expect(running.headers['Content-Security-Policy']).toContain("script-src 'sha256-")
    expect(running.headers['Content-Security-Policy']).toContain("connect-src 'self'")
    expect(await world.http('HEAD', path)).toMatchObject({ statusCode: 200, body: '' })

    await world.produce(HARM)
    await world.clock.pass(HOUR)
    const before = canonical(await world.stored())
    const back = await world.http('GET', path)
    expect(back.body).toContain('How bad it was')
    expect(back.body).toMatch(/120 of 120 failed, baseline 0 of [\d,]+: 100.% against 0.%/)
    expect(back.headers['Content-Security-Policy']).not.toContain('script-src')
    expect(canonical(await world.stored())).toBe(before)
  })

  it('tells nobody else that it exists, and takes no POST', async () => {
    const world = await underway()
    const path = await pathOf(world)
    const forged = path.slice(0, -4) + (path.endsWith('AAAA') ? 'BBBB' : 'AAAA')
    const replaced = await pathOf(world, { nonce: 'n'.repeat(32) })
    const foreign = await pathOf(world, { review_id: 'rv_other_1' })
    const bodies = []
    for (const bad of [forged, replaced, foreign, '/rollout/nothing']) {
      const { statusCode, body } = await world.http('GET', bad)
      expect(statusCode).toBe(404)
      bodies.push(body)
    }
    expect(new Set(bodies).size).toBe(1)
    expect((await world.http('POST', path)).statusCode).toBe(404)
  })
})

describe('with AppConfig', () => {
  let templates: RoutingTarget['templates']
  beforeAll(() => {
    templates = templatesOf({ appconfig: 'on' })
  }, 60_000)

  /** A publisher that keeps what comes into force: a document that is in force already is none. */
  function target(fails: () => boolean = () => false) {
    const published: { routing: Routing; atOnce: boolean }[] = []
    const publish: RoutingTarget['publish'] = async (routing, atOnce) => {
      if (fails()) throw new WorkflowError('Lambda.Unknown', 'AppConfig is out of reach')
      if (canonical(routing) !== canonical(published.at(-1)?.routing ?? null)) published.push({ routing, atOnce })
    }
    return { published, routing: { templates, publish } }
  }

  it('every transition publishes its routing, in order, forward slowly', async () => {
    const { published, routing } = target()
    const world = await underway({}, routing)
    await world.forward(STAGES.length + 1)
    expect((await world.started.ended).output).toEqual({ rollout_id: ID, status: 'kept' })
    expect(published.map(({ routing: r, atOnce }) => [r.revision, r.period, atOnce])).toEqual(
      [...STAGES, 'window', 'window'].map((period, revision) => [revision, period, false]),
    )
    expect(published.at(-1)!.routing).toEqual(await world.routing())
  })

  it('a stop publishes the baseline for everyone, at once, before it returns', async () => {
    const { published, routing } = target()
    const world = await underway({}, routing)
    await world.forward(2)
    await world.call('StopRollout', STOP)
    expect(published.map(({ atOnce }) => atOnce)).toEqual([false, false, false, true])
    const { baseline } = await world.stored()
    expect(arms(published.at(-1)!.routing)).toEqual(new Set([baseline.release_tuple_id]))
  })

  it('a rollback by the machine does too, and a pause and a resume are published as well', async () => {
    const { published, routing } = target()
    const world = await underway({}, routing)
    await world.clock.pass(7 * HOUR)
    await world.call('ResumeRollout', STOP)
    await world.forward(1)
    await world.produce(HARM)
    await world.clock.pass(HOUR)
    expect((await world.started.ended).output).toEqual({ rollout_id: ID, status: 'rolled_back' })
    const { records, baseline } = await world.stored()
    expect(published.map(({ routing: r }) => r.revision)).toEqual(records.map((r) => r.seq))
    expect(published.map(({ atOnce }) => atOnce)).toEqual(records.map((r) => r.verdict === 'rolled_back'))
    expect(arms(published.at(-1)!.routing)).toEqual(new Set([baseline.release_tuple_id]))
  })

  it('a stop that could not publish has gone back beside the releases, and the next look publishes it', async () => {
    let down = false
    const { published, routing } = target(() => down)
    const world = await underway({}, routing)
    await world.forward(1)
    down = true
    await expect(world.call('StopRollout', STOP)).rejects.toThrow('out of reach')
    const back = new Set([(await world.stored()).baseline.release_tuple_id])
    expect(arms(await world.routing())).toEqual(back)
    down = false
    await world.clock.pass(HOUR)
    expect((await world.started.ended).output).toEqual({ rollout_id: ID, status: 'stopped' })
    expect(published.at(-1)).toMatchObject({ atOnce: true, routing: { revision: 2, cohorts: [] } })
  })
})

describe('a function of the rollout that is killed', () => {
  /** Kills the first call of a function before its n-th write. */
  const killedBefore = (victim: string, n: number) => {
    let [writes, dead] = [0, false]
    const faults: Faults = {
      write: (name) => {
        if (name !== victim || dead || ++writes < n) return
        dead = true
        killed()
      },
    }
    return { faults, reached: () => dead }
  }
  const outcome = async (world: World) => {
    await world.forward(1)
    const { status, stage, records } = await world.stored()
    const log = await readProduction(world.store, ID)
    const { verified } = await verifyRollout(world.store, testSigner, ID)
    return { status, stage, records: records.length, runs: 'runs' in log ? log.runs.length : 0, verified }
  }

  it.each([
    ['StartRollout', 24],
    ['RecordProduction', 8],
    ['EvaluateStage', 10],
  ])('%s, at any of its writes, is tried again to the same outcome', async (name, most) => {
    const whole = await outcome(await underway())
    expect(whole).toEqual({ status: 'running', stage: '1%_internal', records: 2, runs: 240, verified: true })
    let kills = 0
    for (let n = 1; n <= most; n++) {
      const { faults, reached } = killedBefore(name, n)
      expect([name, n, await outcome(await underway(faults))]).toEqual([name, n, whole])
      if (reached()) kills++
    }
    expect(kills).toBeGreaterThan(1)
    expect(kills).toBeLessThan(most)
  })

  it('StopRollout, between the item and the routing, is made good by the next call or the next look', async () => {
    const { faults } = killedBefore('StopRollout', 2)
    const world = await underway(faults)
    await expect(world.call('StopRollout', STOP)).rejects.toThrow('killed')
    await world.clock.pass(HOUR)
    expect((await world.started.ended).output).toEqual({ rollout_id: ID, status: 'stopped' })
    const { baseline, revision } = await world.stored()
    expect(arms(await world.routing())).toEqual(new Set([baseline.release_tuple_id]))
    const key = keys.promotion(ID, revision, 'artifact.json')
    expect((await readJson<SignedRollout>(world.store.releases, key))!.artifact.status).toBe('stopped')
  })

  it('for good leaves an execution that is redriven where it stopped', async () => {
    let broken = true
    const before = (name: string) => {
      if (name === 'EvaluateStage' && broken) throw new WorkflowError('DisabledException', 'the key is disabled')
    }
    const world = await underway({ before })
    await world.produce()
    await world.clock.pass(HOUR)
    expect(await world.started.ended).toMatchObject({ status: 'FAILED', error: { error: 'DisabledException' } })
    broken = false
    world.redrive(world.started.execution).catch(() => {})
    await world.clock.pass(HOUR)
    expect((await world.stored()).stage).toBe('1%_internal')
  })
})
