/** What outlives every deployment: experience, vault, releases, the ledger and its journal of heads. Nothing here runs. */
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import { AccountRootPrincipal, type Grant, type IGrantable, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import { type CfnKey, Key } from 'aws-cdk-lib/aws-kms'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { ATTESTATIONS, CHANGES_INBOX } from '#schemas/s3-keys.ts'
import { ExperienceStore } from './constructs/experience-store.ts'
import { fixStage } from './constructs/fixed-stage.ts'
import { granted } from './constructs/grants.ts'
import { HeadsJournal } from './constructs/heads-journal.ts'
import { HeldOutVault } from './constructs/held-out-vault.ts'
import { MOST_DAYS, wholeTime } from './constructs/ranges.ts'
import { RELEASE_LOCK, ReleaseStore } from './constructs/release-store.ts'
import { mayAdd, mayRead } from './constructs/rights.ts'
import { RunLedger } from './constructs/run-ledger.ts'
import { needFlags } from './feature-flags.ts'
import { watchLimits } from './limits.ts'
import { A_STAGE, type Contract, having, need, shown, stackProps, warnUnknown } from './props.ts'

/** Whether anything may be lost, beside what every stack takes. */
export interface StatefulStackProps extends StackProps {
  /** Whether data outlives the stack; only a throw-away stage says no. */
  readonly retain: boolean
  /**
   * The stage that the stack is and stays: a template of another one is refused by CloudFormation.
   * @default - "kept" or "throwaway", as `retain` says
   */
  readonly stage?: string
  /**
   * Makes a bucket of your own for what the optimiser may read: versioned, and made in the scope that it is given, since its policy
   * names roles of this stack, and without lifecycle rules on what is kept: `(scope) => new Bucket(scope, 'Mine', { versioned: true, ... })`.
   * @default - a new one, encrypted by S3, with its access logs
   */
  readonly experienceBucket?: (scope: Construct) => Bucket
  /**
   * Table of your own for the ledger, with the keys `pk` and `sk` (texts); it may be one of another app (`Table.fromTableArn`). Keep
   * it recoverable, and protected against deletion.
   * @default - a new one, on demand, recoverable to any second of 35 days
   */
  readonly ledgerTable?: ITable
  /**
   * Makes a key of your own for the vault: symmetric, and made in the scope that it is given, since its policy is what keeps others
   * out. It must encrypt nothing else.
   * @default - a new one, rotated every year
   */
  readonly vaultKey?: (scope: Construct) => Key
  /**
   * How long what is sealed cannot be removed (governance mode): longer than a version answers questions.
   * @default - a year; a day where nothing is retained
   */
  readonly vaultLock?: Duration
  /**
   * How long releases and lines of the journal cannot be removed (governance mode).
   * @default - a year; a day where nothing is retained
   */
  readonly releaseLock?: Duration
}

/** What each prop is; those that are null are looked at where they are read. */
const PROPS: Contract<Omit<StatefulStackProps, keyof StackProps>> = {
  retain: null,
  stage: A_STAGE,
  experienceBucket: null,
  ledgerTable: having('a table: new Table(...), new TableV2(...) or Table.fromTableArn(...)', 'tableArn'),
  vaultKey: null,
  vaultLock: null,
  releaseLock: null,
}

/** A sealed version answers questions for a quarter; its evidence stays for a year. */
const VAULT_LOCK = Duration.days(365)

/** Lines are evidence for as long as what they speak about. */
const HEADS_LOCK = RELEASE_LOCK

/**
 * A bucket or key of the user's own, made in this stack.
 * @throws RangeError for one that exists or is made elsewhere: its policy, which names roles of this stack, could not be written
 */
function made<T extends Bucket | Key>(
  prop: 'experienceBucket' | 'vaultKey',
  kind: new (...args: never[]) => T,
  make: ((scope: Construct) => T) | undefined,
  stack: Stack,
): T | undefined {
  if (make === undefined) return undefined
  const name = prop === 'vaultKey' ? 'Key' : 'Bucket'
  const how = `it is made in the scope that is given: ${prop}: (scope) => new ${name}(scope, 'Mine', { ... })`
  if (typeof make !== 'function' || make.prototype instanceof Construct)
    throw new RangeError(`${prop} is no function: ${how}`)
  const own = make(stack)
  if (!(own instanceof kind))
    throw new RangeError(
      `${prop} ${Construct.isConstruct(own) ? `is a ${name.toLowerCase()} that exists` : 'gives none'}: ${how}`,
    )
  if (Stack.of(own) !== stack) throw new RangeError(`${prop} is made in ${Stack.of(own).node.path}: ${how}`)
  return own
}

/** @throws RangeError for a key that encrypts nothing for S3 */
function encrypting(key: Key | undefined): Key | undefined {
  const { keySpec = 'SYMMETRIC_DEFAULT', enabled } = (key?.node.defaultChild ?? {}) as Partial<CfnKey>
  if (keySpec !== 'SYMMETRIC_DEFAULT')
    throw new RangeError(`vaultKey is of the kind ${keySpec}; S3 encrypts under a symmetric one: leave keySpec out`)
  if (enabled === false) throw new RangeError('vaultKey is disabled, and encrypts nothing: leave enabled out')
  return key
}

/**
 * The stores of a deployment, protected against deletion where they are kept. Their logical ids never change: what they
 * name would be lost.
 *
 * Grants are for users, groups and roles of this account whose policies the app writes. Of others a warning says what to add, and the
 * grant has no `success`.
 */
export class StatefulStack extends Stack {
  /** What the optimiser may read. */
  readonly experience: ExperienceStore
  /** What it may never read. */
  readonly vault: HeldOutVault
  /** Signed releases. */
  readonly releases: ReleaseStore
  /** Runs, locks, questions, reviews and rollouts. */
  readonly ledger: RunLedger
  /** What was decided, spent and taken in, line by line. */
  readonly journal: HeadsJournal
  /** Checks all of it but what is sealed, and writes nothing. Assumed by whoever verifies, from this account. */
  readonly auditor: Role
  /** Lifts rejections: adds to memory, and writes nothing else. Assumed by whoever has one forgotten, from this account. */
  readonly memory: Role
  /** Checks as the auditor does, and adds what people sign under keys of their own. Assumed by whoever signs, from this account. */
  readonly attestor: Role

  constructor(scope: Construct, id: string, given: StatefulStackProps) {
    const { retain, stage, ...props } = stackProps(given, 'retain')
    const { experienceBucket, ledgerTable, vaultKey, vaultLock, releaseLock, ...own } = props
    super(scope, id, { ...own, terminationProtection: retain })
    if (typeof retain !== 'boolean')
      throw new RangeError(`retain is ${shown(retain)}; it is true, or false for data that goes with the stack`)
    need(PROPS, { stage, ...props })
    warnUnknown<StatefulStackProps>(this, props, PROPS)
    needFlags(this)
    watchLimits(this)
    fixStage(this, stage ?? (retain ? 'kept' : 'throwaway'))
    const lockFor = (prop: string, asked: Duration | undefined, kept: Duration) => {
      if (asked !== undefined) wholeTime(prop, asked, 'days', MOST_DAYS)
      return asked ?? (retain ? kept : Duration.days(1))
    }
    this.experience = new ExperienceStore(this, 'Experience', {
      retain,
      bucket: made('experienceBucket', Bucket, experienceBucket, this),
    })
    this.vault = new HeldOutVault(this, 'Vault', {
      retain,
      lockFor: lockFor('vaultLock', vaultLock, VAULT_LOCK),
      key: encrypting(made('vaultKey', Key, vaultKey, this)),
    })
    this.releases = new ReleaseStore(this, 'Releases', {
      retain,
      lockFor: lockFor('releaseLock', releaseLock, RELEASE_LOCK),
    })
    this.ledger = new RunLedger(this, 'Ledger', { retain, table: ledgerTable })
    this.journal = new HeadsJournal(this, 'Heads', { retain, lockFor: lockFor('releaseLock', releaseLock, HEADS_LOCK) })
    this.auditor = this.auditorRole()
    this.memory = this.memoryRole()
    this.attestor = this.attestorRole()
    this.allowIngest()
    this.allowDeciding()
    this.nameOutputs()
  }

  /** Lets somebody import runs and documents: to take the ingest role, which writes the vault and cannot read it. */
  grantImport(grantee: IGrantable): Grant {
    return this.taking('grantImport', this.vault.ingest, grantee)
  }

  /** Lets somebody check the deployment (`verify`, `anchor publish`): to take the role of the auditor, which writes nothing. */
  grantAudit(grantee: IGrantable): Grant {
    return this.taking('grantAudit', this.auditor, grantee)
  }

  /** Lets somebody lift rejections (`forget`): to take the role of memory. */
  grantForget(grantee: IGrantable): Grant {
    return this.taking('grantForget', this.memory, grantee)
  }

  /** Lets somebody add attestations (`attest sign`): to take the role of the attestor. The key that they sign with is their own. */
  grantAttest(grantee: IGrantable): Grant {
    return this.taking('grantAttest', this.attestor, grantee)
  }

  /** Lets somebody read packs, artifacts and runs of the search side, and the ledger (`list`, `show`, `explain`, `doctor`). Of the vault nothing. */
  grantRead(grantee: IGrantable): Grant {
    return granted(this, 'grantRead', grantee, this.reading())
  }

  /** Lets somebody propose changes that are counted (`propose FOLDER`, `brief`, `history`): to read as above, and to add places of the inbox. It can change none. */
  grantPropose(grantee: IGrantable): Grant {
    const { bucket } = this.experience
    const inbox = [...mayRead(bucket, `${CHANGES_INBOX}*`), mayAdd(bucket, `${CHANGES_INBOX}*`)]
    return granted(this, 'grantPropose', grantee, [...this.reading(), ...inbox])
  }

  private reading(): PolicyStatement[] {
    const { experience, ledger } = this
    const places = [
      'packs/*',
      'autotune/runs/*',
      'autotune/usage/*',
      'experience/*',
      'cadence/*',
      'proposals/*',
      'scars/*',
    ]
    return [...mayRead(experience.bucket, ...places), ledger.mayCheck(), ledger.mayRead('run')]
  }

  /** Lets somebody take a role, which trusts this account. */
  private taking(grant: string, role: Role, grantee: IGrantable): Grant {
    const take = new PolicyStatement({ actions: ['sts:AssumeRole'], resources: [role.roleArn] })
    return granted(this, grant, grantee, [take])
  }

  /** An import publishes documents, stores search runs, asks which families are spent, and holds the lock of imports. */
  private allowIngest(): void {
    this.experience.openToIngest(this.vault.ingest, this.vault.eraser)
    this.vault.ingest.addToPolicy(this.ledger.mayRead('heldout', 'family', 'split', 'epoch', 'epochkey', 'import'))
    this.vault.ingest.addToPolicy(this.ledger.mayCreate('split'))
    this.vault.ingest.addToPolicy(this.ledger.mayWrite('import'))
  }

  /** The first import of a version with a journal begins it, and notes what stands there: it must see that. */
  private allowDeciding(): void {
    const { ingest } = this.vault
    for (const role of [ingest, this.releases.releaser])
      for (const statement of this.journal.mayAppend(role)) role.addToPolicy(statement)
    for (const statement of mayRead(this.experience.bucket, 'autotune/runs/*/manifest.json'))
      ingest.addToPolicy(statement)
    ingest.addToPolicy(
      this.ledger.mayList('review', 'proposal', 'rejection', 'rollout', 'release', 'version', 'production', 'budget'),
    )
  }

  private auditorRole(): Role {
    const auditor = new Role(this, 'Auditor', {
      assumedBy: new AccountRootPrincipal(),
      description: 'Checks the store against its journal of heads; writes nothing, sees nothing sealed',
    })
    for (const statement of this.checking()) auditor.addToPolicy(statement)
    return auditor
  }

  private attestorRole(): Role {
    const attestor = new Role(this, 'Attestor', {
      assumedBy: new AccountRootPrincipal(),
      description:
        'Checks what an auditor checks, and adds signatures of people; replaces nothing, sees nothing sealed',
    })
    for (const statement of [...this.checking(), mayAdd(this.experience.bucket, `${ATTESTATIONS}*`)])
      attestor.addToPolicy(statement)
    return attestor
  }

  /** What it takes to hold the store against its journal, and to recompute what is open. */
  private checking(): PolicyStatement[] {
    const { experience, releases, ledger, journal } = this
    return [
      ...journal.mayCheck(),
      ...mayRead(
        experience.bucket,
        'packs/*',
        'autotune/runs/*',
        'experience/*',
        'production/*',
        'cadence/*',
        'scars/*',
        'proposals/*',
        // Search sets: a run is recomputed from them.
        'goldens/*',
        `${ATTESTATIONS}*`,
      ),
      ...mayRead(releases.bucket, '*'),
      new PolicyStatement({ actions: ['kms:VerifyMac'], resources: [releases.signingKey.keyArn] }),
      ledger.mayCheck(),
    ]
  }

  private memoryRole(): Role {
    const { experience, ledger, journal } = this
    const memory = new Role(this, 'Memory', {
      assumedBy: new AccountRootPrincipal(),
      description: 'Lifts rejections that memory holds: adds what lifts them, sees nothing recorded',
    })
    for (const statement of [
      ...journal.mayAppend(memory),
      ...mayRead(experience.bucket, 'packs/*'),
      ledger.mayRead('rejection'),
      ledger.mayCreate('rejection'),
    ])
      memory.addToPolicy(statement)
    return memory
  }

  /** What the command line needs to open the store. */
  private nameOutputs(): void {
    new CfnOutput(this, 'ExperienceBucketName', { value: this.experience.bucket.bucketName })
    new CfnOutput(this, 'VaultBucketName', { value: this.vault.bucket.bucketName })
    new CfnOutput(this, 'LedgerTableName', { value: this.ledger.table.tableName })
    new CfnOutput(this, 'IngestRoleArn', { value: this.vault.ingest.roleArn })
    new CfnOutput(this, 'ReleasesBucketName', { value: this.releases.bucket.bucketName })
    new CfnOutput(this, 'ReleaseKeyArn', { value: this.releases.signingKey.keyArn })
    new CfnOutput(this, 'HeadsBucketName', { value: this.journal.bucket.bucketName })
    new CfnOutput(this, 'HeadsKeyArn', { value: this.journal.key.keyArn })
    new CfnOutput(this, 'AuditorRoleArn', { value: this.auditor.roleArn })
    new CfnOutput(this, 'MemoryRoleArn', { value: this.memory.roleArn })
    new CfnOutput(this, 'AttestorRoleArn', { value: this.attestor.roleArn })
  }
}
