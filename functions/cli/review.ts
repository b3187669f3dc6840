/** `autotune review`: opens the review of a proposal, prints a link for every reviewer, and serves their pages. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { storeSigner } from '#adapters/local/store-signer.ts'
import { rolesLeft } from '#core/review/quorum.ts'
import { Name } from '#schemas/common.ts'
import type { Review } from '#schemas/review.ts'
import { REVIEW_PATH } from '#schemas/review-desk.ts'
import { Reviewers } from '#schemas/reviewers.ts'
import { serveDesk } from '../embedded/desk-server.ts'
import { openEngine, optionsOf } from '../embedded/engine.ts'
import type { LocalStore } from '../embedded/open-store.ts'
import { PAGE_HOST } from '../embedded/page-server.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import { parseAs, parseJson } from '../steps/experience/parse.ts'
import { answerRequest, recordRefused } from '../steps/review/answer.ts'
import { reviewLinks } from '../steps/review/notice.ts'
import { openRunReview } from '../steps/review/opening.ts'
import { seatsOf } from '../steps/review/people.ts'
import { expireIfDue, latestReview, type ReviewItem, readReview } from '../steps/review/reviews.ts'
import { pinnedRun } from '../steps/run/verify.ts'
import { filedOrFinished } from './inspect.ts'
import { existingStore } from './open.ts'
import { faultOf } from './system-errors.ts'
import { print, untilSignalled } from './terminal.ts'

interface Options {
  readonly store: string
  readonly json: boolean
  readonly reviewer: readonly string[]
  readonly port: number
  readonly expiresHours: number
  /** File of reviewers; undefined: `reviewers.json` of the store, and whoever is named where there is none. */
  readonly reviewers?: string
  readonly serve: boolean
  readonly cage?: boolean
}

/** @param stop ends the serving; by default Ctrl-C or a termination signal */
export async function review(run: string, o: Options, stop: () => Promise<void> = untilSignalled): Promise<number> {
  for (const text of o.reviewer) seatOf(text, [])
  const store = existingStore(o.store)
  try {
    const code = storeSigner(store.vaultDir, 'review-link')
    const item = await openOrReopen(store, run, o)
    const report = async (origin: string | null) => {
      const links = (await reviewLinks(item.review, code)).map(({ role, reviewer, token }) => ({
        role,
        reviewer,
        url: `${origin ?? ''}${REVIEW_PATH}${token}`,
      }))
      const { review_id, certification, status, expires_at, proposal_digest, shown_digest, decisions } = item.review
      const object = {
        run,
        review_id,
        ...(certification && { certification }),
        status,
        expires_at,
        proposal_digest,
        shown_digest,
        origin,
        links,
        decisions,
      }
      print(o.json, object, () => reviewLines(item.review, links, origin))
    }
    if (!o.serve || item.review.status !== 'open') {
      await report(o.port === 0 ? null : `http://${PAGE_HOST}:${o.port}`)
      return 0
    }
    const say = (line: string) => process.stderr.write(`${line}\n`)
    let latest = item.review
    const server = await serveDesk(
      async (request, at) => {
        const reply = await answerRequest(store, code, request, at)
        if (reply.write) {
          const { role, reviewer, decision, reason } = reply.write.decision
          say(`${reviewer} as ${role}: ${decision}${reason === null ? '' : `: ${JSON.stringify(reason)}`}`)
          latest = tell(latest, reply.write.next, say)
        }
        return reply
      },
      o.port,
      {
        failed: (error) => say(`autotune: ${faultOf(error)}`),
        refused: (note) => {
          recordRefused(store, note).catch((error: Error) => say(`autotune: ${error.message}`))
        },
      },
    )
    // Nobody has to open a link for time to be over.
    const clock = setInterval(() => {
      readReview(store, item.review.review_id)
        .then((now) => expireIfDue(store, now))
        .then((now) => {
          if (now) latest = tell(latest, now.review, say)
        })
        .catch((error: Error) => say(`autotune: ${error.message}`))
    }, 30_000)
    try {
      await report(server.origin)
      await stop()
    } finally {
      clearInterval(clock)
      await server.close()
    }
    return 0
  } finally {
    store.close()
  }
}

