/** Findings of the security rules that stand in the rollouts, each with its reason. */
import type { RoutingService } from '../constructs/routing-services.ts'
import { type Acknowledgement, below, inExperience, inReleases, type Row, TRACES, wildcard } from './acknowledge.ts'

const ROLLOUT_FILES =
  'ids of runs, packs and rollouts do not exist at synthesis; each role is given the kinds of file that it reads or writes'
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

/** The same of services that routing is published to. */
export const routingAcknowledgements = (services: readonly RoutingService[]): Acknowledgement[] =>
  below(
    PART,
    services.flatMap((service) => service.findings()),
  )
