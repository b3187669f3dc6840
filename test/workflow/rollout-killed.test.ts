/** Functions of a rollout that are killed at any of their writes: tried again, they come to the same outcome. */
import { describe, expect, it } from 'vitest'
import type { SignedRollout } from '#schemas/rollout-artifact.ts'
import { keys } from '#schemas/s3-keys.ts'
import { readProduction } from '../../functions/steps/release/production.ts'
import { verifyRollout } from '../../functions/steps/release/verify.ts'
import { readJson } from '../../functions/streams/read-object.ts'
import { type Faults, testSigner } from '../support/workflow/deployed.ts'
import { arms, HOUR, ID, killed, madeBefore, STOP, underway, type World } from '../support/workflow/rollout-world.ts'
import { WorkflowError } from '../support/workflow/workflow-error.ts'

madeBefore()

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
      if (!reached()) break
      kills++
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
