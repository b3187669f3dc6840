/** Where the routing of each intent is published in AppConfig. Written by the deployment, read by its functions. */

/** Ids of AppConfig. An environment takes one deployment at a time: each intent has its own application. */
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
  /** By intent, `APPLICATION/ENVIRONMENT/PROFILE`: an environment of a function holds 4 KB, over all intents together. */
  readonly intents: Readonly<Record<string, string>>
}

/** The place of an intent; undefined where the deployment names none for it. */
export function placeOf({ intents }: RoutingTargets, intent: string): RoutingTarget | undefined {
  const [application, environment, profile] = intents[intent]?.split('/') ?? []
  return application && environment && profile ? { application, environment, profile } : undefined
}
