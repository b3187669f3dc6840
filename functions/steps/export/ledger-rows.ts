/** Rows of the ledger: sealed versions by their published counts, questions, the year's budget, reviews and decisions. */

import { ALL_INTENTS, type ExportRow } from '#schemas/export-tables.ts'
import type { HeadLine } from '#schemas/head-line.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import type { AutotuneRun, RunManifest } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson } from '../../streams/read-object.ts'
import { intentsOf } from '../experience/documents.ts'
import type { YearItem } from '../heldout/year.ts'
import { listReviews, type ReviewItem } from '../review/reviews.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { dayOf } from './day.ts'

/** Versions, their questions, and what was declared and charged. The vault is not opened. */
export async function* gateRows(store: Pick<Store, 'table' | 'objects' | 'heads'>): AsyncGenerator<ExportRow> {
  const year = (await store.table.get<YearItem>(...rowKeys.yearBudget()))?.body
  const charged = new Map(year?.charged.map((one) => [one.commit, one]))
  for (const [i, { on, budget, by, bands }] of (year?.declared ?? []).entries())
    yield { table: 'budgets', day: dayOf(on), intent: ALL_INTENTS, values: { n: i + 1, budget, signed_by: by, bands } }
  const sealed = await sealedAt(store)
  for (const intent of await intentsOf(store))
    for await (const { body: item } of store.table.query<LedgerItem>(rowKeys.versions(intent))) {
      const at = { day: dayOf(sealed.get(item.version)), intent }
      yield { table: 'versions', ...at, values: versionValues(item, sealed.get(item.version) ?? null) }
      for (const { reason, n, source } of unsealed(item))
        yield { table: 'left_out', ...at, values: { source, of_id: item.version, reason, n, counts: 'cases' } }
      for (const { k, commit, run_id, answer, chain } of asked(item)) {
        const charge = charged.get(commit)
        yield {
          table: 'questions',
          day: dayOf(charge?.day ?? (await beganOn(store, run_id))),
          intent,
          values: {
            ...{ version: item.version, k, run_id, commit_digest: commit, answer, level: item.alpha_k },
            ...{ charged: charge !== undefined, chain },
          },
        }
      }
    }
}

const versionValues = (item: LedgerItem, sealed_at: string | null) => {
  const { version, alpha, questions, alpha_k, used, retired, families, cases, labelled, suite, baseline } = item
  return { version, sealed_at, alpha, questions, alpha_k, used, retired, families, cases, labelled, suite, baseline }
}

/** Questions that were asked; one that is open is spent, whatever comes of it. */
function asked({ history, open }: LedgerItem) {
  const ended = history.map((one) => ({ ...one, chain: one.chain as string | null }))
  if (open === null || history.some(({ k }) => k === open.k)) return ended
  return [...ended, { ...open, answer: null, chain: null }]
}

/** Cases that a version set aside before it was drawn. */
const unsealed = ({ excluded, labels }: LedgerItem) =>
  [
    { source: 'sealing', reason: 'baseline_differs', n: excluded },
    { source: 'labels', reason: 'disputed', n: labels?.disputed ?? 0 },
    { source: 'labels', reason: 'missing', n: labels?.missing ?? 0 },
  ].filter(({ n }) => n > 0)

/** When each version was sealed, as far as a sound journal of heads saw it. */
async function sealedAt({ heads }: Pick<Store, 'heads'>): Promise<ReadonlyMap<string, string>> {
  const { lines, problem } = (await heads?.journal.read()) ?? { lines: [], problem: null }
  const at = new Map<string, string>()
  if (problem === null)
    for (const { at: when, head } of lines satisfies readonly HeadLine[])
      if (head.kind === 'item' && head.pk.startsWith(rowKeys.versions('')) && !at.has(head.sk)) at.set(head.sk, when)
  return at
}

async function beganOn({ objects }: Pick<Store, 'objects'>, runId: string): Promise<string | null> {
  const manifest = await orNull(readJson<RunManifest>(objects, keys.autotuneRun(runId, 'manifest.json')))
  return manifest?.started_at ?? null
}

/** Reviews and decisions. No link, no nonce, no code of theirs. */
export async function* reviewRows(store: Pick<Store, 'table' | 'objects'>): AsyncGenerator<ExportRow> {
  for (const item of await listReviews(store)) {
    const { run_id, review } = item
    const { review_id, tuning_proposal_id, proposal_digest, shown_digest } = review
    const intent = await intentOf(store, item)
    const about = { run_id, tuning_proposal_id, proposal_digest, shown_digest }
    yield {
      table: 'reviews',
      day: dayOf(review.opened_at),
      intent,
      values: {
        review_id,
        ...about,
        owner: review.owner,
        requires: review.requires.join(', '),
        status: review.status,
        opened_at: review.opened_at,
        expires_at: review.expires_at,
      },
    }
    for (const [i, { role, reviewer, decision, reason, decided_at, previous, ...said }] of review.decisions.entries())
      yield {
        table: 'decisions',
        day: dayOf(decided_at),
        intent,
        values: {
          ...{ review_id, n: i + 1, ...about, proposal_digest: said.proposal_digest, shown_digest: said.shown_digest },
          ...{ role, reviewer, decision, reason, decided_at, previous },
        },
      }
  }
}

async function intentOf({ objects }: Pick<Store, 'objects'>, { target, run_id }: ReviewItem): Promise<string> {
  if (target?.intent) return target.intent
  const run = await orNull(readJson<AutotuneRun>(objects, keys.autotuneRun(run_id, 'target.json')))
  return run?.target.intent ?? ALL_INTENTS
}
