/** `autotune decide`: one reviewer's decision from a terminal, by the same transition as the page's form. */

import { type AnyProposal, isPart, partInWords } from '#core/review/any-proposal.ts'
import { rolesLeft } from '#core/review/quorum.ts'
import { UserError } from '../errors.ts'
import { decideAtTerminal } from '../steps/review/answer.ts'
import { filedOrFinished } from './inspect.ts'
import { nextCommand } from './next.ts'
import { existingStore } from './open.ts'
import { print } from './terminal.ts'
import { patchLine } from './text.ts'

interface Options {
  readonly store: string
  readonly json: boolean
  readonly role: string
  readonly reviewer: string
  readonly approve?: boolean
  readonly reject?: boolean
  readonly reason?: string
  readonly shown?: string
}

/** What was decided on, in one line; with the stamp, where replay cannot judge it. */
const changeLine = (proposal: AnyProposal): string =>
  isPart(proposal)
    ? `${partInWords(proposal.change)} (${proposal.certification})`
    : patchLine(proposal.candidate_change.patch)

export async function decideVerb(runId: string, o: Options): Promise<number> {
  if ((o.approve === true) === (o.reject === true)) throw new UserError('say either --approve or --reject')
  if (o.reject && (o.reason ?? '').trim() === '')
    throw new UserError('a rejection needs --reason TEXT: the next run will not propose the same again because of it')
  const store = existingStore(o.store)
  try {
    await filedOrFinished(store, runId)
    const { review, decision, proposal } = await decideAtTerminal(store, runId, {
      role: o.role,
      reviewer: o.reviewer,
      decision: o.approve ? 'approved' : 'rejected',
      reason: o.reason ?? null,
      shown: o.shown ?? null,
    })
    const left = review.status === 'open' ? rolesLeft(review) : []
    print(o.json, { run: runId, review_id: review.review_id, status: review.status, waits_for: left, decision }, () => [
      `${decision.decision}: ${changeLine(proposal)}, by ${decision.reviewer} as ${decision.role}`,
      `shown  ${decision.shown_digest}`,
      review.status === 'open'
        ? `review ${review.review_id}: waits for ${left.join(', ')}`
        : `review ${review.review_id} has ended: ${review.status}`,
      ...(review.status === 'approved'
        ? [`next   ${nextCommand(o, ['rollout', 'start', runId, '--config', 'rollout.json'])}`]
        : []),
    ])
    return 0
  } finally {
    store.close()
  }
}
