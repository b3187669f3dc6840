/** Where the routing of each intent is published in AppConfig. Written by the deployment, read by its functions. */

/** Ids of AppConfig. An environment takes one deployment at a time: each intent has its own. */
export interface RoutingTarget {
  readonly application: string
  readonly environment: string
  readonly profile: string
}

/** Every place, and the two speeds at which a version is spread. */
export interface RoutingTargets {
  /** Deployment strategy of whatever goes forward. */
  readonly gradual: string
  /** Deployment strategy of whatever goes back. */
  readonly at_once: string
  /** By intent. */
  readonly intents: Readonly<Record<string, RoutingTarget>>
}
