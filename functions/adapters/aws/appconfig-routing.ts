/**
 * Publishes routing as AppConfig hosted configuration. An environment takes one deployment at a time, so this looks at the
 * latest one, does the one thing that brings it nearer, and looks again; whoever died on the way left nothing to undo.
 */
import {
  type AppConfigClient,
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
import type { RoutingPublisher } from '#ports'
import { placeOf, type RoutingTarget, type RoutingTargets } from '#schemas/routing-targets.ts'
import { appConfigOf, type HostedConfiguration } from '../delivery/appconfig-document.ts'

interface AppConfigRoutingOptions {
  readonly client: AppConfigClient
  readonly places: RoutingTargets
  /** Waits a little before the next look. */
  readonly pause?: () => Promise<unknown>
}

/** Looks before it gives up: two minutes of them. A deployment at once takes seconds, and so does stopping one. */
const MOST_LOOKS = 60
const twoSeconds = () => new Promise((done) => setTimeout(done, 2000))

const RUNNING: readonly (DeploymentState | undefined)[] = ['VALIDATING', 'DEPLOYING', 'BAKING']

/** An intent that the deployment names no place for is published nowhere. */
export function appConfigRouting({ client, places, pause = twoSeconds }: AppConfigRoutingOptions): RoutingPublisher {
  return {
    async publish(routing, atOnce) {
      const place = placeOf(places, routing.intent)
      if (!place) return
      const hosted = appConfigOf(routing)
      const label = hosted.VersionLabel
      const strategy = atOnce ? places.at_once : places.gradual
      let started = false
      for (let looks = 0; looks < MOST_LOOKS; looks++) {
        const latest = await latestDeployment(client, place)
        const own = latest?.VersionLabel === label
        const running = RUNNING.includes(latest?.State)
        // Also one that somebody deployed by hand at once and that bakes, as AppConfig.AllAtOnce does for ten minutes.
        const lasts = latest?.DeploymentDurationInMinutes !== 0 || latest.FinalBakeTimeInMinutes !== 0
        if (own && (latest.State === 'COMPLETE' || (running && !atOnce))) return
        if (own && started && !running) throw new Error(`${label} was rolled back by AppConfig: does an alarm ring?`)
        if (running && lasts) await stop(client, place, latest!)
        else if (!running && latest?.State !== 'ROLLING_BACK') {
          started = await start(client, place, strategy, await versionOf(client, place, hosted))
          if (started && !atOnce) return
        }
        await pause()
      }
      throw new Error(`${label} is not in force in AppConfig yet: another deployment does not end`)
    },
  }
}

async function latestDeployment(client: AppConfigClient, place: RoutingTarget): Promise<DeploymentSummary | undefined> {
  const { application: ApplicationId, environment: EnvironmentId } = place
  // The latest comes first.
  return (await client.send(new ListDeploymentsCommand({ ApplicationId, EnvironmentId, MaxResults: 1 }))).Items?.[0]
}

/** Number of the version under this label, made where there is none. */
async function versionOf(client: AppConfigClient, place: RoutingTarget, hosted: HostedConfiguration): Promise<number> {
  const profile = { ApplicationId: place.application, ConfigurationProfileId: place.profile }
  const known = async (): Promise<number | undefined> =>
    (await client.send(new ListHostedConfigurationVersionsCommand({ ...profile, VersionLabel: hosted.VersionLabel })))
      .Items?.[0]?.VersionNumber
  const standing = await known()
  if (standing !== undefined) return standing
  const version = { ...profile, ...hosted, Content: Buffer.from(hosted.Content, 'utf8') }
  try {
    return (await client.send(new CreateHostedConfigurationVersionCommand(version))).VersionNumber!
  } catch (error) {
    // A label is taken once: another attempt was faster.
    const made = error instanceof ConflictException || error instanceof BadRequestException ? await known() : undefined
    if (made === undefined) throw error
    return made
  }
}

/** `false`: another deployment was faster. */
async function start(
  client: AppConfigClient,
  place: RoutingTarget,
  strategy: string,
  version: number,
): Promise<boolean> {
  const deployment = {
    ApplicationId: place.application,
    EnvironmentId: place.environment,
    ConfigurationProfileId: place.profile,
    ConfigurationVersion: String(version),
    DeploymentStrategyId: strategy,
  }
  try {
    await client.send(new StartDeploymentCommand(deployment))
    return true
  } catch (error) {
    if (error instanceof ConflictException) return false
    throw error
  }
}

/**
 * Takes a deployment back. Without `AllowRevert` AppConfig stops only what is DEPLOYING, and not what bakes; with it one that
 * was complete a moment before is reverted, which what is deployed next replaces anyway.
 */
async function stop(client: AppConfigClient, place: RoutingTarget, deployment: DeploymentSummary): Promise<void> {
  const { application: ApplicationId, environment: EnvironmentId } = place
  const { DeploymentNumber } = deployment
  try {
    await client.send(new StopDeploymentCommand({ ApplicationId, EnvironmentId, DeploymentNumber, AllowRevert: true }))
  } catch (error) {
    // It was taken back by an alarm meanwhile: the next look sees how.
    if (!(error instanceof BadRequestException || error instanceof ConflictException)) throw error
  }
}
