/** Every function of both workflows. What each may do stands in workflow-rights.ts. */
import { Duration } from 'aws-cdk-lib'
import { ManagedPolicy, type PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { ENV } from '#schemas/env-names.ts'
import { RuntimeFunction } from './runtime-function.ts'
import { type WorkflowFunctionsProps, workflowRights } from './workflow-rights.ts'

type Side = 'open' | 'sealer' | 'gate'

/**
 * The functions, in the order in which a run calls them. Each runs under a role of its own, but for those of the sealed
 * side, which share the sealer's and the gate's.
 */
export class WorkflowFunctions extends Construct {
  /** Asks the proposers that a target names. */
  readonly askProposers: RuntimeFunction
  /** Checks the request, takes the lock of intent and risk class. */
  readonly startRun: RuntimeFunction
  /** Sealer: retires what was asked under another suite, moves the runs of retired versions to where the search reads. */
  readonly openRetired: RuntimeFunction
  /** Compiles the search set, and cuts it into pieces. */
  readonly compileSearch: RuntimeFunction
  /** Replays the baseline of one piece, and lays it out as a shard. */
  readonly layOutSearch: RuntimeFunction
  /** Puts together what became of the pieces, and refuses a run on which nothing could be certified. */
  readonly gatherSearch: RuntimeFunction
  /** Sealer: compiles what is to be sealed, and cuts it into pieces in the vault. */
  readonly planSeal: RuntimeFunction
  /** Sealer: replays the baseline of one piece. */
  readonly layOutSealed: RuntimeFunction
  /** Sealer: seals a held-out version where a fresh one is needed, and publishes its facts. */
  readonly sealVersion: RuntimeFunction
  /** Pins everything the run depends on. */
  readonly pinRun: RuntimeFunction
  /** The search: says what is needed next, and writes the artifacts. */
  readonly advanceRun: RuntimeFunction
  /** Finishes the run: memory, its head in the journal, manifest, lock. */
  readonly finishRun: RuntimeFunction
  /** Replays one shard of the search set under some candidates. */
  readonly replayShard: RuntimeFunction
  /** Gate: spends the question before a sealed case is read. */
  readonly reserveQuestion: RuntimeFunction
  /** Gate: scores one sealed shard under some candidates. */
  readonly scoreShard: RuntimeFunction
  /** Gate: decides the one bit, and seals it until it is due. */
  readonly sealAnswer: RuntimeFunction
  /** Gate: lets the answer out when it is due. */
  readonly publishAnswer: RuntimeFunction
  /** Records why a run failed, and frees its lock. */
  readonly recordFailure: RuntimeFunction

  private readonly props: WorkflowFunctionsProps

  constructor(scope: Construct, id: string, props: WorkflowFunctionsProps) {
    super(scope, id)
    this.props = props
    const rights = workflowRights(props)
    this.askProposers = this.make('AskProposers', 'ask-proposers', 'open', rights.askProposers)
    this.startRun = this.make('StartRun', 'start-run', 'open', rights.startRun)
    this.openRetired = this.make('OpenRetired', 'open-retired', 'sealer')
    this.planSeal = this.make('PlanSeal', 'plan-seal', 'sealer')
    this.layOutSealed = this.make('LayOutSealed', 'lay-out-sealed', 'sealer')
    this.sealVersion = this.make('SealVersion', 'seal-version', 'sealer')
    this.compileSearch = this.make('CompileSearch', 'compile-search', 'open', rights.compileSearch)
    this.layOutSearch = this.make('LayOutSearch', 'lay-out-search', 'open', rights.layOutSearch)
    this.gatherSearch = this.make('GatherSearch', 'gather-search', 'open', rights.gatherSearch)
    this.pinRun = this.make('PinRun', 'pin-run', 'open', rights.pinRun)
    this.advanceRun = this.make('AdvanceRun', 'advance-run', 'open', rights.advanceRun)
    this.finishRun = this.make('FinishRun', 'finish-run', 'open', rights.finishRun)
    this.replayShard = this.make('ReplayShard', 'replay-shard', 'open', rights.replayShard)
    this.reserveQuestion = this.make('ReserveQuestion', 'reserve-question', 'gate')
    this.scoreShard = this.make('ScoreShard', 'score-shard', 'gate')
    this.sealAnswer = this.make('SealAnswer', 'seal-answer', 'gate')
    this.publishAnswer = this.make('PublishAnswer', 'publish-answer', 'gate')
    this.recordFailure = this.make('RecordFailure', 'record-failure', 'open', rights.recordFailure)
    const { vault, journal } = props.stores
    const sealer = [this.openRetired, this.planSeal, this.layOutSealed, this.sealVersion]
    vault.openTo(this, 'Sealer', vault.sealer, sealer, {
      Rights: rights.sealer,
      Heads: journal.mayAppend(vault.sealer),
    })
    const gate = [this.reserveQuestion, this.scoreShard, this.sealAnswer, this.publishAnswer]
    vault.openTo(this, 'Gate', vault.gate, gate, { Rights: rights.gate, Heads: journal.mayAppend(vault.gate) })
    const [alone, from] = [rights.scoreShard, { 'lambda:SourceFunctionArn': [this.scoreShard.function.functionArn] }]
    for (const statement of alone) statement.addCondition('ArnEquals', from)
    if (alone.length > 0) new ManagedPolicy(this, 'GateLive', { roles: [vault.gate], statements: [...alone] })
  }

  /** Sealer and gate share one role each: their rights are given to their functions together. */
  private make(id: string, handler: string, side: Side, statements: readonly PolicyStatement[] = []): RuntimeFunction {
    const { stores, shardCases, harness, judges, yearBudget } = this.props
    const { experience, vault, ledger, journal } = stores
    return new RuntimeFunction(this, id, {
      handler,
      failure:
        'called by Step Functions, which keeps the failure and redrives; the one that EventBridge calls has its dead-letter queue at the rule',
      memory: LARGE.has(handler) ? 3008 : 1024,
      timeout: Duration.minutes(LARGE.has(handler) || SHARDS.has(handler) || COUNTING.has(handler) ? 15 : 5),
      environment: {
        [ENV.bucket]: experience.bucket.bucketName,
        [ENV.table]: ledger.table.tableName,
        [ENV.shardCases]: String(shardCases),
        ...harness.environment(handler),
        ...(JUDGING.has(handler) ? judges.environment(side === 'open' ? 'search' : 'sealed') : {}),
        ...(yearBudget !== undefined && ASKING.has(handler) ? { [ENV.yearBudget]: String(yearBudget) } : {}),
        ...(side === 'open' ? {} : { [ENV.vault]: vault.bucket.bucketName }),
      },
      statements,
      ...(DECIDING.has(handler) ? { journal } : {}),
      ...(side === 'open' ? {} : { sealed: true, role: side === 'sealer' ? vault.sealer : vault.gate }),
    })
  }
}

/** Those that write what the journal of heads speaks about. */
const DECIDING: ReadonlySet<string> = new Set([
  'open-retired',
  'seal-version',
  'reserve-question',
  'publish-answer',
  'finish-run',
])

/** Those that read every answer that a live run was given. */
const COUNTING: ReadonlySet<string> = new Set(['publish-answer', 'finish-run'])

/** Those that open a question, and the one that refuses a run for which there is no room to ask. */
const ASKING: ReadonlySet<string> = new Set(['start-run', 'reserve-question', 'publish-answer'])

/** Those that judge, and the one that refuses a run whose suite asks what is not deployed. */
const JUDGING: ReadonlySet<string> = new Set([
  'ask-proposers',
  'start-run',
  'lay-out-search',
  'replay-shard',
  'lay-out-sealed',
  'score-shard',
])

/** Those that replay a shard: under the baseline, or under several candidates. */
const SHARDS: ReadonlySet<string> = new Set(['lay-out-search', 'lay-out-sealed', 'replay-shard', 'score-shard'])

/** Those that work on a whole search or held-out set: what memory does not hold lies on their disk. */
const LARGE: ReadonlySet<string> = new Set([
  'ask-proposers',
  'open-retired',
  'compile-search',
  'gather-search',
  'plan-seal',
  'seal-version',
  'advance-run',
  'reserve-question',
  'seal-answer',
])
