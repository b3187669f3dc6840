/** The world of the rollout's functions, from the environment that the deployment gives them. */
import { AppConfigClient, ListDeploymentsCommand } from '@aws-sdk/client-appconfig'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, expect, onTestFinished, test, vi } from 'vitest'
import { routingOf } from '#core/release/routing.ts'
import { ENV, serviceVariable } from '#schemas/env-names.ts'
import { openRolloutWorld } from '../../functions/lambda/rollout-world.ts'
import { started } from '../core/release/builders.ts'

vi.stubEnv('AWS_REGION', 'eu-central-1')
afterAll(() => vi.unstubAllEnvs())
const env = {
  [ENV.bucket]: 'b',
  [ENV.table]: 't',
  [ENV.releases]: 'r',
  [ENV.releaseKey]: 'arn:key',
  [ENV.heads]: 'h',
  [ENV.headsKey]: 'arn:heads',
}

test('nothing moves a rollout without a journal of heads', () => {
  const { [ENV.heads]: _, ...without } = env
  expect(() => openRolloutWorld(without)).toThrow('environment variable AUTOTUNE_HEADS is missing')
})

test('routing is published nowhere but beside the releases unless the environment says where', () => {
  expect(openRolloutWorld(env).store.routing).toBeUndefined()
})

test('routing is published in the place of its intent', async () => {
  const routing = routingOf(started())
  const label = `${routing.rollout_id}.r${routing.revision}`
  const appconfig = mockClient(AppConfigClient)
  onTestFinished(() => appconfig.restore())
  appconfig.on(ListDeploymentsCommand).resolves({ Items: [{ VersionLabel: label, State: 'COMPLETE' }] })
  const intents = { [routing.intent]: 'app/env/prof' }
  const places = JSON.stringify({ gradual: 'slow', at_once: 'fast', intents })
  await openRolloutWorld({ ...env, [serviceVariable('appconfig')]: places }).store.routing!.publish(routing, false)
  expect(appconfig.calls().map((call) => call.args[0].input)).toEqual([
    { ApplicationId: 'app', EnvironmentId: 'env', MaxResults: 1 },
  ])
})
