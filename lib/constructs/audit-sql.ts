/**
 * SQL for auditors in AWS: the tables of the export kept beside the store by a function that runs when something ended, a
 * catalogue of them, a workgroup of Athena with a limit, and the one role that may ask. Reads like a diagram:
 * function -> when it runs -> catalogue -> workgroup -> auditor.
 */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena'
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch'
import { AccountRootPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { ENV } from '#schemas/env-names.ts'
import { AUDIT_TABLES } from '#schemas/s3-keys.ts'
import { A_QUEUE, A_STATEFUL_STACK, needParts, WORKFLOWS } from '../props.ts'
import { AuditCatalogue } from './audit-catalogue.ts'
import { ABANDONED_UPLOADS, bucketDefaults, logBucket } from './log-bucket.ts'
import { deploymentName } from './metrics-namespace.ts'
import { MOST_DAYS, whole, wholeTime } from './ranges.ts'
import { mayRead, mayWrite } from './rights.ts'
import { callOn, RunbookAlarm } from './runbook-alarm.ts'
import { RuntimeFunction } from './runtime-function.ts'
import { runtimeOf } from './runtime-settings.ts'
import { callAfterEnds } from './whatever-ended.ts'
import type { OpenStores } from './workflow-rights.ts'

/** How much may be asked, and how long answers stay. */
export interface AuditSqlSettings {
  /**
   * Bytes that one query may read at most, from 10,000,000 on: Athena ends one that reads more.
   * @default 10,000,000,000: 5 cents at 5 USD a terabyte
   */
  readonly bytesPerQuery?: number
  /**
   * How long answers of queries stay: whole days.
   * @default Duration.days(30)
   */
  readonly resultsStay?: Duration
}

/** What is told as tables, and after what. */
export interface AuditSqlProps extends AuditSqlSettings {
  /** Everything but the vault, which no export opens. */
  readonly stores: OpenStores
  /** Workflows after whose ends the tables are brought up to date. */
  readonly after: readonly StateMachine[]
  /** Takes what could not be written. */
  readonly deadLetters: IQueue
}

/** Athena takes no lower limit. */
const LEAST_BYTES = 10_000_000

/** Tables of a deployment for SQL, and who may ask them. @throws RangeError for a limit that Athena does not take */
export class AuditSql extends Construct {
  /** Writes the tables. Whatever it is called with, it looks at the store. */
  readonly exportTables: RuntimeFunction
  /** Glue database with a table for each of the export. */
  readonly catalogue: AuditCatalogue
  /** Name of the workgroup. */
  readonly workGroup: string
  /** Answers of queries, until they expire. */
  readonly results: Bucket
  /** May ask the tables through this workgroup, and sees nothing else. Assumed by auditors, from this account. */
  readonly auditor: Role

  private readonly alarm: RunbookAlarm

  constructor(scope: Construct, id: string, props: AuditSqlProps) {
    super(scope, id)
    needParts({ stores: A_STATEFUL_STACK, after: WORKFLOWS, deadLetters: A_QUEUE }, props)
    const { bytesPerQuery = 10_000_000_000, resultsStay = Duration.days(30), stores } = props
    whole('auditSql.bytesPerQuery', bytesPerQuery, LEAST_BYTES, Number.MAX_SAFE_INTEGER, 'bytes')
    wholeTime('auditSql.resultsStay', resultsStay, 'days', MOST_DAYS)
    this.exportTables = this.exporting(stores)
    const { after, deadLetters } = props
    const description = 'Brings the tables for SQL up to date'
    callAfterEnds(this, { functions: [this.exportTables.function], after, deadLetters, description })
    this.alarm = new RunbookAlarm(this, 'TablesFailed', {
      anchor: 'failed-tables',
      what: 'The tables for SQL were not brought up to date.',
      metric: this.exportTables.function.metricErrors({ period: Duration.minutes(5) }),
    })
    this.catalogue = new AuditCatalogue(this, 'Catalogue', stores.experience.bucket)
    this.results = this.resultsBucket(resultsStay)
    const workGroup = this.limitedGroup(this.results, bytesPerQuery)
    this.workGroup = workGroup.name
    this.catalogue.addQueries(workGroup)
    this.auditor = this.auditorRole(stores, this.results)
  }

  /** Calls somebody when the tables were not brought up to date, and again when they are. */
  notify(action: IAlarmAction): void {
    callOn([this.alarm], action)
  }

  /** Reads what the auditor of the store reads, and writes copies. One at a time: an older look must not replace a newer one. */
  private exporting({ experience: { bucket }, releases, ledger, journal }: OpenStores): RuntimeFunction {
    const make = new RuntimeFunction(this, 'ExportTables', {
      handler: 'export-tables',
      failure: 'called with nothing to keep: the next call does the same, and an alarm rings',
      // It holds the rows of all tables in memory.
      memory: 3008,
      timeout: Duration.minutes(15),
      oneAtATime: true,
      environment: {
        [ENV.bucket]: bucket.bucketName,
        [ENV.releases]: releases.bucket.bucketName,
        [ENV.table]: ledger.table.tableName,
        ...journal.environment(),
      },
      statements: [
        ...mayRead(bucket, ...TOLD, `${AUDIT_TABLES}*`),
        // The store is held against its journal before anything of it is told.
        ...mayRead(releases.bucket, '*'),
        mayWrite(bucket, `${AUDIT_TABLES}*`),
        // Rows of what was erased go.
        new PolicyStatement({ actions: ['s3:DeleteObject'], resources: [bucket.arnForObjects(`${AUDIT_TABLES}*`)] }),
        ledger.mayCheck(),
        ...journal.mayCheck(),
      ],
    })
    return make
  }

  private resultsBucket(stay: Duration): Bucket {
    const retain = (runtimeOf(this).logRemoval ?? RemovalPolicy.RETAIN) === RemovalPolicy.RETAIN
    return new Bucket(this, 'Results', {
      ...bucketDefaults(retain),
      encryption: BucketEncryption.S3_MANAGED,
      serverAccessLogsBucket: logBucket(this, 'AccessLogs', retain),
      lifecycleRules: [
        { id: 'AnswersExpire', expiration: stay, noncurrentVersionExpiration: Duration.days(1) },
        ABANDONED_UPLOADS,
      ],
    })
  }

  /** Its settings go before those of whoever asks: neither limit nor place can be chosen. */
  private limitedGroup(results: Bucket, bytes: number): CfnWorkGroup {
    return new CfnWorkGroup(this, 'WorkGroup', {
      name: `${deploymentName(this)}-audit`,
      description: 'Questions of auditors to the tables of the store',
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        bytesScannedCutoffPerQuery: bytes,
        publishCloudWatchMetricsEnabled: true,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: results.s3UrlForObject('answers/'),
          encryptionConfiguration: { encryptionOption: 'SSE_S3' },
        },
      },
    })
  }

  private auditorRole({ experience: { bucket } }: OpenStores, results: Bucket): Role {
    const auditor = new Role(this, 'Auditor', {
      assumedBy: new AccountRootPrincipal(),
      description:
        'Asks the tables of the store in SQL; changes nothing, sees neither the store itself nor anything sealed',
    })
    const may = (actions: string[], ...resources: string[]) =>
      auditor.addToPolicy(new PolicyStatement({ actions, resources }))
    may(ASKING, Stack.of(this).formatArn({ service: 'athena', resource: 'workgroup', resourceName: this.workGroup }))
    may(['glue:GetDatabase', 'glue:GetTable', 'glue:GetTables', 'glue:GetPartitions'], ...this.catalogue.arns())
    may(['s3:GetObject'], bucket.arnForObjects(`${AUDIT_TABLES}*`))
    auditor.addToPolicy(
      new PolicyStatement({
        actions: ['s3:ListBucket'],
        resources: [bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': `${AUDIT_TABLES}*` } },
      }),
    )
    // Athena asks with the rights of whoever asks it, and writes the answer with them.
    may(['s3:GetBucketLocation'], bucket.bucketArn, results.bucketArn)
    may(['s3:ListBucket'], results.bucketArn)
    may(['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'], results.arnForObjects('answers/*'))
    return auditor
  }
}

const ASKING = [
  'BatchGetNamedQuery',
  'GetNamedQuery',
  'GetQueryExecution',
  'GetQueryResults',
  'GetQueryResultsStream',
  'GetWorkGroup',
  'ListNamedQueries',
  'ListQueryExecutions',
  'StartQueryExecution',
  'StopQueryExecution',
].map((action) => `athena:${action}`)

/** What rows are made of. */
const TOLD = [
  'autotune/runs/*',
  'experience/corrections/*',
  'experience/index/*',
  'experience/traces/*',
  'packs/*',
  'production/*',
  'proposals/*',
  'scars/*',
]
