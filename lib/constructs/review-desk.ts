/**
 * Review in AWS: the workflow that waits for people, and the desk that they decide at. Reads like a diagram:
 * end of a tuning run -> review workflow -> notices -> HTTP API -> decision -> the workflow goes on.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import { HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { Rule } from 'aws-cdk-lib/aws-events'
import { SfnStateMachine, SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms'
import type { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { IStateMachine, StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { REVIEW_PATH, ROLLOUT_PATH } from '#schemas/review-desk.ts'
import type { ReviewDeskConfig } from '#schemas/reviewers.ts'
import { heldDesk } from '../contracts.ts'
import { reviewDefinition } from '../definitions/review.ts'
import { A_QUEUE, A_STATEFUL_STACK, A_WORKFLOW, JUDGES_OF_IT, needParts } from '../props.ts'
import type { Judges } from './judges.ts'
import { ReviewFunctions } from './review-functions.ts'
import { denyUnless } from './rights.ts'
import type { RuntimeFunction } from './runtime-function.ts'
import { logGroup } from './runtime-settings.ts'
import { endOf, stateMachine } from './state-machine.ts'
import type { OpenStores } from './workflow-rights.ts'

/** Who reviews, what is reviewed, and what follows. */
export interface ReviewDeskProps {
  /** Experience, ledger and journal, and the releases, which are only read; the vault is none of its business. */
  readonly stores: OpenStores
  /** Who reviews for which role, and who writes to them. */
  readonly config: ReviewDeskConfig
  /** The tuning workflow: each of its runs that ends well is looked at, and a certified one is reviewed. */
  readonly tuning: IStateMachine
  /** Takes starts that could not be delivered, and reviews that failed. */
  readonly deadLetters: IQueue
  /**
   * The rollout workflow that an approval starts.
   * @default - an approval starts nothing
   */
  readonly rollout?: IStateMachine | undefined
  /**
   * Modules that judge what was recorded: `judges` of `Autotune`.
   * @default - none
   */
  readonly judges?: Judges | undefined
}

/** Requests a second, over all links: people read for minutes, scanners may wait. */
const THROTTLE = { rateLimit: 10, burstLimit: 40 }

/** Functions that the workflow calls. */
type Step = 'fileProposal' | 'openReview' | 'notifyReviewers' | 'holdReview' | 'settleReview'

/**
 * The review of certified runs. It decides nothing by itself, and holds no right on the vault or the releases.
 * @throws RangeError for a configuration that is none
 */
export class ReviewDesk extends Construct {
  /** One execution a review; it waits for people, up to the days that the configuration gives them. */
  readonly workflow: StateMachine
  /** Where links lead: GET and HEAD to show and POST to decide; GET and HEAD of the rollout that a link led to. */
  readonly api: HttpApi
  /** Key that links are signed under. It goes with the desk: links of a desk that is gone open nothing. */
  readonly linkKey: Key

  private readonly props: ReviewDeskProps

  constructor(scope: Construct, id: string, props: ReviewDeskProps) {
    super(scope, id)
    needParts({ stores: A_STATEFUL_STACK, tuning: A_WORKFLOW, deadLetters: A_QUEUE }, props, {
      rollout: A_WORKFLOW,
      judges: JUDGES_OF_IT,
    })
    this.props = { ...props, config: heldDesk(props.config) }
    this.linkKey = this.signingKey()
    this.api = new HttpApi(this, 'Api', { description: 'Review desk', createDefaultStage: false })
    const functions = new ReviewFunctions(this, { stores: props.stores, linkKey: this.linkKey, judges: props.judges })
    const fileProposal = functions.fileProposal()
    const openReview = functions.openReview()
    const notifyReviewers = functions.notifyReviewers(this.props.config.sender, this.api.apiEndpoint)
    const holdReview = functions.holdReview()
    const settleReview = functions.settleReview()
    this.workflow = this.reviewWorkflow({ fileProposal, openReview, notifyReviewers, holdReview, settleReview })
    const show = functions.showReview()
    const decide = functions.recordDecision(this.workflow)
    const watch = functions.showRollout()
    this.route('Show', show, REVIEW_PATH, HttpMethod.GET, HttpMethod.HEAD)
    this.route('Decide', decide, REVIEW_PATH, HttpMethod.POST)
    this.route('Watch', watch, ROLLOUT_PATH, HttpMethod.GET, HttpMethod.HEAD)
    this.publish(logGroup(this, 'AccessLog'))
    this.only('DenySigning', 'kms:GenerateMac', notifyReviewers)
    this.only('DenyChecking', 'kms:VerifyMac', show, decide, watch)
    this.startAfterRuns()
    this.keepFailures()
  }

