/** What the plot of candidates and its table both show: the same candidates, in the guardrail's own measure. */
import { html } from 'hono/html'
import { whereTheyDiffer } from '#core/space/where-they-differ.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import type { GuardrailName, MetricName } from '#schemas/metrics.ts'
import { metricChange, metricName, metricValue, number, setting, visible } from './format.ts'
import { type Html, table } from './layout.ts'

export type Mark = 'baseline' | 'won' | 'listed' | 'kept' | 'dropped'

/** What is needed of a run to draw its candidates. */
export interface Candidates {
  readonly target: { readonly metric: MetricName; readonly direction: 'decrease' | 'increase' }
  /** The baseline's value of the metric on the search set; null: not known. */
  readonly baseline_metric: number | null
  readonly candidates: readonly CandidateScore[]
}

/** A candidate with a known metric. `y`: its guardrail's measure; null: dropped before that was known. */
export interface Drawn {
  readonly id: string
  readonly x: number
  readonly y: number | null
  readonly mark: Exclude<Mark, 'baseline'>
  readonly candidate: CandidateScore
}

/** The measure of a guardrail, in words. */
interface Measure {
  readonly guardrail: GuardrailName
  readonly name: string
  readonly axis: string
  /** Which of it is worse. */
  readonly worse: 'less' | 'more'
  /** Span of an axis on which all values are 0. */
  readonly flat: number
  /** A number as the axis shows it. */
  readonly shown: (value: number) => number
  readonly value: (value: number | null) => string
}

/** Candidates as they are drawn. */
export interface Pareto {
  readonly metric: MetricName
  readonly direction: 'decrease' | 'increase'
  readonly baseline: number | null
  readonly measure: Measure
  /** Of the measure, as declared; null: no such guardrail. */
  readonly limit: number | null
  /** Every candidate that is drawn, in the order of the table. */
  readonly drawn: readonly Drawn[]
  /** Of those that held every limit, those that no other beats in both, from the best metric on. */
  readonly front: readonly Drawn[]
  /** Candidates with a known metric that are not drawn, because there are too many. */
  readonly left: number
  /** Candidates without a known metric, by fate. */
  readonly unknown: readonly (readonly [fate: string, count: number])[]
}

const change = (guardrail: GuardrailName, metric: MetricName, name: string, unit: string, flat: number): Measure => ({
  guardrail,
  name,
  axis: `${name} change, ${unit}`,
  worse: metric === 'utility' ? 'less' : 'more',
  flat,
  shown: (value) => (metric === 'utility' ? value * 100 : value),
  value: (value) => metricChange(metric, value),
})
const MEASURES: readonly Measure[] = [
  change('utility_delta', 'utility', 'utility', 'points', 0.02),
  change('economics_delta', 'economics_cents_per_decision', 'cost', 'cents', 1),
  change('p95_latency_delta', 'p95_latency_ms', 'p95 latency', 'ms', 100),
]

/** Most candidates of a page: what is not drawn is counted. */
const MOST = 100

/** Candidates as they are drawn and listed. `most`: those that held every limit come first, then the best on the metric. */
export function paretoOf({ target, baseline_metric, candidates }: Candidates, most = MOST): Pareto {
  const { metric, direction } = target
  const measure = measureOf(metric, candidates)
  const gain = (value: number) => (direction === 'decrease' ? -value : value)
  const known = candidates
    .flatMap((candidate): Drawn[] => {
      const { candidate_id: id, metric: x } = candidate
      return x === null ? [] : [{ id, x, y: observed(candidate, measure), mark: markOf(candidate), candidate }]
    })
    .sort((a, b) => ORDER.indexOf(a.mark) - ORDER.indexOf(b.mark) || gain(b.x) - gain(a.x))
  const drawn = known.slice(0, most)
  const unknown = new Map<string, number>()
  for (const c of candidates) if (c.metric === null) unknown.set(c.fate, (unknown.get(c.fate) ?? 0) + 1)
  const limits = candidates.map((c) => rowOf(c, measure.guardrail)?.limit ?? null)
  return {
    metric,
    direction,
    baseline: baseline_metric,
    measure,
    limit: limits.find((l) => l !== null) ?? null,
    drawn,
    front: frontOf(drawn, gain, measure),
    left: known.length - drawn.length,
    unknown: [...unknown],
  }
}

