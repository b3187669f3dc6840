/** AppConfig as a small account of one environment: what is deployed there after each publication, and by how many calls. */
import {
  AppConfigClient,
  BadRequestException,
  ConflictException,
  CreateHostedConfigurationVersionCommand,
  StartDeploymentCommand,
  StopDeploymentCommand,
} from '@aws-sdk/client-appconfig'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { appConfigRouting } from '#adapters/aws/appconfig-routing.ts'
import type { Routing } from '#schemas/release.ts'
import { FakeAppConfig } from '../../support/aws/appconfig.ts'

const aws = mockClient(AppConfigClient)
afterAll(() => aws.restore())
const client = new AppConfigClient()
const place = 'app/env/prof'
const places = { gradual: 'slow', at_once: 'fast', intents: { 'support.refund': place } }
const at = (revision: number, over: Partial<Routing> = {}): Routing => ({
  routing_version: 1,
  rollout_id: 'ro_r',
  revision,
  intent: 'support.refund',
  baseline: 'rt_a',
  candidate: 'rt_b',
  period: null,
  cohorts: [],
  ...over,
})

let config: FakeAppConfig
let pauses: number
/** What happens between two looks: two seconds pass. */
let meanwhile: () => void
beforeEach(() => {
  aws.reset()
  config = new FakeAppConfig()
  config.answer(aws)
  ;[pauses, meanwhile] = [0, () => config.pass(1 / 30)]
})
const publisher = appConfigRouting({
  client,
  places,
  pause: async () => {
    pauses++
    meanwhile()
  },
})
const made = (type: Parameters<typeof aws.commandCalls>[0]) => aws.commandCalls(type).length

describe('routing in AppConfig', () => {
  it('is one version and one deployment of the document, and is left to spread', async () => {
    await publisher.publish(at(0), false)
    expect(config.story()).toEqual([['ro_r.r0', 30, 'DEPLOYING']])
    const { Content, ...version } = aws.commandCalls(CreateHostedConfigurationVersionCommand)[0]!.args[0].input
    expect(JSON.parse(Buffer.from(Content as Uint8Array).toString())).toEqual(at(0))
    expect(version).toMatchObject({ ApplicationId: 'app', ConfigurationProfileId: 'prof', VersionLabel: 'ro_r.r0' })
    expect(aws.commandCalls(StartDeploymentCommand)[0]!.args[0].input).toEqual({
      ApplicationId: 'app',
      EnvironmentId: 'env',
      ConfigurationProfileId: 'prof',
      ConfigurationVersion: '1',
      DeploymentStrategyId: 'slow',
    })
    expect(pauses).toBe(0)
  })

  it.each([
    ['spreads', 10],
    ['bakes', 35],
    ['is complete', 45],
  ])('published again while it %s changes nothing', async (_, minutes) => {
    await publisher.publish(at(0), false)
    config.pass(minutes)
    await publisher.publish(at(0), false)
    expect([made(CreateHostedConfigurationVersionCommand), made(StartDeploymentCommand)]).toEqual([1, 1])
  })

  it('goes on where a process died between version and deployment', async () => {
    config.labels.push('ro_r.r0')
    await publisher.publish(at(0), false)
    expect(made(CreateHostedConfigurationVersionCommand)).toBe(0)
    expect(config.story()).toEqual([['ro_r.r0', 30, 'DEPLOYING']])
  })

  it('is one version when another attempt made it meanwhile', async () => {
    config.early = 1
    config.labels.push('ro_r.r0')
    await publisher.publish(at(0), false)
    expect([config.labels, config.story()]).toEqual([['ro_r.r0'], [['ro_r.r0', 30, 'DEPLOYING']]])
  })

  it.each([
    ['spreads', 10, 'ROLLED_BACK'],
    ['bakes, which takes ten minutes and the kill switch two', 35, 'ROLLED_BACK'],
    ['is complete', 45, 'COMPLETE'],
  ])('goes back at once while the step forward %s', async (_, minutes, state) => {
    await publisher.publish(at(0), false)
    config.pass(minutes)
    await publisher.publish(at(1), true)
    expect(config.story()).toEqual([
      ['ro_r.r0', 30, state],
      ['ro_r.r1', 0, 'COMPLETE'],
    ])
    expect(config.served()).toBe('ro_r.r1')
    expect(pauses).toBeLessThan(5)
    await publisher.publish(at(1), true)
    expect(config.deployments).toHaveLength(2)
  })

  it('goes back at once when the step forward is complete just before it could be stopped', async () => {
    await publisher.publish(at(0), false)
    config.pass(35)
    const stop = aws.on(StopDeploymentCommand)
    let stopped = 0
    stop.callsFake(({ DeploymentNumber, AllowRevert }) => {
      if (stopped++ === 0) config.pass(10)
      config.stop(DeploymentNumber, AllowRevert ?? false)
    })
    await publisher.publish(at(1), true)
    expect(config.story()).toEqual([
      ['ro_r.r0', 30, 'REVERTED'],
      ['ro_r.r1', 0, 'COMPLETE'],
    ])
  })

  it.each(['AppConfig.AllAtOnce', 'slow'])(
    'goes back at once past what a person deployed by hand as %s',
    async (how) => {
      config.labels.push('by hand')
      config.start('by hand', how)
      config.pass(1)
      await publisher.publish(at(1), true)
      expect(config.story().at(-1)).toEqual(['ro_r.r1', 0, 'COMPLETE'])
      expect(pauses).toBeLessThan(5)
    },
  )

  it('goes forward past an older step that still bakes', async () => {
    await publisher.publish(at(0), false)
    config.pass(35)
    await publisher.publish(at(1), false)
    expect(config.story()).toEqual([
      ['ro_r.r0', 30, 'ROLLED_BACK'],
      ['ro_r.r1', 30, 'DEPLOYING'],
    ])
  })

  it('waits for a way back that is under way, and never stops it', async () => {
    config.labels.push('ro_r.r1')
    config.start('ro_r.r1', 'fast')
    await publisher.publish(at(0, { rollout_id: 'ro_s' }), false)
    expect(config.story()).toEqual([
      ['ro_r.r1', 0, 'COMPLETE'],
      ['ro_s.r0', 30, 'DEPLOYING'],
    ])
    expect(made(StopDeploymentCommand)).toBe(0)
  })

  it('takes a conflict for what it is: somebody else was faster, and it looks again', async () => {
    config.labels.push('ro_q.r5')
    config.racing = () => config.start('ro_q.r5', 'fast')
    await publisher.publish(at(0), false)
    expect(config.story()).toEqual([
      ['ro_q.r5', 0, 'COMPLETE'],
      ['ro_r.r0', 30, 'DEPLOYING'],
    ])
  })

  it('is deployed again after an alarm rolled it back', async () => {
    await publisher.publish(at(0), false)
    config.alarm()
    await publisher.publish(at(0), false)
    expect(config.story().map(([, , state]) => state)).toEqual(['ROLLED_BACK', 'DEPLOYING'])
    expect(made(CreateHostedConfigurationVersionCommand)).toBe(1)
  })

  it('fails when a way back is itself rolled back, or nothing ever ends', async () => {
    meanwhile = () => config.alarm()
    await expect(publisher.publish(at(1), true)).rejects.toThrow('ro_r.r1 was rolled back by AppConfig')
    meanwhile = () => {}
    config.deployments[0]!.State = 'ROLLING_BACK'
    await expect(publisher.publish(at(2), true)).rejects.toThrow('another deployment does not end')
  })

  it('is nothing for an intent that the deployment names no place for', async () => {
    await publisher.publish(at(0, { intent: 'order.change' }), true)
    expect(aws.calls()).toHaveLength(0)
  })
})

