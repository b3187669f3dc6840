/** What a change of settings cannot do to any replay, whatever was recorded: no statistics are needed where this says so. */
import type { Patch, Settings, SettingsTable } from '#schemas/common.ts'
import { isOwnMetric, type MetricName } from '#schemas/metrics.ts'
import type { AutotuneRun, Replayer } from '#schemas/run.ts'
import { isScoped, tableOf } from '../space/scope.ts'
import { fieldOf, isTrimmable, planOf } from './settings-plan.ts'

/** The harness that a change is made to. */
export interface Changed {
  readonly settings: SettingsTable
  readonly replayer: Replayer['kind']
}

/** The harness of a pinned run. */
export const harnessBehind = ({ pack, replayer }: Pick<AutotuneRun, 'pack' | 'replayer'>): Changed => ({
  settings: tableOf(pack),
  replayer: replayer?.kind ?? 'transcript',
})

const BUDGETS = new Set(['evidence_tokens', 'tool_tokens', 'memory_tokens'])
const RETRIEVAL = new Set(['top_k', 'max_hops'])

/**
 * Can a metric rise on no replay under a change? True only of a transcript replay of the very recording that the baseline is
 * replayed from, when every changed field trims.
 *
 * Tokens and cents: lower budgets keep less. Fewer passages or hops do so too, but not under a finite evidence budget: a
 * passage that fell out may have been the one at which the budget stopped, and what comes after it is then read.
 * Where the baseline itself hangs on the case nothing is said by construction.
 * Latency: only hops that are not made count. Approval waits: a higher threshold asks less often.
 */
export function neverRises(metric: MetricName, patch: Patch, { settings, replayer }: Changed): boolean {
  const changes = Object.entries(patch)
  if (replayer !== 'transcript' || isScoped(settings) || !changes.every(([path]) => isTrimmable(path))) return false
  const lower = ({ from, to }: Patch[string]) => typeof from === 'number' && typeof to === 'number' && to <= from
  const higher = ({ from, to }: Patch[string]) => typeof from === 'number' && typeof to === 'number' && to >= from
  const of = (fields: ReadonlySet<string>) => changes.filter(([path]) => fields.has(fieldOf(path)))
  if (isOwnMetric(metric)) return false
  switch (metric) {
    case 'economics_tokens_per_decision':
    case 'economics_cents_per_decision':
      return (
        changes.every(([path, change]) => fieldOf(path) === 'threshold' || lower(change)) &&
        (of(RETRIEVAL).length === 0 || evidenceBudget(settings, of(BUDGETS)) === Number.POSITIVE_INFINITY)
      )
    case 'p95_latency_ms':
    case 'p50_latency_ms':
      return of(new Set(['max_hops'])).every(([, change]) => lower(change))
    case 'approval_wait_rate':
      return of(new Set(['threshold'])).every(([, change]) => higher(change))
    case 'utility':
      return false
  }
}

function evidenceBudget(settings: Settings, changes: readonly [string, Patch[string]][]): number {
  if (changes.some(([path]) => fieldOf(path) === 'evidence_tokens')) return 0
  return planOf(settings).evidenceTokens
}

/** The change that a search space can make at its most trimming: every field lower, every threshold higher. */
export const trimmingPatch = (paths: readonly string[], table: SettingsTable): Patch =>
  Object.fromEntries(
    paths.map((path) => {
      const from = (isScoped(table) ? table.otherwise : table)[path]!
      if (typeof from !== 'number') return [path, { from, to: from }]
      return [path, { from, to: fieldOf(path) === 'threshold' ? from + 1 : from - 1 }]
    }),
  )
