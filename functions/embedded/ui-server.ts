/** The workbench on this machine: every page from the store as it lies, which is opened anew for each and only read. */
import { thisProcess } from '#adapters/local/holder.ts'
import { TamperError } from '#core/experience/run-files.ts'
import { shownDigest } from '#core/review/shown.ts'
import { Id, Name } from '#schemas/common.ts'
import { Verdict } from '#schemas/run.ts'
import { UserError } from '../errors.ts'
import { visible } from '../pages/kit/format.ts'
import { reportPage } from '../pages/report/page.ts'
import { REPORT_POLICY } from '../pages/report/shell.ts'
import { rolloutPage } from '../pages/rollout/page.ts'
import { casePage } from '../pages/workbench/case.ts'
import { reviewsPage, rolloutsPage, shownReviewPage } from '../pages/workbench/decided.ts'
import { intentPage, intentsPage } from '../pages/workbench/intents.ts'
import { candidatePage, runPage } from '../pages/workbench/run.ts'
import { comparePage, runsPage } from '../pages/workbench/runs.ts'
import { nothingHere } from '../pages/workbench/shell.ts'
import { storePage } from '../pages/workbench/store.ts'
import { intentsOf } from '../steps/experience/documents.ts'
import { readRollout } from '../steps/release/rollouts.ts'
import { tellRollout } from '../steps/release/story.ts'
import { readMonth } from '../steps/report/read-month.ts'
import { readReview } from '../steps/review/reviews.ts'
import { shownOf } from '../steps/review/shown.ts'
import { type UnfinishedRun, unfinishedRuns } from '../steps/run/unfinished.ts'
import { readCase } from '../steps/workbench/case.ts'
import { reviewRows, rolloutRows } from '../steps/workbench/decided.ts'
import { readIntents } from '../steps/workbench/intents.ts'
import { readCandidate, readRun } from '../steps/workbench/run.ts'
import { readRuns } from '../steps/workbench/runs.ts'
import { readStore } from '../steps/workbench/store-facts.ts'
import { localReport } from './local-report.ts'
import { type LocalStore, openStore } from './open-store.ts'
import { type PageReply, type PageServer, plain, type ServerLog, servePages } from './page-server.ts'

/** What one page is made of. */
interface Asked {
  readonly store: LocalStore
  readonly query: URLSearchParams
  /** Options by which a command finds this store; empty, or it begins with a blank. */
  readonly place: string
}

/** A page as text; null: there is nothing at this address. */
type Made = Promise<string | null>

/**
 * Serves the pages of a store in a folder.
 * @param place options by which a command finds this store, such as ` --store DIR`; may be empty
 * @param port 0: any free one
 * @throws UserError when the port is taken
 */
export const serveWorkbench = (dir: string, place: string, port: number, log: ServerLog): Promise<PageServer> =>
  servePages(
    async ({ method }, { path, query }): Promise<PageReply> => {
      if (method !== 'GET' && method !== 'HEAD') return { ...plain(405, 'These pages only show.'), allow: 'GET, HEAD' }
      const store = openStore(dir, { readOnly: true })
      try {
        const [, run] = /^\/runs\/([^/]+)\/report$/.exec(path) ?? []
        if (run !== undefined) return (await reportOf(store, run)) ?? reply(404, nothingHere(ELSEWHERE))
        const body = await pageAt(path, { store, query: new URLSearchParams(query), place })
        return body === null ? reply(404, nothingHere(ELSEWHERE)) : reply(200, body)
      } catch (error) {
        if (!isDamage(error)) throw error
        return reply(500, nothingHere(`It cannot be shown: ${visible(error.message)}`))
      } finally {
        store.close()
      }
    },
    port,
    log,
  )

/** The report of a run, the same bytes that `autotune report` writes. */
async function reportOf(store: LocalStore, run: string): Promise<PageReply | null> {
  const facts = await localReport(store, run)
  return facts && { ...reply(200, reportPage(facts)), policy: REPORT_POLICY }
}

const ELSEWHERE =
  'No page, or nothing on the search side of this store, has this name. Whether the sealed side has is not told to anybody.'

