/** The synthesized rollout workflow with the real handlers, under the synthesized policies, hour by hour. */
import { beforeAll, describe, expect, it } from 'vitest'
import { canonical } from '#core/canonical.ts'
import { linkText, linkToken } from '#core/review/link.ts'
import type { Routing } from '#schemas/release.ts'
import type { ReviewLinkClaims } from '#schemas/review-link.ts'
import { keys } from '#schemas/s3-keys.ts'
import { STAGES } from '#schemas/stages.ts'
import { readProduction } from '../../functions/steps/release/production.ts'
import { verifyRollout } from '../../functions/steps/release/verify.ts'
import { latestReview } from '../../functions/steps/review/reviews.ts'
import { readJson } from '../../functions/streams/read-object.ts'
import { templatesOf } from '../support/infra/deployment.ts'
import { deploy, testSigner } from '../support/workflow/deployed.ts'
import type { RoutingTarget } from '../support/workflow/outside.ts'
import {
  arms,
  HARM,
  HOUR,
  ID,
  madeBefore,
  notReviewed,
  STOP,
  underway,
  verdicts,
  type World,
} from '../support/workflow/rollout-world.ts'
import { WorkflowError } from '../support/workflow/workflow-error.ts'

madeBefore()

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
    const unapproved = deploy(await notReviewed())
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
