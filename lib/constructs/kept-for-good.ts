/** What no lifecycle rule may take from the experience bucket. The rules of a bucket of the user's own are read at synthesis, when all of them are there. */
import { Annotations, Aspects, Stack } from 'aws-cdk-lib'
import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3'
import { ATTESTATIONS, INGEST_PREFIX } from '#schemas/s3-keys.ts'

/** Prefixes of what runs, reviews and `verify` read again; work files, copies for SQL and `cadence/rows/` are not among them. */
const KEPT: readonly string[] = [
  'autotune/newest/',
  'autotune/runs/',
  'autotune/usage/',
  'cadence/daily/',
  'cadence/quarterly/',
  'cadence/weekly/',
  'experience/',
  'goldens/',
  'packs/',
  'production/',
  'proposals/',
  'reviews/',
  'rollouts/',
  'scars/',
  'tuples/',
  ATTESTATIONS,
  INGEST_PREFIX,
]

/** Warns of each rule by which kept objects, or their earlier versions, expire. It is no error: what is deployed is synthesized again. */
export function warnExpiring(bucket: Bucket): void {
  Aspects.of(bucket).add({
    visit: (part) => {
      if (part !== bucket) return
      const { lifecycleConfiguration } = bucket.node.defaultChild as CfnBucket
      const { rules = [] } = (Stack.of(bucket).resolve(lifecycleConfiguration) ?? {}) as {
        rules?: readonly CfnBucket.RuleProperty[]
      }
      for (const [i, rule] of rules.entries()) warn(bucket, rule, i)
    },
  })
}

function warn(bucket: Bucket, rule: CfnBucket.RuleProperty, at: number): void {
  const { id = `number ${at + 1}`, prefix = '', status, tagFilters } = rule
  const expires = rule.expirationInDays ?? rule.expirationDate ?? rule.noncurrentVersionExpiration
  if (status !== 'Enabled' || expires === undefined || tagFilters !== undefined || typeof prefix !== 'string') return
  const taken = KEPT.filter((kept) => kept.startsWith(prefix) || prefix.startsWith(kept))
  if (taken.length === 0) return
  Annotations.of(bucket).addWarningV2(
    `contextos-autotune:expires${at}`,
    `the lifecycle rule ${id} of experienceBucket lets what the loop keeps for good expire (${taken.slice(0, 3).join(', ')}${taken.length > 3 ? ', ...' : ''}): give it a prefix of your own, or take it out`,
  )
}
