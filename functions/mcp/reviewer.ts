/** Tools of a reviewer: reviews and what they rest on, to read. People decide, on a page or at a terminal. */
import { isShownPart, type Shown, shownDigest } from '#core/review/shown.ts'
import { REVIEWER_TOOLS } from '#schemas/agent-tools.ts'
import { UserError } from '../errors.ts'
import { fitted } from '../steps/agent/room.ts'
import { type ReviewItem, readReview } from '../steps/review/reviews.ts'
import { shownOf } from '../steps/review/shown.ts'
import { rowKeys } from '../steps/store/ledger-keys.ts'
import { page, whole } from './page.ts'
import type { OpenSide, ReviewerPorts } from './ports.ts'
import { MOST_ANSWER, type Tool, toolsOf } from './tool.ts'

/** Characters that evidence, or a proposal, may take. */
const MOST_PART = MOST_ANSWER / 2

export function reviewerTools({ reading }: ReviewerPorts): Tool[] {
  return toolsOf(REVIEWER_TOOLS, {
    list_reviews: ({ after, limit }) =>
      reading(async ({ table }) => {
        const rows = []
        let next: string | null = null
        for await (const { sk, body } of table.query<ReviewItem>(rowKeys.review('')[0])) {
          if (after !== undefined && sk <= after) continue
          if (rows.length === limit) {
            next = rows.at(-1)!.review_id
            break
          }
          const { review_id, status, opened_at, expires_at, requires, decisions } = body.review
          const decided = decisions.length
          rows.push({ review_id, run: body.run_id, status, opened_at, expires_at, requires, decided })
        }
        return page('reviews', rows, next, ({ review_id }) => review_id)
      }),

    read_review: ({ review_id }) =>
      reading(async (store) => {
        const { item, shown } = await readShown(store, review_id)
        const { seats, ...review } = item.review
        return {
          run: item.run_id,
          // What a link is made of is told to nobody.
          review: whole(fitted({ ...review, seats: seats.map(({ nonce: _, ...seat }) => seat) }, MOST_PART)),
          is_as_shown: shown !== null,
          proposal: shown ? whole(fitted(asJson(withoutCases(shown.proposal)), MOST_PART)) : null,
          parts: shown ? Object.keys(partsOf(shown)) : [],
        }
      }),

    evidence: ({ review_id, part }) =>
      reading(async (store) => {
        const { shown } = await readShown(store, review_id)
        if (!shown)
          throw new UserError(`files of review ${review_id} changed since it was opened: nothing of it is shown`)
        const parts = partsOf(shown)
        if (!Object.hasOwn(parts, part))
          throw new UserError(`no part of that name: there are ${Object.keys(parts).join(', ')}`)
        return { review_id, part, evidence: whole(fitted(asJson(parts[part]), MOST_PART)) }
      }),
  })
}

/** A review with what its page shows; null: files changed since it was opened. Throws UserError where there is none. */
async function readShown(store: OpenSide, id: string): Promise<{ item: ReviewItem; shown: Shown | null }> {
  const item = await readReview(store, id)
  if (!item) throw new UserError(`no review ${id}: "list_reviews" names those that there are`)
  const shown = await shownOf(store, item)
  return { item, shown: shown && shownDigest(shown) === item.review.shown_digest ? shown : null }
}

/** What is shown beside the proposal, by name. */
function partsOf(shown: Shown): Readonly<Record<string, unknown>> {
  if (isShownPart(shown)) {
    const { proposal: _, ...parts } = shown
    return parts
  }
  const { proposal: _, evidence = {}, ...parts } = shown
  return { ...parts, ...evidence }
}

/** A certified proposal names the sealed cases that went another way: they are counted here. */
const withoutCases = ({ ...proposal }: Shown['proposal']): object =>
  'guardrails' in proposal
    ? {
        ...proposal,
        guardrails: { ...proposal.guardrails, regression_runs: proposal.guardrails.regression_runs.length },
      }
    : proposal

/** As JSON has it: what is undefined is not there. */
const asJson = (value: unknown) => JSON.parse(JSON.stringify(value ?? null))
