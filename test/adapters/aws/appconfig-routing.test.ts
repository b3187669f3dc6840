/** AppConfig as a small account of one environment: what is deployed there after each publication, and by how many calls. */
import {
  AppConfigClient,
  BadRequestException,
  ConflictException,
  CreateHostedConfigurationVersionCommand,
  type DeploymentState,
  type DeploymentSummary,
  ListDeploymentsCommand,
  ListHostedConfigurationVersionsCommand,
  StartDeploymentCommand,
  StopDeploymentCommand,
} from '@aws-sdk/client-appconfig'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { appConfigRouting } from '#adapters/aws/appconfig-routing.ts'
import type { Routing } from '#schemas/release.ts'

const aws = mockClient(AppConfigClient)
afterAll(() => aws.restore())
const place = { application: 'app', environment: 'env', profile: 'prof' }
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
const error = { message: 'no', $metadata: {} }

describe('routing in AppConfig', () => {
  let labels: string[]
  let deployments: (DeploymentSummary & { State: DeploymentState })[]
  let pauses: number
  /** What happens between two looks. */
  let meanwhile: () => void
  /** Answers that a look at versions comes too early for. */
  let early: number
  /** What somebody else does just before a deployment is started, once. */
  let racing: (() => void) | null
  const publisher = appConfigRouting({
    client: new AppConfigClient(),
    places,
    pause: async () => {
      pauses++
      meanwhile()
    },
  })
  const busy = () => ['VALIDATING', 'DEPLOYING', 'BAKING', 'ROLLING_BACK'].includes(deployments[0]?.State ?? '')
  const end = (State: DeploymentState) => Object.assign(deployments[0]!, { State })
  const settle = () => end(deployments[0]!.State === 'ROLLING_BACK' ? 'ROLLED_BACK' : 'COMPLETE')
  const made = (type: Parameters<typeof aws.commandCalls>[0]) => aws.commandCalls(type).length
  const story = () => deployments.map((d) => [d.VersionLabel, d.DeploymentDurationInMinutes, d.State]).reverse()

  beforeEach(() => {
    aws.reset()
    ;[labels, deployments, pauses, meanwhile, early, racing] = [[], [], 0, settle, 0, null]
    aws.on(ListDeploymentsCommand).callsFake(() => ({ Items: deployments.slice(0, 1).map((d) => ({ ...d })) }))
    aws.on(ListHostedConfigurationVersionsCommand).callsFake(({ VersionLabel }) => ({
      Items: early-- <= 0 && labels.includes(VersionLabel) ? [{ VersionNumber: labels.indexOf(VersionLabel) + 1 }] : [],
    }))
    aws.on(CreateHostedConfigurationVersionCommand).callsFake(({ VersionLabel }) => {
      if (labels.includes(VersionLabel)) throw new ConflictException(error)
      return { VersionNumber: labels.push(VersionLabel) }
    })
    aws.on(StartDeploymentCommand).callsFake(({ ConfigurationVersion, DeploymentStrategyId }) => {
      racing?.()
      racing = null
      if (busy()) throw new ConflictException(error)
      deployments.unshift({
        DeploymentNumber: deployments.length + 1,
        VersionLabel: labels[Number(ConfigurationVersion) - 1],
        DeploymentDurationInMinutes: DeploymentStrategyId === 'slow' ? 30 : 0,
        State: 'DEPLOYING',
      })
    })
    aws.on(StopDeploymentCommand).callsFake(({ DeploymentNumber }) => {
      if (DeploymentNumber !== deployments[0]!.DeploymentNumber || !busy()) throw new BadRequestException(error)
      end('ROLLING_BACK')
    })
  })

  it('is one version and one deployment of the document, and is left to spread', async () => {
    await publisher.publish(at(0), false)
    expect(story()).toEqual([['ro_r.r0', 30, 'DEPLOYING']])
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

  it.each(['DEPLOYING', 'BAKING', 'COMPLETE'] as const)('published again while %s changes nothing', async (state) => {
    await publisher.publish(at(0), false)
    end(state)
    await publisher.publish(at(0), false)
    expect([made(CreateHostedConfigurationVersionCommand), made(StartDeploymentCommand)]).toEqual([1, 1])
  })

  it('goes on where a process died between version and deployment', async () => {
    labels.push('ro_r.r0')
    await publisher.publish(at(0), false)
    expect(made(CreateHostedConfigurationVersionCommand)).toBe(0)
    expect(story()).toEqual([['ro_r.r0', 30, 'DEPLOYING']])
  })

  it('is one version when another attempt made it meanwhile', async () => {
    early = 1
    labels.push('ro_r.r0')
    await publisher.publish(at(0), false)
    expect([labels, story()]).toEqual([['ro_r.r0'], [['ro_r.r0', 30, 'DEPLOYING']]])
  })

  it('goes back at once while a deployment is being spread: that one is stopped first', async () => {
    await publisher.publish(at(0), false)
    await publisher.publish(at(1), true)
    expect(story()).toEqual([
      ['ro_r.r0', 30, 'ROLLED_BACK'],
      ['ro_r.r1', 0, 'COMPLETE'],
    ])
    expect(made(StopDeploymentCommand)).toBe(1)
    await publisher.publish(at(1), true)
    expect(deployments).toHaveLength(2)
  })

  it('waits for a way back that is under way, and never stops it', async () => {
    labels.push('ro_r.r1')
    deployments = [{ DeploymentNumber: 1, VersionLabel: 'ro_r.r1', DeploymentDurationInMinutes: 0, State: 'DEPLOYING' }]
    await publisher.publish(at(0, { rollout_id: 'ro_s' }), false)
    expect(story()).toEqual([
      ['ro_r.r1', 0, 'COMPLETE'],
      ['ro_s.r0', 30, 'DEPLOYING'],
    ])
    expect(made(StopDeploymentCommand)).toBe(0)
  })

  it('takes a conflict for what it is: somebody else was faster, and it looks again', async () => {
    labels.push('ro_q.r5')
    racing = () =>
      deployments.unshift({
        DeploymentNumber: 1,
        VersionLabel: 'ro_q.r5',
        DeploymentDurationInMinutes: 30,
        State: 'BAKING',
      })
    await publisher.publish(at(0), false)
    expect(story()).toEqual([
      ['ro_q.r5', 30, 'COMPLETE'],
      ['ro_r.r0', 30, 'DEPLOYING'],
    ])
  })

  it('is deployed again after an alarm rolled it back', async () => {
    await publisher.publish(at(0), false)
    end('ROLLED_BACK')
    await publisher.publish(at(0), false)
    expect(story().map(([, , state]) => state)).toEqual(['ROLLED_BACK', 'DEPLOYING'])
    expect(made(CreateHostedConfigurationVersionCommand)).toBe(1)
  })

  it('fails when a way back is itself rolled back, or nothing ever ends', async () => {
    meanwhile = () => end('ROLLED_BACK')
    await expect(publisher.publish(at(1), true)).rejects.toThrow('ro_r.r1 was rolled back by AppConfig')
    meanwhile = () => {}
    end('ROLLING_BACK')
    await expect(publisher.publish(at(2), true)).rejects.toThrow('another deployment does not end')
  })

  it('is nothing for an intent that the deployment names no place for', async () => {
    await publisher.publish(at(0, { intent: 'order.change' }), true)
    expect(aws.calls()).toHaveLength(0)
  })
})
