/** Pages that offer no form: a decision taken, a review that has ended, a link that is worth nothing. */
import { html } from 'hono/html'
import type { VaultReader } from '#core/gate/vault-reader.ts'
import type { Shown } from '#core/review/shown.ts'
import type { Review, ReviewDecision, ReviewRefusal } from '#schemas/review.ts'
import { moment, visible } from '../kit/format.ts'
import { type Html, page } from '../kit/layout.ts'
import { stampPanel } from '../kit/stamp.ts'
import { evidenceParts } from './page.ts'
import { comments } from './summary.ts'

/** After a decision, and whenever its link is opened again. */
export function decidedPage({ review, decision, seen, watch }: DecidedView): string {
  const next =
    review.status === 'open'
      ? 'The review goes on until every required role has decided.'
      : review.status === 'approved'
        ? 'Every required role has approved. The rollout enters at 0%_shadow, where the candidate serves nobody yet.'
        : `The review has ended: ${review.status}.`
  return page(
    { title: `Decision recorded: ${decision.decision}` },
    html`<h1>You ${decision.decision} ${visible(decision.tuning_proposal_id)}</h1>
<p>Recorded as <strong>${visible(decision.role)}</strong> (${visible(decision.reviewer)}) on <time datetime="${decision.decided_at}">${moment(decision.decided_at)}</time>. A decision stands; this link decides nothing any more.</p>
<p>${next}</p>
${stamped(review)}
${watched(review, watch)}
${comments(review)}
<p class="soft">What you saw has the digest <span class="mono">${decision.shown_digest}</span>.</p>
${asShown(seen)}`,
  )
}

/** A review that ended before this link was used. */
export function endedPage(review: Review, seen: Seen | null = null, watch?: string): string {
  const says = {
    open: 'This link cannot decide any more; the review is still open for others.',
    approved: 'Every required role approved it.',
    rejected: 'It was rejected; one rejection ends a review.',
    expired: `Nobody approved or rejected it in full before ${moment(review.expires_at)}. An expired review is no approval: ask the owner to open a new one.`,
  }[review.status]
  return page(
    { title: `Review ${review.status}` },
    html`<h1>The review of ${visible(review.tuning_proposal_id)} ${review.status === 'open' ? 'goes on without this link' : `has ended: ${review.status}`}</h1>
<p>${says}</p>
${stamped(review)}
${watched(review, watch)}
${comments(review)}
${asShown(seen)}`,
  )
}

const stamped = ({ certification }: Review): Html | null => (certification ? stampPanel(certification) : null)

/** The way on, once everybody has approved. */
const watched = ({ status }: Review, watch: string | undefined): Html | null =>
  status === 'approved' && watch !== undefined ? html`<p><a href="${watch}">Watch its rollout</a></p>` : null

/**
 * What a person is told when a link or a form is refused; whoever holds a link that was good sees what was shown. A link that did not verify gets one and the same page whatever
 * was wrong with it: it is told neither which reviews exist nor what a good code looks like.
 */
export function refusedPage(refused: ReviewRefusal, seen: Seen | null = null): string {
  const [title, says] = REFUSALS[refused] ?? INVALID
  return page(
    { title },
    html`<h1>${title}</h1>
<p>${says}</p>
<p class="soft">Nothing was decided. The attempt was recorded.</p>
${seen && asShown(seen)}`,
  )
}

const INVALID = [
  'This link is not valid',
  'Open the link from your notice again, whole and unchanged, or ask the owner of the proposal to send it again.',
] as const

const REFUSALS: Partial<Record<ReviewRefusal, readonly [string, string]>> = {
  expired: [
    'This link has expired',
    'The time for this review is over. An expired review is no approval: ask the owner to open a new one.',
  ],
  changed: [
    'The proposal has changed',
    'It is no longer the one that this link was made for, so it cannot be decided here. Ask the owner to open a new review.',
  ],
  not_shown: [
    'The page is out of date',
    'Open the link from your notice again and read the proposal as it stands now.',
  ],
  role_taken: ['Your role has been decided', 'Somebody else who was asked for the same role decided first.'],
  person_taken: ['You have decided already', 'One person fills one role; your decision for another role stands.'],
  quorum_unreachable: [
    'Please use your other link',
    'Deciding in this role would leave nobody for another one. You were asked for both: use the other link, or ask the owner.',
  ],
  self_approval: ['This is your own proposal', 'Nobody approves their own change.'],
  cross_site: ['The form was sent from somewhere else', 'Open the link from your notice and decide on that page.'],
  bad_request: ['The form could not be read', 'Open the link from your notice and decide on that page.'],
}

/** What reviewers saw, without a form; null: its files are no longer what they were. */
interface Seen {
  readonly shown: Shown
  readonly vault: VaultReader
}

const asShown = (seen: Seen | null): Html =>
  seen === null
    ? html`<p>What was shown cannot be shown again: its files are no longer what they were.</p>`
    : html`<h2>What was shown</h2>
${evidenceParts(seen)}`

/** What is shown after a decision, or when a link is opened again. */
interface DecidedView {
  readonly review: Review
  readonly decision: ReviewDecision
  readonly seen: Seen | null
  /** Address at which the rollout is shown; absent: nowhere here. */
  readonly watch?: string | undefined
}
