/** Reviews and rollouts in lists, and a review as its reviewers saw it, without a form. */
import { html } from 'hono/html'
import type { Review } from '#schemas/review.ts'
import { moment, visible } from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'
import { headlineOf } from '../review/headline.ts'
import { evidenceParts } from '../review/page.ts'
import { type ReviewView, signer } from '../review/summary.ts'
import { empty, href, link, runLink, when, word, workbenchPage } from './shell.ts'
import type { ReviewRow, RolloutRow } from './views.ts'

/** @param next where the list goes on; null: it ends here */
const onward = (place: string, next: string | null): Html | null =>
  next === null ? null : html`<p>${link(href([place], { after: next }), 'Further')}</p>`

export const reviewsPage = (rows: readonly ReviewRow[], next: string | null): string =>
  workbenchPage(
    'Reviews',
    'reviews',
    html`<h1>Reviews</h1>
${
  rows.length === 0
    ? empty(
        'No review was opened yet. A certified run is put before people by',
        'autotune review RUN --reviewer ROLE=PERSON',
      )
    : table(
        'reviews',
        'In the order of their ids; a review is decided by its links alone, never here',
        ['review', 'run', 'status', 'opened', 'decisions'],
        rows.map(({ run_id, review }) => [
          link(href(['reviews', review.review_id]), visible(review.review_id)),
          runLink(run_id),
          review.status,
          when(review.opened_at),
          `${review.decisions.length} of ${review.requires.length}`,
        ]),
      )
}
${onward('reviews', next)}`,
  )

/** @param seen null: the files that were shown are no longer what they were */
export const shownReviewPage = (
  run: string,
  review: Review,
  seen: Pick<ReviewView, 'shown' | 'vault'> | null,
): string =>
  workbenchPage(
    `Review ${visible(review.review_id)}`,
    'reviews',
    html`<p class="eyebrow">Review <strong>${visible(review.review_id)}</strong> of run ${runLink(run)}: ${review.status}</p>
<h1>${seen === null ? visible(review.tuning_proposal_id) : headlineOf(seen.shown)}</h1>
${
  review.decisions.length === 0
    ? html`<p>Nobody has decided yet. It is open until <time datetime="${review.expires_at}">${moment(review.expires_at)}</time>, or was.</p>`
    : table(
        'decisions',
        'Decisions, append-only',
        ['role', 'reviewer', 'decision', 'time', 'reason'],
        review.decisions.map((d) => [
          visible(d.role),
          signer(review, d),
          d.decision,
          moment(d.decided_at),
          d.reason === null ? '-' : visible(d.reason),
        ]),
      )
}
${seen === null ? html`<div class="panel bad"><p>What its page showed cannot be shown any more: files of the run were changed, erased or removed since. <code>autotune verify ${visible(run)}</code> names them.</p></div>` : evidenceParts(seen)}
<p class="soft">What reviewers saw has the digest <span class="mono">${review.shown_digest}</span>.</p>`,
  )

export const rolloutsPage = (rows: readonly RolloutRow[], next: string | null): string =>
  workbenchPage(
    'Rollouts',
    'rollouts',
    html`<h1>Rollouts</h1>
${
  rows.length === 0
    ? empty(
        'No rollout was started yet. An approved proposal goes out by',
        'autotune rollout start RUN --config rollout.json',
      )
    : table(
        'rollouts',
        'In the order of their ids; a rollout is moved by its evaluation and from the command line, never here',
        ['rollout', 'status', 'stage', 'since', 'versions'],
        rows.map((row) => [
          html`${link(href(['rollouts', row.rollout_id]), visible(row.rollout_id))} <span class="of">${visible(row.intent)}</span>`,
          word(row.status),
          visible(row.stage),
          when(row.since),
          `${visible(row.from)} → ${visible(row.to)}`,
        ]),
      )
}
${onward('rollouts', next)}`,
  )
