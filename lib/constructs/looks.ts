/**
 * The weekly and the quarterly workflow of the routine. What sees the sealed side runs under the sealer's role: it counts what there is
 * to seal, says which production logs hold no sealed run, which the daily one asks, and splits intents anew; what looks back sees the search side and what was decided, and adds its artifact.
 */
import { Duration } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'
import type { Bands } from '#schemas/bands.ts'
import { ENV } from '#schemas/env-names.ts'
import { quarterlyDefinition, weeklyDefinition } from '../definitions/looks.ts'
import { mayAdd, mayRead } from './rights.ts'
import { RuntimeFunction, type RuntimeFunctionProps } from './runtime-function.ts'
import { stateMachine } from './state-machine.ts'
import { type Stores, sealerRights } from './workflow-rights.ts'

interface LookProps {
  readonly stores: Stores
  readonly bands: Bands
  readonly topic?: ITopic | undefined
}

/** Who keeps a failed call of the routine. */
export const ROUTINE_KEEPS =
  'called by Step Functions, which keeps the failure and redrives; the alarm of the routine rings'

/** Creates both in the scope of the routine, with what the daily workflow asks of the sealed side. */
export function looks(
  scope: Construct,
  { stores, bands, topic }: LookProps,
): Readonly<Record<'weekly' | 'quarterly', StateMachine>> & { readonly clearLogs: RuntimeFunction } {
  const { experience, ledger, vault, journal } = stores
  const { bucket } = experience
  const make = (
    id: string,
    handler: string,
    over: Omit<RuntimeFunctionProps, 'handler' | 'failure' | 'memory' | 'timeout' | 'environment'>,
  ) =>
    new RuntimeFunction(scope, id, {
      handler,
      failure: ROUTINE_KEEPS,
      memory: 3008,
      timeout: Duration.minutes(15),
      environment: {
        [ENV.bucket]: bucket.bucketName,
        [ENV.table]: ledger.table.tableName,
        ...(over.sealed ? { [ENV.vault]: vault.bucket.bucketName } : {}),
      },
      ...over,
    })
  const sealed = { sealed: true, role: vault.sealer } as const
  const refreshSealed = make('RefreshSealed', 'refresh-sealed', { ...sealed, statements: [] })
  const clearLogs = make('ClearLogs', 'clear-logs', { ...sealed, statements: [] })
  const resplitIntent = make('ResplitIntent', 'resplit-intent', { ...sealed, journal, statements: [] })
  vault.openTo(scope, 'Sealer', vault.sealer, [refreshSealed, resplitIntent], {
    Rights: [
      ...sealerRights(stores),
      ...mayRead(bucket, 'autotune/runs/*/manifest.json', 'cadence/resplit/*'),
      mayAdd(bucket, 'cadence/resplit/*'),
      ledger.mayRead('split', 'epochkey', 'import'),
      ledger.mayCreate('epoch', 'epochkey'),
      ledger.mayWrite('import'),
    ],
    Heads: journal.mayAppend(vault.sealer),
  })
  vault.openTo(scope, 'LogClearer', vault.sealer, [clearLogs], {
    Logs: [...mayRead(bucket, 'production/*'), ledger.mayRead('rollout', 'production')],
  })
  const lookingBack = ['autotune/runs/*', 'cadence/*', 'experience/*', 'packs/*', 'production/*']
  const decided = ledger.mayRead('heldout', 'review', 'rollout', 'production')
  const reviewWeek = make('ReviewWeek', 'review-week', {
    journal,
    statements: [...mayRead(bucket, ...lookingBack, 'scars/*'), mayAdd(bucket, 'cadence/weekly/*', 'scars/*'), decided],
  })
  const reviewQuarter = make('ReviewQuarter', 'review-quarter', {
    journal,
    statements: [...mayRead(bucket, ...lookingBack), mayAdd(bucket, 'cadence/quarterly/*'), decided],
  })
  const told = { bands, topic: topic?.topicArn ?? null }
  const telling = topic ? [new PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] })] : []
  const weekly = arns({ refreshSealed, reviewWeek })
  const quarterly = arns({ reviewQuarter, resplitIntent })
  return {
    clearLogs,
    weekly: stateMachine(scope, 'WeeklyWorkflow', {
      definition: weeklyDefinition({ ...told, ...weekly }),
      functions: Object.values(weekly),
      statements: telling,
    }),
    quarterly: stateMachine(scope, 'QuarterlyWorkflow', {
      definition: quarterlyDefinition({ ...told, ...quarterly }),
      functions: Object.values(quarterly),
      statements: telling,
    }),
  }
}

/** ARNs of functions, by the same names. */
const arns = <K extends string>(functions: Readonly<Record<K, RuntimeFunction>>): Record<K, string> =>
  Object.fromEntries(
    Object.entries<RuntimeFunction>(functions).map(([name, f]) => [name, f.function.functionArn]),
  ) as Record<K, string>
