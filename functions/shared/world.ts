/** What a deployed function works with, opened from its environment. Tests hand over another one. */
import { openAwsStore } from '#adapters/aws/open-store.ts'
import { ENV } from '#schemas/env-names.ts'
import type { Store } from '../steps/store.ts'

export interface World {
  readonly store: Store
  /** Cases of a replay shard. */
  readonly shardCases: number
}

/** Opens the world that the environment names. Throws naming the variable that is missing or wrong. */
export function openWorld(env: Readonly<Record<string, string | undefined>> = process.env): World {
  const need = (name: string): string => {
    const value = env[name]
    if (!value) throw new RangeError(`environment variable ${name} is missing`)
    return value
  }
  const shardCases = Number(need(ENV.shardCases))
  if (!Number.isSafeInteger(shardCases) || shardCases < 1)
    throw new RangeError(
      `environment variable ${ENV.shardCases} is "${env[ENV.shardCases]}"; it is a whole number from 1`,
    )
  const store = openAwsStore({
    bucket: need(ENV.bucket),
    vault: env[ENV.vault] ?? null,
    releases: env[ENV.releases] ?? null,
    table: need(ENV.table),
  })
  return { store, shardCases }
}
