/**
 * Answers a request for the page of a rollout by a reviewer's link: whoever was asked to approve a change may watch what becomes
 * of it. It shows, and neither decides nor writes.
 */
import { checkLink, type LinkVerdict, parseLink } from '#core/review/link.ts'
import { noLinkPage, notStartedPage, type RolloutView, rolloutPage, scriptOf } from '../../pages/rollout/page.ts'
import type { Signer, Store } from '../../ports.ts'
import { readReview } from '../review/reviews.ts'
import { readRollout, rolloutId } from './rollouts.ts'
import { tellRollout } from './story.ts'

export interface RolloutAnswer {
  readonly status: number
  readonly body: string
  /** The script that the page runs; absent: it runs none. */
  readonly script?: string | undefined
}

/** Links that never were good here. One that was used, or whose review has ended, still shows what it led to. */
const NEVER_GOOD: readonly LinkVerdict['kind'][] = ['malformed', 'forged', 'unknown', 'swapped']

/**
 * The page for a link.
 * @param options that the commands on the page need to find this store
 * @param refresh seconds between two looks of an open page
 */
export async function answerRolloutLink(
  store: Store,
  code: Signer,
  { method, token }: { readonly method: string; readonly token: string },
  { options, refresh }: Pick<RolloutView, 'options' | 'refresh'>,
): Promise<RolloutAnswer> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: noLinkPage() }
  const parsed = parseLink(token)
  if (parsed.kind !== 'parsed') return { status: 404, body: noLinkPage() }
  const macHolds = await code.holds(parsed.text, parsed.mac)
  const item = macHolds ? await readReview(store, parsed.claims.review_id) : null
  const review = item?.review ?? null
  const proposal_digest = review?.proposal_digest ?? ''
  const verdict = checkLink(parsed, { macHolds, review, proposal_digest, now: store.clock.now() })
  if (item === null || NEVER_GOOD.includes(verdict.kind)) return { status: 404, body: noLinkPage() }
  const id = rolloutId(item.run_id)
  if ((await readRollout(store, id)) === null) return { status: 200, body: notStartedPage(item.review) }
  const { now, failed_runs, ...story } = await tellRollout(store, id)
  const view = { story, failed_runs, now, options, refresh }
  return { status: 200, body: rolloutPage(view), script: scriptOf(view) }
}
