/** What `explain` prints: candidates by what became of them, and one of them whole. Values in, lines out. */

import { radiusWording } from '#core/gate/wording.ts'
import { predictionWords } from '#core/search/predictions.ts'
import { whereWords } from '#core/space/condition-words.ts'
import { sayingWhatDiffers } from '#core/space/where-they-differ.ts'
import type { CandidateScore, Fate } from '#schemas/candidate.ts'
import type { Certificate } from '#schemas/heldout.ts'
import { type MetricName, metricOf } from '#schemas/metrics.ts'
import type { RunSummary } from '#schemas/run.ts'
import { table } from './layout.ts'
import {
  clip,
  headline,
  INTEREST,
  notSearchedLines,
  number,
  patchLine,
  preflightLines,
  reasonLines,
  reasonText,
} from './text.ts'

/** What the figures of a run are about; null: its target is not there to say so. */
interface Wanted {
  readonly metric: MetricName | null
  readonly direction: 'decrease' | 'increase' | null
}

export interface Replays {
  readonly replayed: number
  readonly unreplayable: number
  readonly failed: number
  readonly found: readonly { readonly case_id: string; readonly says: string }[]
}

interface Explained extends Wanted {
  readonly summary: RunSummary
  /** Empty: the run left no figures of its candidates. */
  readonly scored: readonly CandidateScore[]
  /** Values about which no recording speaks, in lines. */
  readonly not_searched: readonly string[]
  /** The command that says what it takes to record them; null: there is none. */
  readonly plan: string | null
  /** What is said of the labels of the sealed version. */
  readonly labels: readonly string[]
  readonly all: boolean
  /** The command that tells one candidate whole. */
  readonly more: string
}

/** Candidates of a group that are shown. */
const SHOWN = 3

/** The verdict with its reasons, then the candidates: what became of how many, and the best of each group. */
export function explainLines({
  summary,
  scored,
  not_searched,
  plan,
  metric,
  direction,
  labels,
  all,
  more,
}: Explained): string[] {
  const candidates = scored.length > 0 ? scored : summary.candidates.map(withoutFigures)
  const baseline = baselineOf(candidates, metric)
  const of = baseline === null || metric === null ? '' : `; ${metric} ${number(baseline)} under the baseline`
  return [
    `run ${summary.run}`,
    `verdict  ${headline(summary)}`,
    ...reasonLines(summary),
    ...(summary.preflight.length > 0
      ? ['what the held-out set could answer', ...preflightLines(summary.preflight)]
      : []),
    ...labels.map((line, i) => `${(i === 0 ? 'labels' : '').padEnd(8)} ${line}`),
    ...(summary.control ? ['what the most destructive values showed on the search side', ...summary.control] : []),
    ...notSearchedLines(not_searched, plan),
    `${candidates.length} candidates${of}`,
    ...grouped(candidates).flatMap((group) => groupLines(group, { metric, direction }, all)),
    ...(candidates.length === 0 ? [] : [`one of them  ${more}`]),
  ]
}

const withoutFigures = (c: RunSummary['candidates'][number]): CandidateScore => ({
  ...c,
  layer: 'retrieval',
  rationale: '',
  digest: '',
  search: null,
  metric: null,
  search_evidence: null,
  guardrails: [],
  blast_radius: null,
})

interface Group {
  readonly fate: Fate
  readonly candidates: readonly CandidateScore[]
}

/** Those that share a fate and the limit that they broke, or a reason but for its numbers. */
function grouped(candidates: readonly CandidateScore[]): Group[] {
  const key = (c: CandidateScore): string => `${c.fate} ${brokenLimit(c) ?? c.reason.replace(/\S*\d\S*/g, '#')}`
  return [...Map.groupBy(candidates, key).values()]
    .map((list) => ({ fate: list[0]!.fate, candidates: list }))
    .sort((a, b) => INTEREST.indexOf(a.fate) - INTEREST.indexOf(b.fate) || b.candidates.length - a.candidates.length)
}

const brokenLimit = ({ guardrails }: CandidateScore): string | null =>
  guardrails.find((row) => row.verdict === 'block')?.guardrail ?? null

function groupLines({ fate, candidates }: Group, { metric, direction }: Wanted, all: boolean): string[] {
  const best = candidates.toSorted(byMetric(direction))
  const shown = all ? best : best.slice(0, SHOWN)
  const [first] = best
  const limit = brokenLimit(first!)
  const isOne = new Set(candidates.map((c) => c.reason)).size === 1
  const unit = metric === null ? 'metric' : metricOf(metric).unit
  return [
    '',
    `${String(candidates.length).padStart(5)}  ${fate}${limit === null ? '' : `: ${limit}`}`,
    `       ${isOne ? '' : 'e.g. '}${clip(reasonText(sayingWhatDiffers(first!.reason, first!.patch)), 220)}`,
    ...table(
      [
        ['candidate', unit, 'worse', 'change'],
        ...shown.map((c) => [c.candidate_id, value(c.metric), value(c.search?.regressions), patchLine(c.patch)]),
      ],
      ['left', 'right', 'right', 'left'],
      '       ',
    ),
    ...(shown.length < candidates.length ? [`       and ${candidates.length - shown.length} more (--all)`] : []),
  ]
}

