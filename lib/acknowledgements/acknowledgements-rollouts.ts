/** Findings of the security rules that stand in the rollouts, each with its reason. */
import { Stack } from 'aws-cdk-lib'
import type { RoutingConfig } from '../constructs/routing-config.ts'
import { type Acknowledgement, inExperience, inReleases, TRACES, wildcard } from './acknowledgements.ts'

const ROLLOUT_FILES =
  'ids of runs, packs and rollouts do not exist at synthesis; each role is given the kinds of file that it reads or writes'
const BY_HAND =
  'called by Step Functions or by a person, who are told of the failure; a failed rollout reaches the dead-letter queue'
const DEPLOYMENTS = 'the deployments of one environment have numbers that do not exist at synthesis'
const DESCRIBES =
  'AppConfig looks alarms up with this role, and may do nothing else with it: its guide asks for every alarm'
const IS_THE_QUEUE = 'its target is the dead-letter queue'

const RELEASER = ['StartRollout', 'EvaluateStage', 'StopRollout', 'ResumeRollout']

const BELOW: readonly (readonly [path: string, id: string, reason: string])[] = [
  ...['autotune/runs/*', 'goldens/*', 'packs/*', 'production/*', 'reviews/*/evidence-*'].map(
    (p) => ['StartRollout/Policy/Resource', inExperience(p), ROLLOUT_FILES] as const,
  ),
  ...['production/*', 'inbox/production/*', 'inbox/refused/*'].map(
    (p) => ['RecordProduction/Policy/Resource', inExperience(p), ROLLOUT_FILES] as const,
  ),
  ['Runtime/DefaultPolicy/Resource', inExperience('inbox/production/*'), ROLLOUT_FILES],
  ['Runtime/DefaultPolicy/Resource', inReleases('rollouts/*'), ROLLOUT_FILES],
  ...[...RELEASER, 'RecordProduction'].map((f) => [`${f}/Function/Resource`, 'Serverless-LambdaDLQ', BY_HAND] as const),
  ['RecordProduction/Role/DefaultPolicy/Resource', wildcard('*'), TRACES],
  ['WorkflowRole/DefaultPolicy/Resource', wildcard('*'), TRACES],
  ['RolloutFailed/Resource', 'Serverless-EventBusDLQ', IS_THE_QUEUE],
]

export const ROLLOUT_ACKNOWLEDGEMENTS: readonly Acknowledgement[] = [
  { path: 'AutotuneData/Releases/Releaser/DefaultPolicy/Resource', id: wildcard('*'), reason: TRACES },
  ...BELOW.map(([path, id, reason]) => ({ path: `AutotuneWorkflow/Rollouts/${path}`, id, reason })),
]

/** The same where routing is published in AppConfig; the ids hold the names of its intents. */
export function routingAcknowledgements({ environments }: RoutingConfig): Acknowledgement[] {
  const below = 'AutotuneWorkflow/Rollouts'
  const deployments = environments.map((environment) => {
    const [application, own] = [environment.node.scope!.node.findChild('Application'), environment].map(
      (e) => `<${Stack.of(environment).getLogicalId(e as typeof environment)}>`,
    )
    return wildcard(
      `arn:<AWS::Partition>:appconfig:<AWS::Region>:<AWS::AccountId>:application/${application}/environment/${own}/deployment/*`,
    )
  })
  return [
    ...deployments.map((id) => ({ path: `${below}/StartRollout/Policy/Resource`, id, reason: DEPLOYMENTS })),
    { path: `${below}/Routing/Monitor/DefaultPolicy/Resource`, id: wildcard('*'), reason: DESCRIBES },
  ]
}