  private signingKey(): Key {
    return new Key(this, 'LinkKey', {
      description: 'Signs the links of reviews',
      keySpec: KeySpec.HMAC_256,
      keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
      removalPolicy: RemovalPolicy.DESTROY,
      pendingWindow: Duration.days(30),
    })
  }

  private reviewWorkflow(functions: Readonly<Record<Step, RuntimeFunction>>): StateMachine {
    const { rollout, config } = this.props
    const parts = {
      fileProposal: functions.fileProposal.function.functionArn,
      openReview: functions.openReview.function.functionArn,
      notifyReviewers: functions.notifyReviewers.function.functionArn,
      holdReview: functions.holdReview.function.functionArn,
      settleReview: functions.settleReview.function.functionArn,
    }
    return stateMachine(this, 'Workflow', {
      definition: reviewDefinition({
        ...parts,
        roles: config.roles,
        expiresHours: config.expires_hours,
        rolloutMachine: rollout?.stateMachineArn ?? null,
      }),
      functions: Object.values(parts),
      statements: rollout
        ? [new PolicyStatement({ actions: ['states:StartExecution'], resources: [rollout.stateMachineArn] })]
        : [],
    })
  }

  private route(id: string, to: RuntimeFunction, below: string, ...methods: HttpMethod[]): void {
    const integration = new HttpLambdaIntegration(id, to.function)
    this.api.addRoutes({ path: `${below}{token}`, methods, integration })
  }

  private publish(log: LogGroup): void {
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: THROTTLE,
      accessLogSettings: {
        destination: new LogGroupLogDestination(log),
        format: AccessLogFormat.custom(JSON.stringify(LOGGED)),
      },
    })
  }

  /** Whatever else is granted in this account, nobody but these functions uses the key so. */
  private only(sid: string, action: string, ...functions: readonly RuntimeFunction[]): void {
    const roles = functions.map((f) => f.function.role!)
    this.linkKey.addToResourcePolicy(denyUnless(roles, sid, [action], ['*']))
  }

  /** The tuning workflow is told nothing of reviews: its end is heard, and its role keeps no right here. */
  private startAfterRuns(): void {
    const { tuning, deadLetters } = this.props
    const target = new SfnStateMachine(this.workflow, {
      deadLetterQueue: deadLetters,
      retryAttempts: 10,
      maxEventAge: Duration.hours(12),
    })
    new Rule(this, 'RunEnded', {
      description: 'Reviews what a tuning run certified',
      eventPattern: endOf(tuning, 'SUCCEEDED'),
      targets: [target],
    })
  }

  private keepFailures(): void {
    new Rule(this, 'ReviewFailed', {
      description: 'Keeps the failure of a review where failures are looked for; it can be redriven',
      eventPattern: endOf(this.workflow, 'FAILED', 'TIMED_OUT', 'ABORTED'),
      targets: [new SqsQueue(this.props.deadLetters)],
    })
  }
}

/** What is logged of a request. The route in place of the path: a link is a credential, and no log may hold one. */
const LOGGED = {
  id: '$context.requestId',
  time: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  agent: '$context.identity.userAgent',
  route: '$context.routeKey',
  status: '$context.status',
  bytes: '$context.responseLength',
  error: '$context.error.message',
}
