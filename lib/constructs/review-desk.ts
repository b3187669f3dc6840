/**
 * Review in AWS: the workflow that waits for people, and the desk that they decide at. Reads like a diagram:
 * end of a tuning run -> review workflow -> notices -> HTTP API -> decision -> the workflow goes on.
 */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import { HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { Rule } from 'aws-cdk-lib/aws-events'
import { SfnStateMachine, SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { IStateMachine, StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { ENV } from '#schemas/env-names.ts'
import { REVIEW_PATH } from '#schemas/review-desk.ts'
import type { ReviewDeskConfig } from '#schemas/reviewers.ts'
import { reviewDefinition } from '../definitions/review.ts'
import { denyUnless, mayRead, mayWrite } from './rights.ts'
import { RuntimeFunction } from './runtime-function.ts'
import { stateMachine } from './state-machine.ts'
import type { Stores } from './workflow-functions.ts'

export interface ReviewDeskProps {
  /** Experience and ledger; the vault is none of its business. */
  readonly stores: Pick<Stores, 'experience' | 'ledger'>
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
}

/** Requests a second, over all links: people read for minutes, scanners may wait. */
const THROTTLE = { rateLimit: 10, burstLimit: 40 }

export class ReviewDesk extends Construct {
  readonly workflow: StateMachine
  readonly api: HttpApi
  /** Key that links are signed under. It goes with the desk: links of a desk that is gone open nothing. */
  readonly linkKey: Key

  private readonly props: ReviewDeskProps

  constructor(scope: Construct, id: string, props: ReviewDeskProps) {
    super(scope, id)
    this.props = props
    const { rollout } = props
    const { roles, expires_hours, sender } = props.config
    const { bucket } = props.stores.experience
    const { ledger } = props.stores
    this.linkKey = new Key(this, 'LinkKey', {
      description: 'Signs the links of reviews',
      keySpec: KeySpec.HMAC_256,
      keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
      removalPolicy: RemovalPolicy.DESTROY,
      pendingWindow: Duration.days(30),
    })
    this.api = new HttpApi(this, 'Api', { description: 'Review desk', createDefaultStage: false })
    const openReview = this.make('OpenReview', 'open-review', [
      ...mayRead(bucket, 'autotune/runs/*', 'goldens/*', 'reviews/*/evidence-*'),
      mayWrite(bucket, 'reviews/*/evidence-*'),
      ledger.mayRead('review', 'rejection'),
      ledger.mayWrite('review', 'rejection'),
      ledger.mayCreate('proposal'),
    ])
    const notifyReviewers = this.make(
      'NotifyReviewers',
      'notify-reviewers',
      [ledger.mayRead('review'), this.mac('kms:GenerateMac'), this.maySend(sender)],
      { [ENV.sender]: sender, [ENV.deskOrigin]: this.api.apiEndpoint },
    )
    const holdReview = this.make('HoldReview', 'hold-review', [ledger.mayRead('review'), ledger.mayCreate('token')])
    const settleReview = this.make('SettleReview', 'settle-review', [
      ...mayRead(bucket, 'autotune/runs/*'),
      ledger.mayRead('review', 'rejection'),
      ledger.mayWrite('review', 'rejection'),
    ])
    const parts = {
      openReview: openReview.function.functionArn,
      notifyReviewers: notifyReviewers.function.functionArn,
      holdReview: holdReview.function.functionArn,
      settleReview: settleReview.function.functionArn,
    }
    this.workflow = stateMachine(this, 'Workflow', {
      definition: reviewDefinition({
        ...parts,
        roles,
        expiresHours: expires_hours,
        rolloutMachine: rollout?.stateMachineArn ?? null,
      }),
      functions: Object.values(parts),
      statements: rollout
        ? [new PolicyStatement({ actions: ['states:StartExecution'], resources: [rollout.stateMachineArn] })]
        : [],
    })
    const { show, decide } = this.serve()
    this.only('DenySigning', 'kms:GenerateMac', notifyReviewers)
    this.only('DenyChecking', 'kms:VerifyMac', show, decide)
    this.startAfterRuns()
  }

  private make(
    id: string,
    handler: string,
    statements: readonly PolicyStatement[],
    more: Readonly<Record<string, string>> = {},
  ): RuntimeFunction {
    const { experience, ledger } = this.props.stores
    return new RuntimeFunction(this, id, {
      handler,
      // The first replays a baseline; the others answer people.
      memory: handler === 'open-review' ? 3008 : 1024,
      timeout: handler === 'open-review' ? Duration.minutes(15) : Duration.seconds(25),
      environment: {
        [ENV.bucket]: experience.bucket.bucketName,
        [ENV.table]: ledger.table.tableName,
        [ENV.linkKey]: this.linkKey.keyArn,
        ...more,
      },
      statements,
    })
  }

  private mac(action: 'kms:GenerateMac' | 'kms:VerifyMac'): PolicyStatement {
    return new PolicyStatement({ actions: [action], resources: [this.linkKey.keyArn] })
  }

  /** Whatever else is granted in this account, nobody but these functions uses the key so. */
  private only(sid: string, action: string, ...functions: readonly RuntimeFunction[]): void {
    const roles = functions.map((f) => f.function.role!)
    this.linkKey.addToResourcePolicy(denyUnless(roles, sid, [action], ['*']))
  }

  /** Any identity, as the sender alone: a sandbox asks for the right on the recipient's identity too. */
  private maySend(sender: string): PolicyStatement {
    return new PolicyStatement({
      actions: ['ses:SendEmail'],
      resources: [Stack.of(this).formatArn({ service: 'ses', resource: 'identity', resourceName: '*' })],
      conditions: { StringEquals: { 'ses:FromAddress': sender } },
    })
  }

  /** GET and HEAD go to a function that cannot decide; POST goes to the one that can. */
  private serve(): { readonly show: RuntimeFunction; readonly decide: RuntimeFunction } {
    const { bucket } = this.props.stores.experience
    const { ledger } = this.props.stores
    const reading = [
      ...mayRead(bucket, 'autotune/runs/*', 'reviews/*/evidence-*'),
      mayWrite(bucket, 'reviews/*/attempts/*'),
      this.mac('kms:VerifyMac'),
    ]
    const show = this.make('ShowReview', 'show-review', [...reading, ledger.mayRead('review')])
    const decide = this.make('RecordDecision', 'record-decision', [
      ...reading,
      ledger.mayRead('review', 'rejection', 'token'),
      ledger.mayWrite('review', 'rejection'),
      ledger.mayRemove('token'),
      new PolicyStatement({ actions: ['states:SendTaskSuccess'], resources: [this.workflow.stateMachineArn] }),
    ])
    const path = `${REVIEW_PATH}{token}`
    this.api.addRoutes({
      path,
      methods: [HttpMethod.GET, HttpMethod.HEAD],
      integration: new HttpLambdaIntegration('Show', show.function),
    })
    this.api.addRoutes({
      path,
      methods: [HttpMethod.POST],
      integration: new HttpLambdaIntegration('Decide', decide.function),
    })
    const log = new LogGroup(this, 'AccessLog', {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.RETAIN,
    })
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: THROTTLE,
      accessLogSettings: {
        destination: new LogGroupLogDestination(log),
        // The route in place of the path: a link is a credential, and no log may hold one.
        format: AccessLogFormat.custom(
          JSON.stringify({
            id: '$context.requestId',
            time: '$context.requestTime',
            ip: '$context.identity.sourceIp',
            agent: '$context.identity.userAgent',
            route: '$context.routeKey',
            status: '$context.status',
            bytes: '$context.responseLength',
            error: '$context.error.message',
          }),
        ),
      },
    })
    return { show, decide }
  }

  /** The tuning workflow is told nothing of reviews: its end is heard, and its role keeps no right here. */
  private startAfterRuns(): void {
    const { tuning, deadLetters } = this.props
    new Rule(this, 'RunEnded', {
      description: 'Reviews what a tuning run certified',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [tuning.stateMachineArn], status: ['SUCCEEDED'] },
      },
      targets: [
        new SfnStateMachine(this.workflow, {
          deadLetterQueue: deadLetters,
          retryAttempts: 10,
          maxEventAge: Duration.hours(12),
        }),
      ],
    })
    new Rule(this, 'ReviewFailed', {
      description: 'Keeps the failure of a review where failures are looked for; it can be redriven',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [this.workflow.stateMachineArn], status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
      },
      targets: [new SqsQueue(deadLetters)],
    })
  }
}
