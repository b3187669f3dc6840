/**
 * Rollouts in AWS: the workflow that looks at production every hour, and the levers of people. Every function that moves a
 * rollout runs under the one role that may write releases; no other role of this stack can.
 */
import { Rule } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { AccountRootPrincipal, Policy, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { FORM_NAMES, type FormName } from '#schemas/forms.ts'
import type { RolloutConfig } from '#schemas/release.ts'
import type { StartRolloutInput } from '#schemas/rollout-payloads.ts'
import { DELIVERED, PRODUCTION_INBOX } from '#schemas/s3-keys.ts'
import { heldConfigs } from '../contracts.ts'
import { rolloutDefinition } from '../definitions/rollout.ts'
import { A_QUEUE, A_STATEFUL_STACK, JUDGES_OF_IT, needParts } from '../props.ts'
import type { Judges } from './judges.ts'
import { mayRead, mayWrite } from './rights.ts'
import { RolloutFunctions } from './rollout-functions.ts'
import {
  ROUTING_SERVICE_NAMES,
  ROUTING_SERVICES,
  type RoutingService,
  type RoutingServiceName,
} from './routing-services.ts'
import type { RuntimeFunction } from './runtime-function.ts'
import { endOf, stateMachine } from './state-machine.ts'
import type { OpenStores } from './workflow-rights.ts'

/** What is rolled out, and how. */
export interface RolloutsProps {
  /** Experience, ledger, journal and releases; the vault is none of its business. */
  readonly stores: OpenStores
  /** How each intent goes forward, and what brings it back. An intent without one is not rolled out. */
  readonly configs: Readonly<Record<string, RolloutConfig>>
  /** Takes rollouts that failed. */
  readonly deadLetters: IQueue
  /**
   * Services of AWS that routing is published to beside the releases.
   * @default - none
   */
  readonly services?: readonly RoutingServiceName[]
  /**
   * Forms that routing is written in beside the releases, one object an intent (`routing/INTENT.ENDING`), replaced with every move.
   * @default - none
   */
  readonly deliver?: readonly FormName[]
  /**
   * Modules that judge what was recorded: `judges` of `Autotune`.
   * @default - none
   */
  readonly judges?: Judges | undefined
}

/** Functions that the workflow calls. */
type Step = 'startRollout' | 'recordProduction' | 'evaluateStage'

/**
 * Rollouts of a deployment: five stages, each with its gate on production (DESIGN 7).
 * @throws RangeError for a configuration that is none, for what is no form or service, and for configurations that are too large for a workflow
 */
export class Rollouts extends Construct {
  /** One execution a rollout; one that lasts longer than three weeks goes on in another. */
  readonly workflow: StateMachine
  /** Lever of people: everyone is back on the baseline at once. Its payload is a `HandInput`. */
  readonly stop: IFunction
  /** Lever of people: a paused rollout goes on, with a new deadline. Its payload is a `HandInput`. */
  readonly resume: IFunction
  /** For the user's runtime to assume: hands in scored runs, and reads who gets which arm. */
  readonly runtime: Role
  /** By name; none: routing is published beside the releases alone. */
  readonly services: Readonly<Partial<Record<RoutingServiceName, RoutingService>>>
  /** Whether routing is delivered in forms beside the releases. */
  readonly delivers: boolean

  private readonly props: RolloutsProps

  constructor(scope: Construct, id: string, props: RolloutsProps) {
    super(scope, id)
    needParts({ stores: A_STATEFUL_STACK, deadLetters: A_QUEUE }, props, { judges: JUDGES_OF_IT })
    this.props = { ...props, configs: heldConfigs(props.configs) }
    needNames('rollouts.services', props.services ?? [], ROUTING_SERVICE_NAMES)
    needNames('rollouts.deliver', props.deliver ?? [], FORM_NAMES)
    this.delivers = (props.deliver ?? []).length > 0
    const intents = Object.keys(this.props.configs)
    this.services = Object.fromEntries(
      [...new Set(props.services)].map((name) => [name, ROUTING_SERVICES[name](this, intents)]),
    )
    for (const service of Object.values(this.services)) service.grantPublish(props.stores.releases.releaser)
    const functions = new RolloutFunctions(this, {
      stores: props.stores,
      services: this.services,
      judges: props.judges,
      deliver: props.deliver ?? [],
    })
    const startRollout = functions.startRollout()
    const evaluateStage = functions.evaluateStage()
    this.stop = functions.stopRollout().function
    this.resume = functions.resumeRollout().function
    const recordProduction = functions.recordProduction()
    this.workflow = this.rolloutWorkflow({ startRollout, recordProduction, evaluateStage })
    this.allowHandOver()
    this.runtime = this.runtimeRole()
    this.keepFailures()
  }

  private rolloutWorkflow(functions: Readonly<Record<Step, RuntimeFunction>>): StateMachine {
    const parts = {
      startRollout: functions.startRollout.function.functionArn,
      recordProduction: functions.recordProduction.function.functionArn,
      evaluateStage: functions.evaluateStage.function.functionArn,
    }
    return stateMachine(this, 'Workflow', {
      definition: rolloutDefinition({ ...parts, configs: handedOn(this.props.configs) }),
      functions: Object.values(parts),
    })
  }

  /** A policy of its own: the machine waits for its role's, and could not be named there. */
  private allowHandOver(): void {
    const { role, stateMachineArn } = this.workflow
    new Policy(this, 'HandOver', {
      roles: [role],
      statements: [new PolicyStatement({ actions: ['states:StartExecution'], resources: [stateMachineArn] })],
    })
  }

  private runtimeRole(): Role {
    const { experience, releases } = this.props.stores
    const runtime = new Role(this, 'Runtime', {
      assumedBy: new AccountRootPrincipal(),
      description: 'Hands in scored production runs and reads routing; assumed by the agent runtime',
    })
    runtime.addToPolicy(mayWrite(experience.bucket, `${PRODUCTION_INBOX}*`))
    const places = ['rollouts/*', ...(this.delivers ? [`${DELIVERED}*`] : [])]
    for (const statement of mayRead(releases.bucket, ...places)) runtime.addToPolicy(statement)
    for (const service of Object.values(this.services)) service.grantRead(runtime)
    return runtime
  }

  /** A rollout that failed is looked after by nobody until it is redriven: it must ring. */
  private keepFailures(): void {
    new Rule(this, 'RolloutFailed', {
      description: 'Keeps the failure of a rollout where failures are looked for; it can be redriven',
      eventPattern: endOf(this.workflow, 'FAILED', 'TIMED_OUT', 'ABORTED'),
      targets: [new SqsQueue(this.props.deadLetters)],
    })
  }
}

/** Throws RangeError for a list that holds what is no name of a kind. */
function needNames(prop: string, given: readonly string[], names: readonly string[]): void {
  const wrong = Array.isArray(given) ? given.find((name) => !names.includes(name)) : given
  if (wrong !== undefined)
    throw new RangeError(`${prop} holds ${JSON.stringify(wrong)}; it is a list of ${names.join(', ')}`)
}

/** A payload of Step Functions holds 256 KiB. */
const MOST_BYTES = 250_000

/** Each configuration once, with its intents: most intents are rolled out alike. */
function handedOn(configs: Readonly<Record<string, RolloutConfig>>): StartRolloutInput['configs'] {
  const alike = Map.groupBy(Object.entries(configs), ([, config]) => JSON.stringify(config))
  const handed = [...alike.values()].map((same) => ({ intents: same.map(([intent]) => intent), config: same[0]![1] }))
  const bytes = Buffer.byteLength(JSON.stringify(handed))
  if (bytes > MOST_BYTES)
    throw new RangeError(
      `${handed.length} different rollout configurations come to ${bytes} bytes; a workflow hands on ${MOST_BYTES}: give intents the same configuration, or deploy some of them with another one`,
    )
  return handed
}
