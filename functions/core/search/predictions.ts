/** What a proposer said beforehand, beside what the search set showed. */
import type { CandidateChange, CandidateScore } from '#schemas/candidate.ts'
import { metricOf } from '#schemas/metrics.ts'
import type { Prediction } from '#schemas/prediction.ts'
import type { ScoreDelta } from '#schemas/suite.ts'
import { metricOver } from '../evaluate/metric.ts'
import type { Panel } from '../evaluate/panel.ts'
import type { SearchInput } from './search-input.ts'

type Told = Pick<CandidateScore, 'metric'> & { readonly search: ScoreDelta | null }

/**
 * Of a change whose every case was read; nothing where it predicts nothing.
 * @param changed bits of each case, as `radiusOf` takes them
 */
export function happenedTo(
  { prediction }: CandidateChange,
  told: Told,
  changed: Uint8Array,
  input: Pick<SearchInput, 'target' | 'panel'>,
): Pick<CandidateScore, 'happened'> {
  if (prediction === undefined) return {}
  const { cases } = input.panel
  const wanted = prediction.cases && new Set(prediction.cases)
  let [all, named] = [0, 0]
  changed.forEach((flags, i) => {
    if (flags === 0) return
    all++
    if (wanted?.has(cases.at(i)!.case_id)) named++
  })
  return { happened: { by: movedBy(prediction.metric, told, input), cases: all, named: wanted && named } }
}

/** Of a change that was dropped before its last case nothing is known but what rendering told. */
export const asFarAsKnown = (score: CandidateScore, input: Pick<SearchInput, 'target' | 'panel'>): CandidateScore =>
  score.prediction === undefined || score.happened !== undefined
    ? score
    : { ...score, happened: { by: movedBy(score.prediction.metric, score, input), cases: null, named: null } }

/** Candidate minus baseline; null: not measured. */
function movedBy(
  metric: Prediction['metric'],
  told: Told,
  { target, panel }: { readonly target: Pick<SearchInput['target'], 'metric'>; readonly panel: Panel },
): number | null {
  if (metric === target.metric) {
    const baseline = metricOver(metric, panel.baseline)
    return told.metric === null || baseline === null ? null : told.metric - baseline
  }
  const delta = told.search?.[metricOf(metric).delta_key as keyof ScoreDelta]
  return typeof delta === 'number' ? delta : null
}

/**
 * A prediction and what happened, in words: `-120 tokens of economics_tokens_per_decision; the search set showed -98`.
 * `further`: what others measured of the same metric, behind it.
 */
export function predictionWords(
  { metric, by, cases }: Prediction,
  happened: CandidateScore['happened'],
  further = '',
): string {
  const { unit } = metricOf(metric)
  const said = by === null ? `no figure for ${metric}` : `${signed(by)} ${unit} of ${metric}`
  const seen =
    happened?.by == null ? 'the search set did not measure it' : `the search set showed ${signed(happened.by)}`
  return `${said}; ${seen}${further}${cases === null ? '' : `; ${casesWords(cases.length, happened)}`}`
}

function casesWords(named: number, happened: CandidateScore['happened']): string {
  const of = `${named} ${named === 1 ? 'case' : 'cases'} named`
  if (happened?.cases == null || happened.named === null) return `${of}, which ones changed was not measured`
  return `${of}, ${happened.named} of them changed, and ${happened.cases - happened.named} others`
}

/** A difference with its sign, four figures of it. */
export const signed = (value: number): string => `${value > 0 ? '+' : ''}${Number(value.toPrecision(4))}`
