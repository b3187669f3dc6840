/** The first screen of a review: gain, price and way back, and who has decided. */
import { html } from 'hono/html'
import type { VaultReader } from '#core/gate/vault-reader.ts'
import { seatsLeft } from '#core/review/quorum.ts'
import type { Shown, ShownProposal } from '#core/review/shown.ts'
import type { Review, ReviewDecision, ReviewSeat } from '#schemas/review.ts'
import { moment, visible } from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'
import { disappears, gain, harm, type Told } from './headline.ts'

/** Who was asked, and who has decided: one line a role. */
export function standing({ review, seat }: ReviewView): Html {
  const left = new Set(seatsLeft(review).map((s) => s.role))
  const roles = [...new Set(review.seats.map((s) => s.role))]
  return html`<ul class="seats" aria-label="Required roles">${roles.map((role) => {
    const done = review.decisions.find((d) => d.role === role)
    const state = done ? done.decision : role === seat.role ? 'waits for you' : left.has(role) ? 'waiting' : 'open'
    const who = done ? html` by ${signer(review, done)}, ${moment(done.decided_at)}` : null
    return html`<li class="${role === seat.role ? 'you' : ''}"><strong>${visible(role)}</strong> ${done ? html`<span class="good">${state}</span>${who}` : state}</li>`
  })}</ul>
${comments(review)}`
}

/** Gain, harm, what disappears and the way back, for whoever reads no further. */
export function summary(shown: ShownProposal): Html {
  const { release_path } = shown.proposal
  const tiles: (readonly [string, Told | null])[] = [
    ['Gain, held out', gain(shown)],
    ['Harm, held out', harm(shown)],
    ['Disappears', disappears(shown)],
    [
      'Way back',
      {
        says: visible(release_path.rollback_target),
        more: `the whole tuple, by itself when production disagrees; enters at ${release_path.rollout_stage}`,
      },
    ],
  ]
  return html`<dl class="tiles four">${tiles.map(
    ([title, told]) =>
      told &&
      html`<div><dt>${title}</dt><dd><strong class="${told.isBad ? 'bad' : ''}">${told.says}</strong>${told.more}</dd></div>`,
  )}</dl>`
}

/** Who decided, by name and id where a file of reviewers names them. */
export function signer(
  { seats }: Pick<Review, 'seats'>,
  { role, reviewer }: Pick<ReviewDecision, 'role' | 'reviewer'>,
): string {
  const name = seats.find((s) => s.role === role && s.reviewer === reviewer)?.name
  return visible(name === undefined || name === reviewer ? reviewer : `${name} (${reviewer})`)
}

/** What reviewers have said so far; nothing while nobody has. */
export const comments = (review: Review): Html | null =>
  review.decisions.length === 0
    ? null
    : table(
        'decisions',
        'Decisions so far, append-only',
        ['role', 'reviewer', 'decision', 'time', 'comment'],
        review.decisions.map((d) => [
          visible(d.role),
          signer(review, d),
          d.decision,
          moment(d.decided_at),
          d.reason === null ? '-' : visible(d.reason),
        ]),
      )

/** A page for one reviewer in one role. */
export interface ReviewView {
  /** Who can read the vault. */
  readonly vault: VaultReader
  readonly shown: Shown
  readonly review: Review
  readonly seat: Pick<ReviewSeat, 'role' | 'reviewer'>
  /** Where the form posts to: the address of the page itself. */
  readonly action: string
  /** What was wrong with the form just sent, and what was typed; null on a fresh page. */
  readonly returned: { readonly problem: string; readonly reason: string } | null
}
