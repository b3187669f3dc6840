/**
 * What AWS asks for, and what it allows: list prices of us-east-1 and default quotas as read in November 2026. A table to
 * edit: another region, a discount or a raised quota goes here and nowhere else. Free tiers are left out.
 */

/** US dollars. */
export const PRICES = {
  /** One step of a Standard workflow, or of a Standard child of a Distributed Map; a start is counted as one more. */
  transition: 0.025 / 1000,
  lambdaRequest: 0.2 / 1e6,
  /** ARM64. */
  lambdaGbSecond: 0.0000133334,
  /** Disk beyond the first 512 MB. */
  lambdaDiskGbSecond: 0.0000000309,
  s3Get: 0.0004 / 1000,
  /** PUT and LIST. */
  s3Put: 0.005 / 1000,
  /** On demand, 4 KB, strongly consistent. */
  dynamoRead: 0.125 / 1e6,
  /** On demand, 1 KB. */
  dynamoWrite: 0.625 / 1e6,
  /** With a bucket key: one request a call that touches the vault, not one an object. */
  kmsRequest: 0.03 / 10_000,
} as const

/** What cannot be measured without an account, declared. */
export const DECLARED = {
  /** One request to S3 or DynamoDB from Lambda. */
  requestMs: 15,
  /** Reads that a function has under way at once (`inBlocks` in functions/streams/read-object.ts). */
  readsAtOnce: 64,
  /** A fresh environment: container, import, first connections. */
  coldMs: 700,
  /** Megabytes that give a function one whole core. */
  coreMb: 1769,
  /** Megabytes of a function that has done nothing yet. */
  baseMb: 120,
  /**
   * Megabytes of what is bounded whatever the number of cases: frames and answers at hand (96 and 16 million characters), cases at
   * hand with their columns (4 million, three times as many bytes), a shard, parts of a stream on their way (three of 16 MB),
   * tables put aside (4 million characters each, four at once).
   */
  boundedMb: 260,
  /** What stands uncollected beside what is alive. */
  garbage: 1.5,
  /** How much slower a core of Lambda is than the one that measured. */
  slower: 1.5,
} as const

export const QUOTAS = {
  lambdaSeconds: 900,
  payloadBytes: 256 * 1024,
  historyEvents: 25_000,
  /** Items of 1 KB, a second. */
  partitionWrites: 1000,
  /** Of a table on demand that nobody has warmed. */
  tableWrites: 4000,
} as const
