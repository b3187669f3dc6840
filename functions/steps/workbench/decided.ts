/** Reviews and rollouts, a page at a time, in the order of their ids. */
import type { RolloutItem } from '#core/release/rollout.ts'
import { broughtBy, changedRefs } from '#core/release/tuple.ts'
import type { ReviewRow, RolloutRow } from '../../pages/workbench/views.ts'
import type { Store } from '../../ports.ts'
import type { ReviewItem } from '../review/reviews.ts'
import { rowKeys } from '../store/ledger-keys.ts'

/** Rows of a page. */
const ROWS = 100

interface Page<T> {
  readonly rows: readonly T[]
  /** Id behind which the list goes on; null: it ends. */
  readonly next: string | null
}

export const reviewRows = (store: Pick<Store, 'table'>, after: string | null): Promise<Page<ReviewRow>> =>
  pageOf<ReviewItem, ReviewRow>(store, rowKeys.review('')[0], after, ({ run_id, review }) => ({ run_id, review }))

export const rolloutRows = (store: Pick<Store, 'table'>, after: string | null): Promise<Page<RolloutRow>> =>
  pageOf<RolloutItem, RolloutRow>(store, rowKeys.rollouts(), after, ({ rollout }) => ({
    rollout_id: rollout.rollout_id,
    intent: rollout.intent,
    status: rollout.status,
    stage: rollout.stage,
    since: rollout.entered_at,
    from: changedRefs(rollout)
      .map(({ from }) => from)
      .join(', '),
    to: broughtBy(rollout),
  }))

async function pageOf<T, R>(
  { table }: Pick<Store, 'table'>,
  pk: string,
  after: string | null,
  rowOf: (body: T) => R,
): Promise<Page<R>> {
  const rows: R[] = []
  for await (const { sk, body } of table.query<T>(pk)) {
    if (after !== null && sk <= after) continue
    rows.push(rowOf(body))
    if (rows.length === ROWS) return { rows, next: sk }
  }
  return { rows, next: null }
}
