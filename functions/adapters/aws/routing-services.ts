/** Services of AWS that routing is published to, by the names of `lib/constructs/routing-services.ts`. What a deployment says of its places there, the adapter reads. */
import { AppConfigClient } from '@aws-sdk/client-appconfig'
import type { RoutingPublisher } from '#ports'
import { appConfigRouting } from './appconfig-routing.ts'

export const ROUTING_PUBLISHERS: Readonly<Record<string, (places: string) => RoutingPublisher>> = {
  appconfig: (places) => appConfigRouting({ client: new AppConfigClient(), places: JSON.parse(places) }),
}
