/**
 * One environment of AppConfig with its clock, refusing what AWS refuses: one deployment at a time, a label once, and
 * StopDeployment by its documented states. Without `AllowRevert` only what is DEPLOYING can be stopped; with it whatever is in
 * progress rolls back, and what completed at most 72 hours ago is reverted.
 */
import {
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
import type { mockClient } from 'aws-sdk-client-mock'

/** How long strategies spread and bake, in minutes, by their id. */
const STRATEGIES: Readonly<Record<string, { readonly spread: number; readonly bake: number }>> = {
  slow: { spread: 30, bake: 10 },
  fast: { spread: 0, bake: 0 },
  /** AppConfig's own, which a person picks in the console. */
  'AppConfig.AllAtOnce': { spread: 0, bake: 10 },
}
const REVERTIBLE_MINUTES = 72 * 60
const IN_PROGRESS: readonly DeploymentState[] = ['VALIDATING', 'DEPLOYING', 'BAKING']

type Deployed = DeploymentSummary & { State: DeploymentState; strategy: string; minutes: number; before: string | null }

/** As much of a stub as is used: its own type knows each command's input. */
interface Stub {
  on(command: unknown): { callsFake(fake: (input: never) => unknown): unknown }
}

const because = (message: string) => ({ message, $metadata: {} })

export class FakeAppConfig {
  readonly labels: string[] = []
  /** The latest first. */
  readonly deployments: Deployed[] = []
  /** What somebody else does just before a deployment is started, once. */
  racing: (() => void) | null = null
  /** Answers that a look at versions comes too early for. */
  early = 0

  /** Has the commands of a mocked client answered here. */
  answer(aws: ReturnType<typeof mockClient>): void {
    const stub = aws as unknown as Stub
    stub.on(ListDeploymentsCommand).callsFake(() => ({ Items: this.deployments.slice(0, 1).map((d) => ({ ...d })) }))
    stub.on(ListHostedConfigurationVersionsCommand).callsFake(({ VersionLabel }: { VersionLabel: string }) => ({
      Items:
        this.early-- <= 0 && this.labels.includes(VersionLabel)
          ? [{ VersionNumber: this.labels.indexOf(VersionLabel) + 1 }]
          : [],
    }))
    stub.on(CreateHostedConfigurationVersionCommand).callsFake(({ VersionLabel }: { VersionLabel: string }) => {
      if (this.labels.includes(VersionLabel)) throw new ConflictException(because('the label is taken'))
      return { VersionNumber: this.labels.push(VersionLabel) }
    })
    stub
      .on(StartDeploymentCommand)
      .callsFake((input: { ConfigurationVersion: string; DeploymentStrategyId: string }) => {
        this.racing?.()
        this.racing = null
        this.start(this.labels[Number(input.ConfigurationVersion) - 1]!, input.DeploymentStrategyId)
      })
    stub
      .on(StopDeploymentCommand)
      .callsFake((input: { DeploymentNumber: number; AllowRevert?: boolean }) =>
        this.stop(input.DeploymentNumber, input.AllowRevert ?? false),
      )
  }

  start(label: string, strategy: string): void {
    const latest = this.deployments[0]
    if (latest && (IN_PROGRESS.includes(latest.State) || latest.State === 'ROLLING_BACK'))
      throw new ConflictException(because('the environment is being deployed to'))
    this.deployments.unshift({
      DeploymentNumber: this.deployments.length + 1,
      VersionLabel: label,
      DeploymentDurationInMinutes: STRATEGIES[strategy]!.spread,
      FinalBakeTimeInMinutes: STRATEGIES[strategy]!.bake,
      State: 'DEPLOYING',
      strategy,
      minutes: 0,
      before: this.served(),
    })
  }

  stop(number: number, allowRevert: boolean): void {
    const found = this.deployments.find((d) => d.DeploymentNumber === number)
    if (!found) throw new BadRequestException(because('no such deployment'))
    const { State, minutes, strategy } = found
    const { spread, bake } = STRATEGIES[strategy]!
    if (State === 'DEPLOYING' || (allowRevert && IN_PROGRESS.includes(State))) found.State = 'ROLLING_BACK'
    else if (allowRevert && State === 'COMPLETE' && minutes - spread - bake <= REVERTIBLE_MINUTES)
      found.State = 'REVERTED'
    else throw new BadRequestException(because(`a deployment that is ${State} cannot be stopped`))
  }

  /** Time passes: what spreads begins to bake, what baked is complete, what rolls back is back. */
  pass(minutes: number): void {
    const latest = this.deployments[0]
    if (!latest) return
    const { spread, bake } = STRATEGIES[latest.strategy]!
    latest.minutes += minutes
    if (latest.State === 'ROLLING_BACK') latest.State = 'ROLLED_BACK'
    else if (IN_PROGRESS.includes(latest.State))
      latest.State = latest.minutes < spread ? 'DEPLOYING' : latest.minutes < spread + bake ? 'BAKING' : 'COMPLETE'
  }

  /** An alarm rings. */
  alarm(): void {
    if (IN_PROGRESS.includes(this.deployments[0]!.State)) this.deployments[0]!.State = 'ROLLED_BACK'
  }

  /** Label that every runtime is served; while one spreads, the one that some are still served. */
  served(): string | null {
    const latest = this.deployments[0]
    if (!latest) return null
    return latest.State === 'BAKING' || latest.State === 'COMPLETE' ? latest.VersionLabel! : latest.before
  }

  /** What was deployed, the first at the front. */
  story(): (readonly [label: string, minutes: number, state: DeploymentState])[] {
    return this.deployments.map((d) => [d.VersionLabel!, d.DeploymentDurationInMinutes!, d.State] as const).reverse()
  }
}
