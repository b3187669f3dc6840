/** What outlives every deployment: experience, vault, releases and the ledger. Nothing here runs. */
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { ExperienceStore } from './constructs/experience-store.ts'
import { fixStage } from './constructs/fixed-stage.ts'
import { HeldOutVault } from './constructs/held-out-vault.ts'
import { RELEASE_LOCK, ReleaseStore } from './constructs/release-store.ts'
import { RunLedger } from './constructs/run-ledger.ts'

/** Whether anything may be lost, beside what every stack takes. */
export interface StatefulStackProps extends StackProps {
  /** Whether data outlives the stack; only a throw-away stage says no. */
  readonly retain: boolean
  /**
   * The stage that the stack is and stays: a template of another one is refused by CloudFormation.
   * @default - "kept" or "throwaway", as `retain` says
   */
  readonly stage?: string
}

/** A sealed version answers questions for a quarter; its evidence stays for a year. */
const VAULT_LOCK = Duration.days(365)

/**
 * The stores of a deployment, protected against deletion where they are kept. Their logical ids never change: what they
 * name would be lost.
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

  constructor(scope: Construct, id: string, { retain, stage, ...props }: StatefulStackProps) {
    super(scope, id, { ...props, terminationProtection: retain })
    fixStage(this, stage ?? (retain ? 'kept' : 'throwaway'))
    this.experience = new ExperienceStore(this, 'Experience', { retain })
    this.vault = new HeldOutVault(this, 'Vault', { retain, lockFor: retain ? VAULT_LOCK : Duration.days(1) })
    this.releases = new ReleaseStore(this, 'Releases', { retain, lockFor: retain ? RELEASE_LOCK : Duration.days(1) })
    this.ledger = new RunLedger(this, 'Ledger', { retain })
    this.allowIngest()
    this.nameOutputs()
  }

  /** An import publishes documents, stores search runs, asks which families are spent, and holds the lock of imports. */
  private allowIngest(): void {
    this.experience.openToIngest(this.vault.ingest)
    this.vault.ingest.addToPolicy(this.ledger.mayRead('heldout', 'family', 'split', 'import'))
    this.vault.ingest.addToPolicy(this.ledger.mayCreate('split'))
    this.vault.ingest.addToPolicy(this.ledger.mayWrite('import'))
  }

  /** What the command line needs to open the store. */
  private nameOutputs(): void {
    new CfnOutput(this, 'ExperienceBucketName', { value: this.experience.bucket.bucketName })
    new CfnOutput(this, 'VaultBucketName', { value: this.vault.bucket.bucketName })
    new CfnOutput(this, 'LedgerTableName', { value: this.ledger.table.tableName })
    new CfnOutput(this, 'IngestRoleArn', { value: this.vault.ingest.roleArn })
  }
}
