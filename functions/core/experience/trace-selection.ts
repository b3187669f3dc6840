/** What a store's imports left out, and what they found of near copies, in words: whatever rests on the runs rests on it. */
import type { NearCopies, TraceSelection } from '#schemas/run.ts'

/** Traces that became no run; 0 where none were read. */
export function droppedOf({ runs, dropped }: TraceSelection): { readonly n: number; readonly share: number } {
  const n = Object.values(dropped).reduce((sum, each) => sum + each, 0)
  return { n, share: runs + n === 0 ? 0 : n / (runs + n) }
}

export function selectionLine(selection: TraceSelection): string {
  const { n, share } = droppedOf(selection)
  const all = selection.runs + n
  const reasons = Object.entries(selection.dropped).sort(([a, m], [b, k]) => k - m || (a < b ? -1 : 1))
  const why = reasons.map(([reason, count]) => `${count} ${reason}`).join(', ')
  return `imported from traces: ${n} of ${all} became no run (${(share * 100).toFixed(1)} % dropped${why === '' ? '' : `: ${why}`})`
}

/** Every count of families counts near copies that nobody joined. */
export const nearCopiesLine = ({ runs, of }: NearCopies): string =>
  `WARNING: ${runs} of ${of} imported runs are nearly the same as one of another family, and count as evidence of their own: if they are copies, every count of families is too high (import into a new store with --join-near-copies)`
