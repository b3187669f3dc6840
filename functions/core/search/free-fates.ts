/** What a search learns of a candidate for free: memory, reach, replayability, rendered cost, latency and bypasses. */
import type { CandidateChange, CandidateScore, Fate, GuardrailRow } from '#schemas/candidate.ts'
import type { Settings } from '#schemas/common.ts'
import { METRICS } from '#schemas/metrics.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import { notEvaluated, pointRows } from '../evaluate/guardrails.ts'
import { MEASURE_BYTES, MeasureList } from '../evaluate/measure-list.ts'
import { isBetter, metricOver } from '../evaluate/metric.ts'
import { BLOCK_SIZE } from '../evaluate/series.ts'
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

/** Measures of candidates that are rendered side by side take so much memory at most, or those of one. */
const RENDERED_BYTES = 32 * 1024 * 1024

/**
 * For each change a fate that costs nothing, or a candidate worth paying for. Cases are rendered under many candidates at
 * once, because reading one costs more than rendering it.
 */
export function* renderCandidates(
  changes: readonly CandidateChange[],
  input: SearchInput,
  view: CaseView,
  baselineMetric: number | null,
): Generator<CandidateScore | Visited> {
  const { cases } = input.panel
  const rows = Math.max(1, Math.ceil(cases.length / BLOCK_SIZE)) * BLOCK_SIZE
  const atOnce = Math.max(1, Math.floor(RENDERED_BYTES / (rows * MEASURE_BYTES)))
  for (let at = 0; at < changes.length; at += atOnce) {
    const group = changes.slice(at, at + atOnce).map((change) => rememberedOrTooWide(change, input))
    const rendered = group.map((known) => ('fate' in known ? null : new Rendered()))
    for (let i = 0; i < cases.length; i++)
      for (const [g, of] of rendered.entries()) of?.add(view.rendered(i, (group[g] as Visited).settings))
    for (const [g, known] of group.entries())
      yield 'fate' in known ? known : freeFate(known, rendered[g]!, input, view, baselineMetric)
  }
}

/** The same for one change. */
export const renderCandidate = (
  change: CandidateChange,
  input: SearchInput,
  view: CaseView,
  baselineMetric: number | null,
): CandidateScore | Visited => [...renderCandidates([change], input, view, baselineMetric)][0]!

/** Rendered measures of one candidate. */
class Rendered {
  readonly measures = new MeasureList()
  unreplayable = 0
  /** Why the first case cannot be replayed that cannot. */
  why = ''
  /** Is anything known before a case is run? */
  known = true

  add(measures: ReturnType<CaseView['rendered']>): void {
    if (measures === null) this.known = false
    else if ('unreplayable' in measures) {
      this.unreplayable++
      this.why ||= measures.unreplayable
    } else this.measures.add(measures)
  }
}

const dropped = (
  { change, digest }: Pick<Visited, 'change' | 'digest'>,
  fate: Fate,
  reason: string,
  metric: number | null = null,
  guardrails = notEvaluated(),
): CandidateScore => ({
  ...change,
  digest,
  fate,
  reason,
  search: null,
  metric,
  search_evidence: null,
  guardrails,
  blast_radius: null,
})

/** The fate of a change that no case needs to be read for. */
function rememberedOrTooWide(
  change: CandidateChange,
  { target, rejections, pack }: SearchInput,
): CandidateScore | Visited {
  const digest = patchDigest(change.patch)
  const known = rejections.find((r) => r.source !== 'gate' && patchDigest(r.patches[0]!) === digest)
  if (known)
    return dropped({ change, digest }, 'remembered', `${known.source} rejected it in ${known.run_id}: ${known.reason}`)
  const fields = Object.keys(change.patch).length
  if (fields > target.max_fields)
    return dropped(
      { change, digest },
      'blast_radius',
      `changes ${fields} fields, at most ${target.max_fields} are allowed`,
    )
  return { change, digest, settings: applyPatch(pack.settings, change.patch), metric: null }
}

function freeFate(
  visited: Visited,
  { measures, unreplayable, why, known }: Rendered,
  input: SearchInput,
  view: CaseView,
  baselineMetric: number | null,
): CandidateScore | Visited {
  const { target, panel } = input
  if (!known) return visited
  if (unreplayable > 0)
    return dropped(visited, 'unreplayable', `${unreplayable} of ${panel.cases.length} cases cannot be replayed: ${why}`)
  const rows = pointRows(target.guardrails, target.not_measured, panel, measures)
  const free = rows.filter((r) => FREE.has(r.guardrail))
  const metric = target.metric === 'utility' ? null : metricOver(target.metric, measures)
  const blocked = free.find((r) => r.verdict === 'block')
  // Where utility is the metric its value is worth knowing even of a candidate that a limit blocks.
  if (blocked && (target.metric !== 'utility' || blocked.guardrail === 'approval_bypass_rate'))
    return dropped(
      visited,
      'search_guardrail',
      `${blocked.guardrail}: ${bypassNote(blocked, visited.settings, input, view) ?? blocked.note}`,
      metric,
      rows.map((r) => (FREE.has(r.guardrail) ? r : unreached(r))),
    )
  if (target.metric !== 'utility' && !gains(target, metric, baselineMetric))
    return dropped(visited, 'no_gain', noGain(target, metric, baselineMetric), metric)
  return { ...visited, metric }
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
  const amounts: number[] = []
  for (let i = 0; i < panel.cases.length; i++) amounts.push(...view.bypassedAmounts(i, settings))
  amounts.sort((a, b) => a - b)
  const shown = amounts.slice(0, 8).map(tidy).join(', ')
  const more = amounts.length > 8 ? `, ... ${tidy(amounts.at(-1)!)}` : ''
  return `lets ${amounts.length} actions through that the baseline sends to a person: amounts ${shown}${more}, ${tidy(amounts.reduce((a, b) => a + b, 0))} in all`
}
