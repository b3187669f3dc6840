/** What a search learns of a candidate for free: memory, reach, replayability, rendered cost, latency and bypasses. */
import type { CandidateChange, CandidateScore, Fate, GuardrailRow } from '#schemas/candidate.ts'
import type { Settings } from '#schemas/common.ts'
import { METRICS } from '#schemas/metrics.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import { notEvaluated, pointRows } from '../evaluate/guardrails.ts'
import { isBetter, metricOver } from '../evaluate/metric.ts'
import type { Measures } from '../evaluate/scorecard.ts'
import { applyPatch, patchDigest } from '../space/lattice.ts'
import type { CaseView } from './replayer.ts'
import type { SearchInput } from './search-input.ts'

/** A candidate on its way through the search. */
export interface Visited {
  readonly change: CandidateChange
  readonly digest: string
  readonly settings: Settings
  readonly metric: number | null
}

/** A fate that costs nothing, or a candidate worth paying for. */
export function renderCandidate(
  change: CandidateChange,
  input: SearchInput,
  view: CaseView,
  baselineMetric: number | null,
): CandidateScore | Visited {
  const { target, panel } = input
  const digest = patchDigest(change.patch)
  const dropped = (fate: Fate, reason: string, metric: number | null = null, guardrails = notEvaluated()) =>
    ({
      ...change,
      digest,
      fate,
      reason,
      search: null,
      metric,
      search_evidence: null,
      guardrails,
      blast_radius: null,
    }) satisfies CandidateScore
  const known = input.rejections.find((r) => r.source !== 'gate' && patchDigest(r.patches[0]!) === digest)
  if (known) return dropped('remembered', `${known.source} rejected it in ${known.run_id}: ${known.reason}`)
  const fields = Object.keys(change.patch).length
  if (fields > target.max_fields)
    return dropped('blast_radius', `changes ${fields} fields, at most ${target.max_fields} are allowed`)
  const settings = applyPatch(input.pack.settings, change.patch)
  const rendered: Measures[] = []
  let unreplayable = 0
  let why = ''
  for (let i = 0; i < panel.cases.length; i++) {
    const measures = view.rendered(i, settings)
    if (measures === null) return { change, digest, settings, metric: null }
    if ('unreplayable' in measures) {
      unreplayable++
      why ||= measures.unreplayable
    } else rendered.push(measures)
  }
  if (unreplayable > 0)
    return dropped('unreplayable', `${unreplayable} of ${panel.cases.length} cases cannot be replayed: ${why}`)
  const rows = pointRows(target.guardrails, target.not_measured, panel, rendered)
  const free = rows.filter((r) => FREE.has(r.guardrail))
  const metric = target.metric === 'utility' ? null : metricOver(target.metric, rendered)
  const blocked = free.find((r) => r.verdict === 'block')
  // Where utility is the metric its value is worth knowing even of a candidate that a limit blocks.
  if (blocked && (target.metric !== 'utility' || blocked.guardrail === 'approval_bypass_rate'))
    return dropped(
      'search_guardrail',
      `${blocked.guardrail}: ${bypassNote(blocked, settings, input, view) ?? blocked.note}`,
      metric,
      rows.map((r) => (FREE.has(r.guardrail) ? r : unreached(r))),
    )
  if (target.metric !== 'utility' && !gains(target, metric, baselineMetric))
    return dropped('no_gain', noGain(target, metric, baselineMetric), metric)
  return { change, digest, settings, metric }
}

const FREE = new Set(['approval_bypass_rate', 'p95_latency_delta', 'economics_delta'])
const unreached = (row: GuardrailRow): GuardrailRow => ({
  ...row,
  verdict: 'not_evaluated',
  observed: null,
  note: 'not reached',
})

export const gains = (target: ResolvedTarget, metric: number | null, baseline: number | null): boolean =>
  metric !== null && baseline !== null && isBetter(target.direction, metric, baseline)

export const noGain = (target: ResolvedTarget, metric: number | null, baseline: number | null): string =>
  metric === null
    ? `${target.metric} is not measured on every case`
    : `${target.metric} ${tidy(metric)} ${METRICS[target.metric].unit}, baseline ${baseline === null ? 'not measured' : tidy(baseline)}: no ${target.direction}`

/** A number for people: six digits at most. */
export const tidy = (value: number): string => String(Number(value.toPrecision(6)))

/** A bypass is refused with the amounts that would go through unseen. */
function bypassNote(row: GuardrailRow, settings: Settings, { panel }: SearchInput, view: CaseView): string | null {
  if (row.guardrail !== 'approval_bypass_rate') return null
  const amounts = panel.cases.flatMap((_, i) => view.bypassedAmounts(i, settings)).sort((a, b) => a - b)
  const shown = amounts.slice(0, 8).map(tidy).join(', ')
  const more = amounts.length > 8 ? `, ... ${tidy(amounts.at(-1)!)}` : ''
  return `lets ${amounts.length} actions through that the baseline sends to a person: amounts ${shown}${more}, ${tidy(amounts.reduce((a, b) => a + b, 0))} in all`
}
