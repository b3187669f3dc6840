/** Decisions in items of the ledger: votes of reviewers and transitions of rollouts. Each carries a code of its own, beside the item's. */
import type { PromotionRecord } from '#schemas/release.ts'
import type { ReviewDecision } from '#schemas/review.ts'
import { canonical, digestOf } from '../canonical.ts'

/** Keeps a code made for a decision from being valid for a link, a line or an item under the same key. */
const PURPOSE = 'contextos-autotune/decision/v1'

/** Code (MAC) of each decision of an item, by the digest of the decision, and the name of the key that it was made under. */
export type DecisionCodes = Readonly<Record<string, { readonly key: string; readonly mac: string }>>

/** Text that the code of a decision covers. A decision covers the one before it. */
export const decisionText = (pk: string, sk: string, digest: string): string =>
  `${PURPOSE}\n${canonical({ pk, sk, digest })}`

interface Decision {
  readonly digest: string
  /** For people. */
  readonly name: string
}

/** What an item may hold of decisions. Nothing of it is believed yet. */
interface Deciding {
  readonly review?: { readonly decisions?: readonly ReviewDecision[] }
  readonly rollout?: { readonly records?: readonly PromotionRecord[] }
  readonly codes?: DecisionCodes
}

/** Decisions of a review or rollout in their order; none of any other item. */
export const decisionsOf = ({ review, rollout }: Deciding): Decision[] => [
  ...(review?.decisions ?? []).map((decision, i) => ({
    digest: digestOf(decision),
    name: `decision ${i + 1} (${decision.decision} by ${decision.reviewer})`,
  })),
  ...(rollout?.records ?? []).map((record, i) => ({
    digest: digestOf(record),
    name: `transition ${i + 1} (${record.verdict} by ${record.by})`,
  })),
]

/** How many decisions an item of a revision holds at most: a review has none at first, a rollout its start. */
export const decidedBy = ({ rollout }: Deciding, revision: number): number => (rollout ? revision + 1 : revision)
