/** What a deployed function works with, opened from its environment. Tests hand over another one. */
import { lambdaCaller } from '#adapters/aws/lambda-caller.ts'
import { type AwsStore, openAwsStore, type StoreNames } from '#adapters/aws/open-store.ts'
import { ENV } from '#schemas/env-names.ts'
import type { DeployedHarness } from '#schemas/harness-call.ts'
import type { DeployedJudge } from '#schemas/judge-call.ts'
import type { LiveModel } from '#schemas/live-model.ts'
import type { FunctionCaller, ModelPort, Store } from '../ports.ts'
import { unsignedTable } from '../steps/heads/witnessed-table.ts'
import type { DeployedJudges } from '../steps/replay/deployed-judges.ts'

/** The store, and the modules that judge on the side of this function. */
export interface StoreWorld extends DeployedJudges {
  readonly store: Store
}

export interface World extends StoreWorld {
  /** Cases of a replay shard. */
  readonly shardCases: number
  /** Harness that the deployment names, a function as a run pins it or a module (`DeployedHarness`); null: none. */
  readonly harness: unknown
  readonly caller: FunctionCaller
  /** Models, where a test hands them over. @default `deployedModel` */
  readonly model?: ModelPort
  /** The model that runs of this deployment may ask live; null: none. */
  readonly live: DeployedLiveModel | null
}

/** The document that a deployment was made with, and the secret that holds the key of its endpoint; null: none is sent. */
export interface DeployedLiveModel {
  readonly document: LiveModel
  readonly key: string | null
}

/** The harness module of a deployment; null: it has none. */
export const deployedModule = ({ harness }: Pick<World, 'harness'>): DeployedHarness | null =>
  (harness as { readonly kind?: unknown } | null)?.kind === 'module' ? (harness as DeployedHarness) : null

export type Environment = Readonly<Record<string, string | undefined>>

/** A variable of the environment. Throws naming it when it is missing. */
export function need(env: Environment, name: string): string {
  const value = env[name]
  if (!value) throw new RangeError(`environment variable ${name} is missing`)
  return value
}

/** How a function stands to the journal of heads: `unsigned`, or `signed` (signed-store.ts) for one that decides. */
export interface Ledger {
  /** What lines are signed with; null: nothing is. */
  readonly signing: (env: Environment) => StoreNames['heads']
  readonly open: (store: AwsStore) => Store
}

export const unsigned: Ledger = {
  signing: () => null,
  open: (store) => ({ ...store, table: unsignedTable(store.table) }),
}

/** Opens the store that the environment names; a bucket that it does not name refuses to be touched. */
export function openStoreWorld(env: Environment = process.env, ledger: Ledger = unsigned): StoreWorld {
  const store = openAwsStore({
    bucket: need(env, ENV.bucket),
    vault: env[ENV.vault] ?? null,
    readsVault: true,
    releases: env[ENV.releases] ?? null,
    table: need(env, ENV.table),
    heads: ledger.signing(env),
  })
  const budget = env[ENV.yearBudget]
  const judges: readonly DeployedJudge[] = env[ENV.judges] ? JSON.parse(need(env, ENV.judges)) : []
  return {
    store: { ...ledger.open(store), ...(budget ? { yearBudget: Number(budget) } : {}) },
    judges,
    callJudge: lambdaCaller(undefined, 'the module'),
  }
}

/** Opens the world of the tuning workflow. Throws naming the variable that is missing or wrong. */
export function openWorld(env: Environment = process.env, ledger: Ledger = unsigned): World {
  const shardCases = Number(need(env, ENV.shardCases))
  if (!Number.isSafeInteger(shardCases) || shardCases < 1)
    throw new RangeError(
      `environment variable ${ENV.shardCases} is "${env[ENV.shardCases]}"; it is a whole number from 1`,
    )
  const harness = env[ENV.harness] ? JSON.parse(need(env, ENV.harness)) : null
  const live: DeployedLiveModel | null = env[ENV.live] ? JSON.parse(need(env, ENV.live)) : null
  return {
    ...openStoreWorld(env, ledger),
    shardCases,
    harness,
    caller: lambdaCaller(),
    live,
  }
}