const reply = (status: number, body: string): PageReply => ({ status, location: null, body })

const isDamage = (error: unknown): error is Error => error instanceof UserError || error instanceof TamperError

/** Names of an address; null: it is none of ours. */
function namesOf(path: string): string[] | null {
  try {
    return path.slice(1).split('/').map(decodeURIComponent)
  } catch {
    return null
  }
}

const isId = (text: string | null | undefined): text is string => Id.safeParse(text).success
const isName = (text: string | undefined): text is string => Name.safeParse(text).success
const wholeNumber = (text: string | null): number => (/^\d{1,15}$/.test(text ?? '') ? Number(text) : 0)

async function pageAt(path: string, asked: Asked): Made {
  const names = namesOf(path)
  if (names === null) return null
  const [place, id, ...rest] = names
  const { store } = asked
  if (place === 'cases' && isId(id) && rest.length === 1) return await caseAt(id, rest[0], asked)
  if (place === 'runs' && isId(id)) return await runAt(id, rest, asked)
  if (rest.length > 0) return null
  if (id === undefined) return await listAt(place ?? '', asked)
  if (place === 'reviews' && isId(id)) {
    const item = await readReview(store, id)
    if (item === null) return null
    const shown = await shownOf(store, item)
    const isSame = shown !== null && shownDigest(shown) === item.review.shown_digest
    return shownReviewPage(item.run_id, item.review, isSame ? { shown, vault: await store.vaultReader() } : null)
  }
  if (place === 'intents' && isId(id))
    return (await intentsOf(store)).includes(id)
      ? intentPage(await readMonth(store, id, asked.query.get('month') || null))
      : null
  if (place !== 'rollouts' || !isId(id)) return null
  if ((await readRollout(store, id)) === null) return null
  const { now, failed_runs, ...story } = await tellRollout(store, id)
  return rolloutPage({ story, failed_runs, now, options: asked.place.trim(), refresh: null })
}

async function listAt(place: string, asked: Asked): Made {
  const { store, query } = asked
  const after = query.get('after')
  switch (place) {
    case '':
      return intentsPage(await readIntents(store))
    case 'runs': {
      const verdict = Verdict.safeParse(query.get('verdict'))
      const wanted = { intent: query.get('intent') || null, verdict: verdict.data ?? null, after }
      return runsPage(await readRuns(store, wanted, unfinishedIn(asked)))
    }
    case 'compare': {
      const [a, b] = [await runOf(query.get('a'), asked), await runOf(query.get('b'), asked)]
      return a && b && comparePage(a, b)
    }
    case 'reviews': {
      const { rows, next } = await reviewRows(store, after)
      return reviewsPage(rows, next)
    }
    case 'rollouts': {
      const { rows, next } = await rolloutRows(store, after)
      return rolloutsPage(rows, next)
    }
    case 'store':
      return storePage(await readStore(store))
    default:
      return null
  }
}

const unfinishedIn =
  ({ store, place }: Asked) =>
  (): Promise<UnfinishedRun[]> =>
    unfinishedRuns(store, thisProcess(), place)

async function runOf(id: string | null, asked: Asked) {
  if (!isId(id)) return null
  const { store, query, place } = asked
  return await readRun(store, id, wholeNumber(query.get('from')), { unfinished: unfinishedIn(asked), place })
}

async function runAt(id: string, rest: readonly string[], asked: Asked): Made {
  if (rest.length === 0) {
    const view = await runOf(id, asked)
    return view && runPage(view)
  }
  const [what, candidate, ...more] = rest
  if (what !== 'candidates' || !isId(candidate) || more.length > 0) return null
  const view = await readCandidate(asked.store, id, candidate, wholeNumber(asked.query.get('from')))
  return view && candidatePage(view)
}

async function caseAt(intent: string, caseId: string | undefined, { store, query }: Asked): Made {
  if (!isName(caseId)) return null
  const run = query.get('run')
  const of = isId(run) ? { run, from: wholeNumber(query.get('from')) } : null
  const view = await readCase(store, intent, caseId, of)
  return view && casePage(view)
}
