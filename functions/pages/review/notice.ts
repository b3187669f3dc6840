/** The notice that asks one person for one decision. Plain text: a link that can be read before it is opened. */
import type { Review } from '#schemas/review.ts'
import { visible } from '../kit/format.ts'

interface Notice {
  readonly subject: string
  readonly text: string
}

/** Subject and text; `url` is the seat's own link. `about`: change, gain and harm in a line; null: opened before there was one. */
export function noticeOf(review: Review, role: string, url: string, about: string | null): Notice {
  const asked = visible(role)
  return {
    subject: `Review as ${asked}: ${review.tuning_proposal_id}${review.certification ? ` (${review.certification})` : ''}`,
    text: [
      `You are asked to review a change of the agent's harness as ${asked}.`,
      '',
      ...(about === null ? [] : [visible(about), '']),
      `Proposal  ${review.tuning_proposal_id}, of ${visible(review.owner)}`,
      `Open to   ${review.expires_at}`,
      '',
      url,
      '',
      'Opening the link only shows; the form on the page decides, once. The link is yours: whoever holds it decides in',
      'your name. Do not forward this message.',
      '',
    ].join('\n'),
  }
}