describe('the account of the test refuses what AWS refuses', () => {
  const stop = (AllowRevert?: boolean) =>
    client.send(
      new StopDeploymentCommand({
        ApplicationId: 'app',
        EnvironmentId: 'env',
        DeploymentNumber: 1,
        ...(AllowRevert !== undefined && { AllowRevert }),
      }),
    )
  const aged = (minutes: number) => {
    config.start('v1', 'slow')
    config.pass(minutes)
  }

  it.each<[string, number, boolean | undefined, string | null]>([
    ['what spreads is stopped', 10, undefined, 'ROLLING_BACK'],
    ['what bakes is not stopped without AllowRevert', 35, undefined, null],
    ['nor by AllowRevert that is false', 35, false, null],
    ['what bakes is rolled back with it', 35, true, 'ROLLING_BACK'],
    ['what is complete is not stopped without it', 45, undefined, null],
    ['what is complete is reverted with it', 45, true, 'REVERTED'],
    ['up to 72 hours after', 40 + 72 * 60, true, 'REVERTED'],
    ['and no longer', 41 + 72 * 60, true, null],
  ])('%s', async (_, minutes, allowRevert, state) => {
    aged(minutes)
    if (state === null) await expect(stop(allowRevert)).rejects.toBeInstanceOf(BadRequestException)
    else {
      await stop(allowRevert)
      expect(config.deployments[0]!.State).toBe(state)
    }
  })

  it('one deployment at a time, also while it bakes or rolls back', async () => {
    aged(35)
    expect(() => config.start('v2', 'fast')).toThrow(ConflictException)
    await stop(true)
    expect(() => config.start('v2', 'fast')).toThrow(ConflictException)
    config.pass(1)
    config.start('v2', 'fast')
    expect(config.deployments).toHaveLength(2)
  })
})
