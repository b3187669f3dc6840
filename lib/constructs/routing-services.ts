/**
 * Services of AWS that routing is published to. A new one is a file beside this one with its resources and rights, and a line here;
 * and its adapter, with a line of the same name in `functions/adapters/aws/routing-services.ts`. Switch, variable, outputs and tests follow.
 */
import type { IRole } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { Row } from '../acknowledgements/acknowledge.ts'
import { RoutingConfig } from './routing-config.ts'

/** What a deployment asks of such a service. */
export interface RoutingService {
  /** What its adapter is told in the functions that publish. */
  places(): object
  /** Lets a role publish there, and nowhere else. */
  grantPublish(role: IRole): void
  /** Lets a role read the routing that is in force. */
  grantRead(role: IRole): void
  /** Output of the stack by which a runtime finds it. */
  readonly output: { readonly name: string; readonly value: object }
  /** Findings of the security rules that stand in it, by path below the rollouts. */
  findings(): readonly Row[]
}

/** By the context value that switches each on. */
export const ROUTING_SERVICES = {
  appconfig: (scope: Construct, intents: readonly string[]) => new RoutingConfig(scope, 'Routing', intents),
} satisfies Record<string, (scope: Construct, intents: readonly string[]) => RoutingService>

/** One of them. */
export type RoutingServiceName = keyof typeof ROUTING_SERVICES

/** All of them, in their order. */
export const ROUTING_SERVICE_NAMES = Object.keys(ROUTING_SERVICES) as RoutingServiceName[]