/** Says once that a review has ended. */
function tell(before: Review, now: Review, say: (line: string) => void): Review {
  if (now.status !== 'open' && before.status === 'open') say(`the review has ended: ${now.status}`)
  return now
}

async function openOrReopen(
  store: LocalStore,
  runId: string,
  { reviewer, reviewers, expiresHours, cage }: Pick<Options, 'reviewer' | 'reviewers' | 'expiresHours' | 'cage'>,
): Promise<ReviewItem> {
  const part = await filedOrFinished(store, runId)
  const pinned = part ? null : await pinnedRun(store, runId)
  const required = (part ?? pinned?.target)?.release_path?.requires_reviewers ?? []
  const file = reviewers ?? standingFile(store)
  const known = file === null ? null : parseAs(Reviewers, parseJson(readInput(file), file), file)
  const wanted = reviewer.map((text) => seatOf(text, required))
  const open = await latestReview(store, runId)
  // A harness of the user's own is started only where there is something to replay.
  const replays = open === null || open.review.status === 'expired' || store.clock.now() >= open.review.expires_at
  const owner = (part ?? pinned?.target)?.owner ?? ''
  // What stands is served as it stands, unless somebody is named.
  const seats =
    known && (replays || wanted.length > 0)
      ? seatsOf(known, { required, owner, wanted, file: file!, ...(part && { producer: part.producer }) })
      : wanted
  const options = replays && seats.length > 0 ? optionsOf(pinned?.replayer, cage) : optionsOf(undefined)
  const engine = await openEngine(store, (part ?? pinned)?.target.intent ?? '', options)
  try {
    return await openRunReview(store, engine, {
      runId,
      seats,
      expiresHours,
      nonce: () => randomBytes(16).toString('hex'),
    })
  } finally {
    engine.close()
  }
}

/** Who may review in this store; null: nobody is kept out. */
function standingFile({ dir }: LocalStore): string | null {
  const file = join(dir, 'reviewers.json')
  return existsSync(file) ? file : null
}

/** `ROLE=PERSON`; a role may hold a "=" itself: the longest that is required is meant. */
function seatOf(text: string, required: readonly string[]): { role: string; reviewer: string } {
  const cuts = [...text.matchAll(/=/g)].map(({ index }) => index)
  const at = cuts.findLast((cut) => required.includes(text.slice(0, cut).trim())) ?? cuts[0] ?? -1
  const role = Name.safeParse(text.slice(0, Math.max(0, at)).trim())
  const reviewer = Name.safeParse(text.slice(at + 1).trim())
  if (at < 1 || !role.success || !reviewer.success)
    throw new UserError(`--reviewer takes ROLE=PERSON, such as policy=ben@example.com, got "${text}"`)
  return { role: role.data, reviewer: reviewer.data }
}

function reviewLines(
  review: Review,
  links: readonly { role: string; reviewer: string; url: string }[],
  origin: string | null,
): string[] {
  const lines = [
    ...(review.certification ? [review.certification.toUpperCase()] : []),
    `review ${review.review_id}: ${review.status === 'open' ? `open until ${review.expires_at}` : review.status}`,
    `shown  ${review.shown_digest}`,
    ...review.decisions.map(
      (d) =>
        `   ${d.decision.padEnd(10)} ${d.role}: ${d.reviewer} at ${d.decided_at}${d.reason === null ? '' : `: ${d.reason}`}`,
    ),
  ]
  if (review.status !== 'open') return lines
  lines.push(`waits for ${rolesLeft(review).join(', ')}; one link each, and a link decides once:`)
  for (const { role, reviewer, url } of links) lines.push(`   ${role} ${reviewer}`, `      ${url}`)
  lines.push(
    origin === null
      ? 'these paths are served by "autotune review RUN --port N" under http://127.0.0.1:N'
      : 'whoever holds a link decides with it. Served while "autotune review" runs, on this machine; Ctrl-C stops',
  )
  return lines
}
