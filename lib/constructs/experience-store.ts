/** The bucket that the optimiser reads: packs, search runs and goldens, run artifacts and work files. Never a held-out case. */
import { Duration, Stack } from 'aws-cdk-lib'
import type { IRole } from 'aws-cdk-lib/aws-iam'
import { Bucket, BucketEncryption, type CfnBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { AUDIT_TABLES, INGEST_PREFIX, keys } from '#schemas/s3-keys.ts'
import { WORK_PREFIX } from '#schemas/work-keys.ts'
import { ABANDONED_UPLOADS, bucketDefaults, logBucket } from './log-bucket.ts'
import { denyUnless, mayRead, mayWrite } from './rights.ts'

/** How long its bucket lives. */
interface ExperienceStoreProps {
  /** Whether the bucket outlives its stack. */
  readonly retain: boolean
  /**
   * One of the user's own in its place, versioned.
   * @default - a new one
   */
  readonly bucket?: Bucket | undefined
}

/** How long work files stay: longer than a failed run can be redriven (14 days). */
const WORK_DAYS = 30

const WORK_FILES = {
  id: 'WorkFilesExpire',
  prefix: WORK_PREFIX,
  expiration: Duration.days(WORK_DAYS),
  noncurrentVersionExpiration: Duration.days(1),
}

/** Copies of rows: what was erased does not stay behind as an earlier version. */
const TABLES = {
  id: 'EarlierTablesExpire',
  prefix: AUDIT_TABLES,
  expiredObjectDeleteMarker: true,
  noncurrentVersionExpiration: Duration.days(1),
}

/** What is kept for good, by what its keys begin with. */
const KEPT = [
  'attestations/',
  'autotune/',
  'cadence/',
  'experience/',
  'goldens/',
  'inbox/',
  'ingest/',
  'model-cache/',
  'packs/',
  'production/',
  'proposals/',
  'reviews/',
  'scars/',
]

/** Rows of judged days: whoever keeps the verdicts alone may let them go (docs/deploy.md). */
const MAY_GO = 'cadence/rows/'

/** Classes from which nothing is read at once. */
const ARCHIVES = ['GLACIER', 'DEEP_ARCHIVE']

/** A sentence for each rule of a bucket that removes or archives what is kept. */
function losing(bucket: Bucket): string[] {
  const { lifecycleConfiguration } = bucket.node.defaultChild as CfnBucket
  const { rules } = (Stack.of(bucket).resolve(lifecycleConfiguration) ?? {}) as {
    readonly rules?: readonly CfnBucket.RuleProperty[]
  }
  return (rules ?? []).flatMap((rule) => {
    const { id, prefix = '', status } = rule
    const removes = rule.expirationInDays !== undefined || rule.expirationDate !== undefined
    const archives = [rule.transitions ?? [], rule.transition ?? []]
      .flat()
      .some((to) => ARCHIVES.includes((to as CfnBucket.TransitionProperty).storageClass))
    const meets = KEPT.filter((kept) => kept.startsWith(prefix) || prefix.startsWith(kept))
    // Objects of ours have no tags.
    if (status !== 'Enabled' || rule.tagFilters || !(removes || archives) || meets.length === 0) return []
    if (id === WORK_FILES.id || prefix.startsWith(MAY_GO)) return []
    return [
      `experienceBucket: the lifecycle rule ${JSON.stringify(id ?? prefix)} ${removes ? 'removes' : 'archives'} what is kept for good (${meets.join(', ')}): give it a prefix of yours, or take it out`,
    ]
  })
}

/**
 * A bucket of the user's own, with the rules of work files and tables.
 * @throws RangeError where it keeps no versions (steps name the one that they read), locks what it holds, or has a key of its own (no role here may use it)
 */
function versioned(bucket: Bucket): Bucket {
  if (bucket.encryptionKey)
    throw new RangeError(
      `experienceBucket ${bucket.node.path} is encrypted under a key of its own, which no role here may use: make it with "encryption: BucketEncryption.S3_MANAGED"`,
    )
  const { versioningConfiguration, objectLockConfiguration } = bucket.node.defaultChild as CfnBucket
  const { status } = (versioningConfiguration ?? {}) as CfnBucket.VersioningConfigurationProperty
  if (status !== 'Enabled')
    throw new RangeError(`experienceBucket ${bucket.node.path} keeps no versions: make it with "versioned: true"`)
  if (objectLockConfiguration)
    throw new RangeError(
      `experienceBucket ${bucket.node.path} keeps what it holds locked: work files expire, and what is erased goes. Make it without a default retention`,
    )
  for (const rule of [WORK_FILES, TABLES]) bucket.addLifecycleRule(rule)
  // Rules may be added later on.
  bucket.node.addValidation({ validate: () => losing(bucket) })
  return bucket
}

/** The experience bucket. Work files expire after thirty days; everything else stays. */
export class ExperienceStore extends Construct {
  /** Encrypted by S3, versioned, TLS only; its access logs go to a bucket of their own. */
  readonly bucket: Bucket

  constructor(scope: Construct, id: string, { retain, bucket }: ExperienceStoreProps) {
    super(scope, id)
    this.bucket = bucket ? versioned(bucket) : this.own(retain)
  }

  private own(retain: boolean): Bucket {
    return new Bucket(this, 'Bucket', {
      ...bucketDefaults(retain),
      encryption: BucketEncryption.S3_MANAGED,
      serverAccessLogsBucket: logBucket(this, 'AccessLogs', retain),
      lifecycleRules: [WORK_FILES, TABLES, ABANDONED_UPLOADS],
    })
  }

  /**
   * What an import reads and writes: of what was recorded it reads how it lies, and no run; its journal, which tells the sides of families, is kept from everyone else.
   * @param ingest the role that may read the journal
   * @param eraser the one other: it takes out of it what is erased
   */
  openToIngest(ingest: IRole, eraser: IRole): void {
    const { bucket } = this
    for (const statement of mayRead(bucket, 'packs/*', `${INGEST_PREFIX}*`, keys.layout()))
      ingest.addToPrincipalPolicy(statement)
    ingest.addToPrincipalPolicy(mayWrite(bucket, 'packs/*', 'experience/*', `${INGEST_PREFIX}*`))
    bucket.addToResourcePolicy(
      denyUnless(
        [ingest, eraser],
        'DenyJournal',
        [
          's3:GetObject',
          's3:GetObjectVersion',
          's3:GetObjectAttributes',
          's3:GetObjectVersionAttributes',
          's3:PutObject',
        ],
        [bucket.arnForObjects(`${INGEST_PREFIX}*`)],
      ),
    )
  }
}
