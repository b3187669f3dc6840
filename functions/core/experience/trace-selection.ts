/** What a store's imports of traces left out, in words: whatever rests on the runs rests on a selection. */
import type { TraceSelection } from '#schemas/run.ts'

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
