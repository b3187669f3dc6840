/** Keys of the ledger table, one function per entity: the access patterns of DynamoDB and of its embedded twin. */
import { hash } from 'node:crypto'
import { refName, refVersion } from '#core/release/ref.ts'

/** What a hash begins with. */
const DIGITS = [...'0123456789abcdef']

export const rowKeys = {
  /** Open run of an intent and risk class. */
  lock: (intent: string, riskClass: string) => ['lock', `${intent}#${riskClass}`] as const,
  /** When an execution ended without a verdict, by its ARN. */
  ended: (execution: string) => ['ended', execution] as const,
  /** Sealed version by its digest. */
  version: (intent: string, version: string) => [`heldout#${intent}`, version] as const,
  versions: (intent: string) => `heldout#${intent}`,
  /** Claim of a family by a version, by the family's hash: spread by its first digit, for one partition takes a thousand writes a second. */
  claim: (intent: string, family: string) => [`family#${family[0]}#${intent}`, family] as const,
  /** Partitions of the claims of an intent; first the one in which versions up to 0.2.0 put all, whose claims stay there. */
  claims: (intent: string) => [`family#${intent}`, ...DIGITS.map((digit) => `family#${digit}#${intent}`)],
  /** Rejection memory by what it holds under: baseline and suite, of what was seen on a search set that too. */
  rejection: (intent: string, scope: string, id: string) => [`rejection#${intent}`, `${scope}#${id}`] as const,
  /** What lifts a rejection, beside it. */
  lift: (intent: string, rejection: string) => [`rejection#${intent}`, `${rejection}#lifted`] as const,
  rejections: (intent: string) => `rejection#${intent}`,
  /** Split rule of the store. */
  split: () => ['split', 'rule'] as const,
  /** A re-split of an intent by its number, and apart from it the key that it drew: only ingest and sealer read that. */
  epoch: (intent: string, epoch: number) => [`epoch#${intent}`, String(epoch).padStart(4, '0')] as const,
  epochs: (intent: string) => `epoch#${intent}`,
  epochKey: (intent: string, epoch: number) => [`epochkey#${intent}`, String(epoch).padStart(4, '0')] as const,
  /** The error budget of a year, and what was charged to it. */
  yearBudget: () => ['budget', 'year'] as const,
  /** What a live run has spent of its budget on the search side, by who pays; and apart from it on the sealed side. */
  asked: (payer: string) => [`asked#${payer}`, 'search'] as const,
  askedSealed: (payer: string) => [`askedsealed#${payer}`, 'sealed'] as const,
  /** The import that is under way. */
  importLock: () => ['import', 'lock'] as const,
  /** The `autotune record` of a plan that is under way. */
  recordLock: (plan: string) => ['import', `record#${plan}`] as const,
  /** Runs by intent, in the order of their ids. */
  run: (intent: string, runId: string) => [`run#${intent}`, runId] as const,
  runs: (intent: string) => `run#${intent}`,
  /** Review by its id: one item, one conditional write per decision. */
  review: (reviewId: string) => ['review', reviewId] as const,
  /** Rollout by its id: one item, one conditional write per transition. */
  rollout: (rolloutId: string) => ['rollout', rolloutId] as const,
  rollouts: () => 'rollout',
  /** Tuple in force of an intent, and the one rollout that may be on its way. */
  inForce: (intent: string) => ['release', intent] as const,
  allInForce: () => 'release',
  /** Pack version that an approved proposal made, by `NAME@SEMVER`. */
  packVersion: (ref: string) => [`version#${refName(ref)}`, refVersion(ref)] as const,
  packVersions: (name: string) => `version#${name}`,
  /** That a proposal of another producer was filed, by its digest. */
  proposalFiled: (proposalId: string) => [`proposal#${proposalId}`, 'filed'] as const,
  /** What became of a proposal: the ids of its reviews and of its rollout. */
  proposalReview: (proposalId: string, reviewId: string) => [`proposal#${proposalId}`, `review#${reviewId}`] as const,
  proposalRollout: (proposalId: string, rolloutId: string) =>
    [`proposal#${proposalId}`, `rollout#${rolloutId}`] as const,
  ofProposal: (proposalId: string) => `proposal#${proposalId}`,
  /** Segment of a rollout's production log, by number. */
  production: (rolloutId: string, number: number) =>
    [`production#${rolloutId}`, String(number).padStart(6, '0')] as const,
  productions: (rolloutId: string) => `production#${rolloutId}`,
  /** Task token of a workflow that waits for a review, by the token's digest: written once, never replaced. */
  token: (reviewId: string, token: string) => [`token#${reviewId}`, hash('sha256', token).slice(0, 32)] as const,
  tokens: (reviewId: string) => `token#${reviewId}`,
}
