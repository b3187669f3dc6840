/** Every function of both workflows, each with just what it calls. */
import { Duration, Stack } from 'aws-cdk-lib'
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { ENV } from '#schemas/env-names.ts'
import type { ExperienceStore } from './experience-store.ts'
import { type HarnessProps, mayCallHarness, mayReplayHarness, pinnedHarness } from './harness.ts'
import type { HeldOutVault } from './held-out-vault.ts'
import { mayRead, mayReadVersions, mayWrite } from './rights.ts'
import type { RunLedger } from './run-ledger.ts'
import { RuntimeFunction } from './runtime-function.ts'

/** What outlives the workflow, as constructs. */
export interface Stores {
  readonly experience: ExperienceStore
  readonly vault: HeldOutVault
  readonly ledger: RunLedger
}

export interface WorkflowFunctionsProps {
  readonly stores: Stores
  /** Cases of a replay shard. */
  readonly shardCases: number
  /** Undefined: no run has a harness of its own. */
  readonly harness: HarnessProps | undefined
}

type Side = 'open' | 'sealer' | 'gate'

export class WorkflowFunctions extends Construct {
  readonly startRun: RuntimeFunction
  readonly openRetired: RuntimeFunction
  readonly compileSearch: RuntimeFunction
  readonly sealVersion: RuntimeFunction
  readonly pinRun: RuntimeFunction
  readonly advanceRun: RuntimeFunction
  readonly replayShard: RuntimeFunction
  readonly reserveQuestion: RuntimeFunction
  readonly scoreShard: RuntimeFunction
  readonly sealAnswer: RuntimeFunction
  readonly publishAnswer: RuntimeFunction
  readonly recordFailure: RuntimeFunction

  private readonly props: WorkflowFunctionsProps

  constructor(scope: Construct, id: string, props: WorkflowFunctionsProps) {
    super(scope, id)
    this.props = props
    const { harness, stores } = props
    const { bucket } = stores.experience
    const { ledger } = stores
    const request = 'autotune/work/*/request.json'
    this.startRun = this.make('StartRun', 'start-run', 'open', [
      ...mayRead(bucket, 'packs/*', 'autotune/runs/*/manifest.json'),
      mayWrite(bucket, request),
      ledger.mayRead('lock', 'run'),
      ledger.mayWrite('lock', 'run'),
    ])
    const sealing = [
      ...mayRead(bucket, 'packs/*', 'experience/index/*'),
      ...mayReadVersions(bucket, request),
      ...mayCallHarness(harness),
      mayWrite(bucket, 'experience/*'),
      ledger.mayRead('lock', 'heldout', 'family'),
      ledger.mayWrite('lock', 'heldout', 'family'),
    ]
    this.openRetired = this.make('OpenRetired', 'open-retired', 'sealer', sealing)
    this.sealVersion = this.make('SealVersion', 'seal-version', 'sealer', [])
    this.compileSearch = this.make('CompileSearch', 'compile-search', 'open', [
      ...mayRead(bucket, 'experience/*', 'goldens/*', 'packs/*'),
      ...mayReadVersions(bucket, request),
      ...mayReplayHarness(bucket, harness),
      mayWrite(bucket, 'goldens/*'),
    ])
    this.pinRun = this.make('PinRun', 'pin-run', 'open', [
      ...mayRead(bucket, 'packs/*', 'goldens/*', 'autotune/work/*/run.json'),
      ...mayReadVersions(bucket, 'goldens/*', request, 'autotune/work/*/run.json'),
      ...mayReplayHarness(bucket, harness),
      mayWrite(bucket, 'autotune/work/*/run.json', 'autotune/work/*/panel.json', 'autotune/work/*/shards/*'),
      ledger.mayRead('lock', 'rejection'),
      ledger.mayWrite('lock'),
    ])
    this.advanceRun = this.make('AdvanceRun', 'advance-run', 'open', [
      ...mayRead(bucket, 'autotune/work/*'),
      ...mayReadVersions(bucket, 'autotune/work/*'),
      mayWrite(
        bucket,
        'autotune/runs/*',
        'autotune/work/*/settings/*',
        'autotune/work/*/rounds/*',
        'autotune/work/*/question.json',
      ),
      ledger.mayRead('lock', 'run', 'heldout'),
      ledger.mayWrite('lock', 'run', 'rejection'),
    ])
    this.replayShard = this.make('ReplayShard', 'replay-shard', 'open', [
      ...mayReadVersions(bucket, 'autotune/work/*/run.json', 'autotune/work/*/settings/*', 'autotune/work/*/shards/*'),
      ...mayReplayHarness(bucket, harness),
      mayWrite(bucket, 'autotune/work/*/answers/*'),
    ])
    const asking = [
      ...mayReadVersions(bucket, 'autotune/work/*/run.json', 'autotune/work/*/question.json'),
      ...mayCallHarness(harness),
      // The one file that a gate lets out, and no other function writes it.
      mayWrite(bucket, 'autotune/work/*/answer.json'),
      ledger.mayRead('heldout'),
      ledger.mayWrite('heldout'),
    ]
    this.reserveQuestion = this.make('ReserveQuestion', 'reserve-question', 'gate', asking)
    this.scoreShard = this.make('ScoreShard', 'score-shard', 'gate', [])
    this.sealAnswer = this.make('SealAnswer', 'seal-answer', 'gate', [])
    this.publishAnswer = this.make('PublishAnswer', 'publish-answer', 'gate', [])
    this.recordFailure = this.make('RecordFailure', 'record-failure', 'open', [
      ledger.mayRead('lock', 'run'),
      ledger.mayWrite('lock', 'run'),
    ])
  }

  /** Sealer and gate share one role each, so their first function carries the statements of all. */
  private make(id: string, handler: string, side: Side, statements: PolicyStatement[]): RuntimeFunction {
    const { stores, shardCases, harness } = this.props
    const { experience, vault, ledger } = stores
    return new RuntimeFunction(this, id, {
      handler,
      memory: LARGE.has(handler) ? 3008 : 1024,
      timeout: Duration.minutes(LARGE.has(handler) ? 15 : 5),
      environment: {
        [ENV.bucket]: experience.bucket.bucketName,
        [ENV.table]: ledger.table.tableName,
        [ENV.shardCases]: String(shardCases),
        ...(harness && id === 'StartRun' ? { [ENV.harness]: Stack.of(this).toJsonString(pinnedHarness(harness)) } : {}),
        ...(side === 'open' ? {} : { [ENV.vault]: vault.bucket.bucketName }),
      },
      statements,
      ...(side === 'open' ? {} : { sealed: true, role: side === 'sealer' ? vault.sealer : vault.gate }),
    })
  }
}

/** Those that hold a whole search or held-out set in memory. */
const LARGE: ReadonlySet<string> = new Set([
  'open-retired',
  'compile-search',
  'seal-version',
  'pin-run',
  'advance-run',
  'reserve-question',
  'seal-answer',
])