const ORDER: readonly Mark[] = ['won', 'listed', 'kept', 'dropped']

const markOf = ({ fate }: CandidateScore): Drawn['mark'] =>
  fate === 'won'
    ? 'won'
    : fate === 'certified' || fate === 'committed'
      ? 'listed'
      : fate === 'dominated'
        ? 'kept'
        : 'dropped'

const rowOf = ({ guardrails }: CandidateScore, name: GuardrailName) => guardrails.find((r) => r.guardrail === name)

/** In the guardrail's own measure; where none was declared, the difference that the search saw. */
function observed(candidate: CandidateScore, { guardrail }: Measure): number | null {
  const row = rowOf(candidate, guardrail)
  if (row && row.verdict !== 'not_measured') return row.observed
  const { search } = candidate
  if (guardrail === 'utility_delta') return search?.utility ?? null
  return (guardrail === 'economics_delta' ? search?.economics_cents : search?.p95_latency_ms) ?? null
}

/** The first measure, beside the metric itself, that anything is known of. */
function measureOf(metric: MetricName, candidates: readonly CandidateScore[]): Measure {
  const beside = MEASURES.filter(({ guardrail }) =>
    metric === 'utility' ? guardrail !== 'utility_delta' : !metric.startsWith(guardrail.replace(/_delta$/, '')),
  )
  return (
    beside.find((m) => candidates.some((c) => c.metric !== null && rowOf(c, m.guardrail)?.observed != null)) ??
    beside.find((m) => candidates.some((c) => observed(c, m) !== null)) ??
    beside[0]!
  )
}

function frontOf(drawn: readonly Drawn[], gain: (v: number) => number, { worse }: Measure): Drawn[] {
  const height = (p: Drawn) => (worse === 'less' ? p.y! : -p.y!)
  const front: Drawn[] = []
  for (const p of drawn
    .filter(({ mark, y }) => mark !== 'dropped' && y !== null)
    .sort((a, b) => gain(b.x) - gain(a.x) || height(b) - height(a)))
    if (front.length === 0 || height(p) > height(front.at(-1)!)) front.push(p)
  return front
}

/** The table of the plot: the same candidates, and how many are neither drawn nor listed, by what became of them. */
export function paretoTable(pareto: Pareto): Html {
  const { metric, measure, baseline, drawn, unknown } = pareto
  const rows = drawn.map(({ x, y, candidate }) => [
    html`${Object.entries(candidate.patch).map(([path, { from, to }]) => html`<span class="mono">${visible(path)}</span> ${fromTo(setting(from), setting(to))} `)}`,
    metricValue(metric, x),
    y === null ? 'not reached' : measure.value(y),
    `${candidate.fate.replaceAll('_', ' ')}${candidate.reason === '' ? '' : `: ${visible(short(candidate.reason, 200))}`}`,
  ])
  const others = unknown.map(([fate, n]) => `${number(n)} ${fate.replaceAll('_', ' ')}`)
  return html`${drawn.length > 0 && table('candidates', `Candidates on the search set, the baseline at ${metricValue(metric, baseline)}`, ['change', metricName(metric), measure.name, 'what became of it'], rows)}
${notDrawn(pareto)}
${others.length > 0 && html`<p class="soft">Without a known ${metricName(metric)}, so neither drawn nor listed: ${others.join(', ')}.</p>`}`
}

/** How many there is no room for; nothing where all have a place. */
export const notDrawn = ({ metric, left }: Pareto): Html | false =>
  left > 0 &&
  html`<p class="soft">${number(left)} more with a known ${metricName(metric)} are neither drawn nor listed; they stand in candidates.jsonl of the run.</p>`

const fromTo = (from: string, to: string): string =>
  whereTheyDiffer(from, to, { most: 60, before: 20, mark: '... ' })
    .map((text) => short(text))
    .join(' → ')

const short = (text: string, most = 60): string => (text.length > most ? `${text.slice(0, most - 3)}...` : text)