/** Missing is not 0. */
const value = (v: number | null | undefined): string => (v === null || v === undefined ? '-' : number(v))

/** The best on the metric first; where none was measured, the one that changes least. */
function byMetric(direction: Wanted['direction']) {
  const sign = direction === 'increase' ? -1 : 1
  const size = (c: CandidateScore): number => Object.keys(c.patch).length
  return (a: CandidateScore, b: CandidateScore): number => {
    if (a.metric !== null && b.metric !== null && a.metric !== b.metric) return sign * (a.metric - b.metric)
    if ((a.metric === null) !== (b.metric === null)) return a.metric === null ? 1 : -1
    return size(a) - size(b)
  }
}

/** The metric under the baseline, as any candidate with both figures tells it. */
function baselineOf(candidates: readonly CandidateScore[], metric: MetricName | null): number | null {
  if (metric === null) return null
  const key = metricOf(metric).delta_key as keyof NonNullable<CandidateScore['search']>
  for (const { metric: at, search } of candidates) {
    const delta = search?.[key]
    if (at !== null && typeof delta === 'number') return at - delta
  }
  return null
}

interface Told extends Wanted {
  readonly found: CandidateScore
  readonly scored: readonly CandidateScore[]
  readonly replays: Replays
  /** Of the held-out set; null: none was given, or it may not be shown. */
  readonly certificate: Certificate | null
}

/** One candidate whole: change, fate, metric, every limit, reach, what replays found, and what was certified. */
export function candidateLines({ found, scored, metric, direction, replays, certificate }: Told): string[] {
  const { candidate_id, patch, fate, reason, guardrails, search, blast_radius, origin, rationale } = found
  const { replayed, unreplayable, failed } = replays
  const lost = unreplayable + failed === 0 ? '' : `, ${unreplayable} not replayable, ${failed} failed`
  return [
    `candidate  ${candidate_id}`,
    ...Object.entries(patch).map(([path, { from, to }]) => `change     ${path} ${from} -> ${to}${whereWords(patch)}`),
    ...(origin === undefined ? [] : [`origin     ${origin}: ${rationale}`]),
    `fate       ${fate}: ${reasonText(sayingWhatDiffers(reason, patch))}`,
    `metric     ${metricText(found.metric, baselineOf(scored, metric), { metric, direction })}`,
    ...(found.prediction ? [`said       ${predictionWords(found.prediction, found.happened)}`] : []),
    ...(search === null
      ? []
      : [
          `families   ${value(search.regressions)} worse, ${value(search.improvements)} better of ${search.labelled} with a label`,
        ]),
    ...table(
      [
        ['limit', 'verdict', 'observed', 'allowed', ''],
        ...guardrails.map((row) => [
          row.guardrail,
          row.verdict === 'block' ? 'FAIL' : row.verdict.replace('_', ' '),
          value(row.observed),
          value(row.limit),
          reason.includes(row.note) ? '' : row.note,
        ]),
      ],
      ['left', 'left', 'right', 'right', 'left'],
    ),
    ...(blast_radius ? [`reach      ${radiusWording(blast_radius)}`] : []),
    ...(certificate
      ? [
          `held out   ${certificate.certified ? 'certified' : 'not certified'} at p=${number(certificate.p)}; ${value(certificate.heldout.regressions)} worse, ${value(certificate.heldout.improvements)} better of ${certificate.heldout.labelled} with a label`,
        ]
      : []),
    `replays    ${replayed} cases were replayed for it alone${lost}`,
    ...replays.found.map(({ case_id, says }) => `   e.g.    ${case_id}: ${says}`),
  ]
}

function metricText(at: number | null, baseline: number | null, { metric, direction }: Wanted): string {
  if (metric === null || at === null) return 'not measured'
  const { unit } = metricOf(metric)
  if (baseline === null) return `${metric} ${number(at)} ${unit}`
  const share =
    baseline === 0 ? '' : ` (${at > baseline ? '+' : ''}${number((100 * (at - baseline)) / Math.abs(baseline))} %)`
  return `${metric} ${number(baseline)} -> ${number(at)} ${unit}${share}; wanted: ${direction}`
}
