/** Names of the environment variables by which a deployed function finds its store. Shared by `lib` and `functions`. */

/** Names of the variables. What each holds stands at it; a role whose function lacks one has no right to it either. */
export const ENV = {
  /** Experience bucket: packs, search runs, run artifacts, work files. */
  bucket: 'AUTOTUNE_BUCKET',
  /** Held-out vault; set for ingest, sealer and gate alone. */
  vault: 'AUTOTUNE_VAULT',
  /** Bucket of the releases; set for the roles of the rollout alone. */
  releases: 'AUTOTUNE_RELEASES',
  /** Ledger table. */
  table: 'AUTOTUNE_TABLE',
  /** Bucket of the journal of heads; set for the functions that decide alone, as its key. */
  heads: 'AUTOTUNE_HEADS',
  /** Key that lines of the journal and items of the ledger are signed under. */
  headsKey: 'AUTOTUNE_HEADS_KEY',
  /** Harness function that targets of their own harness are replayed by, as JSON; absent: none. */
  harness: 'AUTOTUNE_HARNESS',
  /** The model that runs may ask live, as JSON (`DeployedLiveModel`); absent: none. Set for those that start, replay and score. */
  live: 'AUTOTUNE_LIVE',
  /** Functions of the modules that judge, of the side of whoever asks, as JSON (`DeployedJudge`); absent: none. */
  judges: 'AUTOTUNE_JUDGES',
  /** Error budget of a year, where the bands of the deployment declare one; set for the functions of the gate alone. */
  yearBudget: 'AUTOTUNE_YEAR_BUDGET',
  /** Cases a replay shard holds. */
  shardCases: 'AUTOTUNE_SHARD_CASES',
  /** Key that rollout artifacts are signed under. */
  releaseKey: 'AUTOTUNE_RELEASE_KEY',
  /** Key that a role signs attestations under; set for those roles alone, with what each signs (`Attested`). */
  attestKey: 'AUTOTUNE_ATTEST_KEY',
  attests: 'AUTOTUNE_ATTESTS',
  /** Forms that routing is delivered in beside the releases, with commas between; absent: none. */
  deliver: 'AUTOTUNE_DELIVER',
  /** Key that review links are signed under. */
  linkKey: 'AUTOTUNE_LINK_KEY',
  /** Scheme and host of the deployed review desk. */
  deskOrigin: 'AUTOTUNE_DESK_ORIGIN',
  /** CloudWatch namespace that the function counts in: that of its deployment. */
  metrics: 'AUTOTUNE_METRICS',
  /** Address that notices come from. */
  sender: 'AUTOTUNE_SENDER',
} as const

/** Where routing is published in a service of AWS, as JSON that its adapter reads; absent: nowhere. */
export const serviceVariable = (service: string): string => `AUTOTUNE_${service.toUpperCase()}`
