/** The functions of the review desk, one method each, with just what each may. */
import { Duration, Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Key } from 'aws-cdk-lib/aws-kms'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'
import { ENV } from '#schemas/env-names.ts'
import type { Judges } from './judges.ts'
import { mayRead, mayWrite } from './rights.ts'
import { RuntimeFunction } from './runtime-function.ts'
import type { OpenStores } from './workflow-rights.ts'

/** What the functions of a desk share. */
interface ReviewFunctionsProps {
  /** Experience, ledger and journal, and the releases, which are only read; the vault is none of its business. */
  readonly stores: OpenStores
  /** Modules that judge, for whoever replays a baseline. */
  readonly judges: Judges | undefined
  /** Key that links are signed under. */
  readonly linkKey: Key
}

/** Makes the functions in the scope of the desk. Each method is called once: its name is a construct id. */
export class ReviewFunctions {
  private readonly scope: Construct
  private readonly props: ReviewFunctionsProps

  constructor(scope: Construct, props: ReviewFunctionsProps) {
    this.scope = scope
    this.props = props
  }

  /** Files what another producer hands in, on a store that is what its journal says. It replays nothing and opens no review. */
  fileProposal(): RuntimeFunction {
    const { bucket, ledger } = this.places()
    const { releases } = this.props.stores
    return this.make(
      'FileProposal',
      'file-proposal',
      [
        ...mayRead(bucket, 'autotune/runs/*', 'cadence/quarterly/*', 'goldens/*', 'packs/*', 'proposals/*'),
        ...mayRead(releases.bucket, 'rollouts/*'),
        mayWrite(bucket, 'proposals/*'),
        ledger.mayCheck(),
        ledger.mayCreate('proposal'),
      ],
      { [ENV.releases]: releases.bucket.bucketName },
    )
  }

  /** Opens the review of a certified run or a filed proposal, on a store that is what its journal says; replays baseline and winner for the page. */
  openReview(): RuntimeFunction {
    const { bucket, ledger } = this.places()
    const { releases } = this.props.stores
    return this.make(
      'OpenReview',
      'open-review',
      [
        ...mayRead(
          bucket,
          'autotune/runs/*',
          'cadence/quarterly/*',
          'experience/*',
          'goldens/*',
          'packs/*',
          'proposals/*',
          'reviews/*/evidence-*',
        ),
        ...mayRead(releases.bucket, 'rollouts/*'),
        mayWrite(bucket, 'reviews/*/evidence-*'),
        ...(this.props.judges?.mayAsk('search') ?? []),
        ledger.mayCheck(),
        ledger.mayWrite('review', 'rejection'),
        ledger.mayCreate('proposal'),
      ],
      { [ENV.releases]: releases.bucket.bucketName, ...this.props.judges?.environment('search') },
    )
  }

  /** Signs a link for every seat and mails it from `sender`; `origin` is the scheme and host of the desk. */
  notifyReviewers(sender: string, origin: string): RuntimeFunction {
    const { ledger } = this.places()
    return this.make(
      'NotifyReviewers',
      'notify-reviewers',
      [ledger.mayRead('review'), this.mac('kms:GenerateMac'), this.maySend(sender)],
      { [ENV.sender]: sender, [ENV.deskOrigin]: origin },
    )
  }

  /** Keeps the task token that wakes the workflow. */
  holdReview(): RuntimeFunction {
    const { ledger } = this.places()
    return this.make('HoldReview', 'hold-review', [ledger.mayRead('review'), ledger.mayCreate('token')])
  }

  /** Reads how the review ended, and remembers a rejection. */
  settleReview(): RuntimeFunction {
    const { bucket, ledger } = this.places()
    return this.make('SettleReview', 'settle-review', [
      ...mayRead(bucket, 'autotune/runs/*'),
      ledger.mayRead('review', 'rejection'),
      ledger.mayWrite('review', 'rejection'),
    ])
  }

  /** Answers GET and HEAD. It cannot decide. */
  showReview(): RuntimeFunction {
    const { ledger } = this.places()
    return this.make('ShowReview', 'show-review', [...this.behindLinks(), ledger.mayRead('review')])
  }

  /** Answers GET and HEAD of the page of a rollout, for whoever holds a link of its review. It writes nothing. */
  showRollout(): RuntimeFunction {
    const { bucket, ledger } = this.places()
    return this.make('ShowRollout', 'show-rollout', [
      ...mayRead(bucket, 'autotune/runs/*', 'production/*', 'experience/index/*', 'experience/index-days/*'),
      ledger.mayRead('review', 'rollout', 'release', 'production'),
      this.mac('kms:VerifyMac'),
    ])
  }

  /** Answers POST, and is the only one that may wake the workflow. */
  recordDecision(workflow: StateMachine): RuntimeFunction {
    const { ledger } = this.places()
    return this.make('RecordDecision', 'record-decision', [
      ...this.behindLinks(),
      ledger.mayRead('review', 'rejection', 'token'),
      ledger.mayWrite('review', 'rejection'),
      ledger.mayRemove('token'),
      new PolicyStatement({ actions: ['states:SendTaskSuccess'], resources: [workflow.stateMachineArn] }),
    ])
  }

  private places() {
    const { experience, ledger } = this.props.stores
    return { bucket: experience.bucket, ledger }
  }

  private make(
    id: string,
    handler: string,
    statements: readonly PolicyStatement[],
    more: Readonly<Record<string, string>> = {},
  ): RuntimeFunction {
    const { bucket, ledger } = this.places()
    return new RuntimeFunction(this.scope, id, {
      handler,
      failure: 'called by Step Functions or API Gateway, which hand the failure to whoever asked',
      // The first replays a baseline; the others answer people.
      memory: handler === 'open-review' ? 3008 : 1024,
      timeout: ON_A_CHECKED_STORE.has(handler) ? Duration.minutes(15) : Duration.seconds(25),
      environment: {
        [ENV.bucket]: bucket.bucketName,
        [ENV.table]: ledger.table.tableName,
        [ENV.linkKey]: this.props.linkKey.keyArn,
        ...more,
      },
      statements,
      ...(DECIDING.has(handler) ? { journal: this.props.stores.journal } : {}),
    })
  }

  /** What both functions behind a link may: check it, read what it shows, keep an attempt that was refused. */
  private behindLinks(): PolicyStatement[] {
    const { bucket } = this.places()
    return [
      ...mayRead(bucket, 'autotune/runs/*', 'proposals/*', 'reviews/*/evidence-*'),
      mayWrite(bucket, 'reviews/*/attempts/*'),
      this.mac('kms:VerifyMac'),
    ]
  }

  private mac(action: 'kms:GenerateMac' | 'kms:VerifyMac'): PolicyStatement {
    return new PolicyStatement({ actions: [action], resources: [this.props.linkKey.keyArn] })
  }

  /** Any identity, as the sender alone: a sandbox asks for the right on the recipient's identity too. */
  private maySend(sender: string): PolicyStatement {
    return new PolicyStatement({
      actions: ['ses:SendEmail'],
      resources: [Stack.of(this.scope).formatArn({ service: 'ses', resource: 'identity', resourceName: '*' })],
      conditions: { StringEquals: { 'ses:FromAddress': sender } },
    })
  }
}

/** Those that look at the whole journal first. */
const ON_A_CHECKED_STORE: ReadonlySet<string> = new Set(['file-proposal', 'open-review'])
/** Those that write reviews, or what is reviewed. */
const DECIDING: ReadonlySet<string> = new Set(['file-proposal', 'open-review', 'record-decision', 'settle-review'])
