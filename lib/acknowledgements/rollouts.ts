/** Findings of the security rules that stand in the rollouts, each with its reason. */
import { Stack } from 'aws-cdk-lib'
import { INTENTS_A_POLICY, type RoutingConfig } from '../constructs/routing-config.ts'
import { type Acknowledgement, below, inExperience, inReleases, type Row, TRACES, wildcard } from './acknowledge.ts'

const ROLLOUT_FILES =
  'ids of runs, packs and rollouts do not exist at synthesis; each role is given the kinds of file that it reads or writes'
const PARTS =
  'environment, profile and deployments of the one application of an intent; deployments have numbers that do not exist at synthesis'
const DESCRIBES =
  'AppConfig looks alarms up with this role, and may do nothing else with it: its guide asks for every alarm'
const IS_THE_QUEUE = 'its target is the dead-letter queue'

const PART = 'Workflow/Rollouts'

const ROWS: readonly Row[] = [
  ...['autotune/runs/*', 'goldens/*', 'packs/*', 'production/*', 'proposals/*', 'reviews/*/evidence-*'].map(
    (p) => ['StartRollout/Policy/Resource', inExperience(p), ROLLOUT_FILES] as const,
  ),
  ...['production/*', 'inbox/production/*', 'inbox/refused/*'].map(
    (p) => ['RecordProduction/Policy/Resource', inExperience(p), ROLLOUT_FILES] as const,
  ),
  ['Runtime/DefaultPolicy/Resource', inExperience('inbox/production/*'), ROLLOUT_FILES],
  ['Runtime/DefaultPolicy/Resource', inReleases('rollouts/*'), ROLLOUT_FILES],
  ['WorkflowRole/DefaultPolicy/Resource', wildcard('*'), TRACES],
  ['RolloutFailed/Resource', 'Serverless-EventBusDLQ', IS_THE_QUEUE],
]

/** Of the rollouts; there are none without the context value `rollouts`. */
export const ROLLOUT_ACKNOWLEDGEMENTS: readonly Acknowledgement[] = [
  { path: 'Data/Releases/Releaser/DefaultPolicy/Resource', id: wildcard('*'), reason: TRACES },
  ...below(PART, ROWS),
]

/** Where routing is delivered in forms beside the releases. */
export const DELIVERED_ACKNOWLEDGEMENTS: readonly Acknowledgement[] = below(PART, [
  ['Runtime/DefaultPolicy/Resource', inReleases('routing/*'), ROLLOUT_FILES],
])

/** The same where routing is published in AppConfig; the ids hold the names of its intents. */
export function routingAcknowledgements({ applications }: RoutingConfig): Acknowledgement[] {
  const parts = applications.map((application, i) => {
    const id = `<${Stack.of(application).getLogicalId(application)}>`
    const wide = wildcard(`arn:<AWS::Partition>:appconfig:<AWS::Region>:<AWS::AccountId>:application/${id}/*`)
    return [`Routing/Publish${Math.floor(i / INTENTS_A_POLICY)}/Resource`, wide, PARTS] as const
  })
  return below(PART, [...parts, ['Routing/Monitor/DefaultPolicy/Resource', wildcard('*'), DESCRIBES]])
}
