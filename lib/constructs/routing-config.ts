/**
 * Routing in AppConfig: per intent an application with one environment and one hosted configuration profile, spread by a
 * strategy that goes forward slowly and one that goes back at once.
 */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import {
  CfnApplication,
  CfnConfigurationProfile,
  CfnDeploymentStrategy,
  CfnEnvironment,
} from 'aws-cdk-lib/aws-appconfig'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { type IRole, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import * as z from 'zod'
import { Routing } from '#schemas/release.ts'
import type { RoutingTarget, RoutingTargets } from '#schemas/routing-targets.ts'
import { type Row, wildcard } from '../acknowledgements/acknowledge.ts'
import { deploymentName, namespaceOf } from './metrics-namespace.ts'
import { RunbookAlarm } from './runbook-alarm.ts'
import { runtimeOf } from './runtime-settings.ts'

/** A step forward reaches a fifth of the runtimes every six minutes, and can be taken back by the alarm for ten more. */
const FORWARD = { growthFactor: 20, deploymentDurationInMinutes: 30, finalBakeTimeInMinutes: 10 }
/** A way back reaches everyone at once, and no alarm holds it up. */
const BACK = { growthFactor: 100, deploymentDurationInMinutes: 0, finalBakeTimeInMinutes: 0 }

const PARTS =
  'environment, profile and deployments of the one application of an intent; deployments have numbers that do not exist at synthesis'
const DESCRIBES =
  'AppConfig looks alarms up with this role, and may do nothing else with it: its guide asks for every alarm'

/** AppConfig reads JSON Schema draft 4 of at most this many characters. */
const VALIDATOR_MAX = 32_768

/**
 * Places in AppConfig where the routing of each intent is published, beside the releases.
 * @throws RangeError when the shape of a routing is longer than AppConfig takes
 */
export class RoutingConfig extends Construct {
  /** Where the routing of each intent lies; its ids are tokens until deployment. */
  readonly intents: Readonly<Record<string, RoutingTarget>>
  /** The applications, one an intent, in the order of the intents. */
  private readonly applications: CfnApplication[] = []
  private readonly strategies: Pick<RoutingTargets, 'gradual' | 'at_once'>

  constructor(scope: Construct, id: string, intents: readonly string[]) {
    super(scope, id)
    const alarm = this.lookFailed()
    const monitor = new Role(this, 'Monitor', {
      assumedBy: new ServicePrincipal('appconfig.amazonaws.com'),
      description: 'Looks at the alarm that rolls a deployment of routing back',
    })
    // What AppConfig asks for; it takes no single alarm.
    monitor.addToPolicy(new PolicyStatement({ actions: ['cloudwatch:DescribeAlarms'], resources: ['*'] }))
    const monitors = [{ alarmArn: alarm.alarmArn, alarmRoleArn: monitor.roleArn }]
    const strategy = (name: string, shape: typeof FORWARD) =>
      new CfnDeploymentStrategy(this, name, {
        name: `${deploymentName(this).slice(0, 63 - name.length)}-${name}`,
        growthType: 'LINEAR',
        replicateTo: 'NONE',
        ...shape,
      }).ref
    this.strategies = { gradual: strategy('Forward', FORWARD), at_once: strategy('Back', BACK) }
    this.intents = Object.fromEntries(intents.map((intent) => [intent, this.place(intent, monitors)]))
  }

  private place(intent: string, monitors: CfnEnvironment.MonitorsProperty[]): RoutingTarget {
    const scope = new Construct(this, intent)
    const application = new CfnApplication(scope, 'Application', {
      name: `${deploymentName(this)}-${intent}`.slice(0, 64),
      description: `Who is served which release of ${intent}`,
    })
    this.applications.push(application)
    const at = { applicationId: application.ref }
    const environment = new CfnEnvironment(scope, 'Environment', { ...at, name: 'production', monitors })
    const profile = new CfnConfigurationProfile(scope, 'Profile', {
      ...at,
      name: 'routing',
      locationUri: 'hosted',
      validators: [{ type: 'JSON_SCHEMA', content: validator() }],
    })
    // AppConfig deletes no profile that has versions, and a runtime may still read the last one.
    const { logRemoval: removal = RemovalPolicy.RETAIN } = runtimeOf(this)
    for (const kept of [application, environment, profile]) kept.applyRemovalPolicy(removal)
    return { application: application.ref, environment: environment.ref, profile: profile.ref }
  }

  /**
   * A look at production that failed: nobody sees harm. It is over five minutes later, so that it does not stand in the
   * way of who goes back by hand; a failure that stays is for the dead letters to ring.
   */
  private lookFailed(): RunbookAlarm {
    return new RunbookAlarm(this, 'LookFailed', {
      anchor: 'dead-letters',
      what: 'A look at the production of a rollout failed; routing that is being deployed is rolled back.',
      metric: new Metric({
        namespace: namespaceOf(this),
        metricName: 'Failed',
        dimensionsMap: { service: 'evaluate-stage' },
        statistic: 'Sum',
        period: Duration.minutes(5),
      }),
    })
  }

  private arn(path: string): string {
    return Stack.of(this).formatArn({ service: 'appconfig', resource: path })
  }

  /** Where a runtime finds the routing of each intent. */
  get output() {
    return { name: 'RoutingInAppConfig', value: this.intents }
  }

  /** The ids hold the names of its intents. */
  findings(): Row[] {
    const parts = this.applications.map((application, i): Row => {
      const id = `<${Stack.of(application).getLogicalId(application)}>`
      const wide = wildcard(`arn:<AWS::Partition>:appconfig:<AWS::Region>:<AWS::AccountId>:application/${id}/*`)
      return [`Routing/Publish${Math.floor(i / INTENTS_A_POLICY)}/Resource`, wide, PARTS]
    })
    return [...parts, ['Routing/Monitor/DefaultPolicy/Resource', wildcard('*'), DESCRIBES]]
  }

  /** What the functions that publish are told. */
  places(): RoutingTargets {
    const short = ({ application, environment, profile }: RoutingTarget) =>
      [application, environment, profile].join('/')
    return {
      ...this.strategies,
      intents: Object.fromEntries(Object.entries(this.intents).map(([intent, place]) => [intent, short(place)])),
    }
  }

  /** Lets a role make versions, and start and stop their deployments, at these places alone. */
  grantPublish(role: IRole): void {
    this.grant('Publish', role, (places) => [
      new PolicyStatement({
        actions: [
          'appconfig:CreateHostedConfigurationVersion',
          'appconfig:ListDeployments',
          'appconfig:ListHostedConfigurationVersions',
          'appconfig:StartDeployment',
          'appconfig:StopDeployment',
        ],
        // An application, and its environment, profile and deployments.
        resources: places.flatMap(({ application }) =>
          ['', '/*'].map((part) => this.arn(`application/${application}${part}`)),
        ),
      }),
      new PolicyStatement({
        actions: ['appconfig:StartDeployment'],
        resources: Object.values(this.strategies).map((strategy) => this.arn(`deploymentstrategy/${strategy}`)),
      }),
    ])
  }

  /** Lets a role read the routing that is in force. */
  grantRead(role: IRole): void {
    this.grant('Read', role, (places) => [
      new PolicyStatement({
        actions: ['appconfig:StartConfigurationSession', 'appconfig:GetLatestConfiguration'],
        resources: places.map(({ application, environment, profile }) =>
          this.arn(`application/${application}/environment/${environment}/configuration/${profile}`),
        ),
      }),
    ])
  }

  /** Managed policies, each over as many intents as it holds: ids are made by AppConfig and share no prefix. */
  private grant(id: string, role: IRole, statements: (places: readonly RoutingTarget[]) => PolicyStatement[]): void {
    const places = Object.values(this.intents)
    for (let from = 0; from < places.length; from += INTENTS_A_POLICY)
      new ManagedPolicy(this, `${id}${from / INTENTS_A_POLICY}`, {
        roles: [role],
        statements: statements(places.slice(from, from + INTENTS_A_POLICY)),
      })
  }
}

/** Two ARNs of at most 80 characters an intent, in a policy of at most 6,144. */
const INTENTS_A_POLICY = 30

/** The shape of a routing document as AppConfig checks it before it deploys a version. */
function validator(): string {
  const content = JSON.stringify(z.toJSONSchema(Routing, { target: 'draft-4' }))
  if (content.length > VALIDATOR_MAX)
    throw new RangeError(`the schema of a routing has ${content.length} characters, AppConfig takes ${VALIDATOR_MAX}`)
  return content
}
