/** What production showed, look by look: the gain against its promise, each measure with its bounds, the evidence of harm. */
import { html } from 'hono/html'
import type { Course, CoursePoint, EvidenceCourse, MeasureCourse, PeriodCourse } from '#core/release/course.ts'
import type { GateMeasure } from '#core/release/stage-data.ts'
import type { Gains } from '#core/release/story.ts'
import { isAtMost } from '#core/statistics/compare.ts'
import { isOwnMetric, type OwnMetric, scoredBy } from '#schemas/metrics.ts'
import type { Period } from '#schemas/stages.ts'
import { type BandPoint, bandsPlot } from '../kit/bands-plot.ts'
import { metricName, metricValue, number, percent } from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'
import { riseText } from './stage-rows.ts'

const NAMES: Readonly<Record<Exclude<GateMeasure, OwnMetric>, string>> = {
  utility: 'Failures',
  slow_share: 'Slow runs',
  economics_cents: 'Cost a run',
  corrected_share: 'Corrected by an operator',
  escalated_share: 'Handed to a person',
  own_score: 'Score of one’s own',
}

const nameOf = (measure: GateMeasure): string => (isOwnMetric(measure) ? `Score ${scoredBy(measure)}` : NAMES[measure])

/** The number of a stage, as a band is named. */
const short = (period: Period): string => (period === 'window' ? 'window' : period.split('_', 1)[0]!.replace('%', ' %'))

const inUnit = (measure: GateMeasure, value: number | null): string => (value === null ? '-' : riseText(measure, value))

/** Promised, and observed in each period. */
export function gainSection({ metric, promised, bound, declared, observed, direction }: Gains): Html {
  const last = observed.at(-1)
  const says = (gain: number): string => metricValue(metric, gain)
  const promise =
    promised === null
      ? 'Nothing was promised of it: it is not the metric of the proposal.'
      : `Promised on the held-out set: ${says(promised)}${bound === null ? '' : `, at least ${says(bound)}`}.`
  return html`<p>Gain of ${metricName(metric)}, which is to ${direction}: <strong>${last === undefined ? 'nothing observed yet' : `${says(last.gain)} in ${last.period === 'window' ? 'the window' : last.period}`}</strong>. ${promise} Kept from ${says(declared)} on.</p>
${
  observed.length > 0 &&
  table(
    'gains',
    'Gain in each stage; below 0 is a loss',
    ['stage', 'baseline', 'candidate', 'gain', 'of the promise'],
    observed.map(({ period, baseline, candidate, gain }) => [
      period,
      says(baseline),
      says(candidate),
      says(gain),
      promised === null || promised <= 0 ? '-' : percent(gain / promised),
    ]),
  )
}`
}

/** A picture and a table for each measure. What fails in its last stage stands first. */
export function measureSections({ measures, periods, level }: Course): Html {
  const failsNow = ({ periods: all }: MeasureCourse): boolean => failsIn(all.at(-1)!)
  const ordered = [...measures].sort((a, b) => Number(failsNow(b)) - Number(failsNow(a)))
  const one = (course: MeasureCourse): Html => measureFigure(course, periods, level)
  const [first, ...rest] = ordered
  if (first === undefined) return html`<p>Nothing was measured yet.</p>`
  return html`${one(first)}
${rest.length > 0 && html`<details id="other-measures"><summary>${rest.length} more measures over time</summary>${rest.map(one)}</details>`}`
}

/** Did a period end above what its gate allows? The nudge is that of the gate. */
const failsIn = ({ limit, points }: PeriodCourse): boolean => {
  const seen = points.at(-1)?.observed ?? null
  return limit !== null && seen !== null && !isAtMost(seen, limit, 1e-12)
}

function measureFigure({ measure, periods: all }: MeasureCourse, periods: readonly Period[], level: number): Html {
  const id = `course-${measure}`
  const points = all.flatMap(({ points: looks }, band) =>
    looks.flatMap(({ observed, bounds }, i): BandPoint[] =>
      observed === null
        ? []
        : [{ band, at: (i + 1) / looks.length, value: observed, between: bounds && [bounds.lower, bounds.upper] }],
    ),
  )
  const rows = all.flatMap(({ period, limit, points: looks }) => {
    const end = looks.at(-1)
    return end === undefined ? [] : [{ period, limit, end }]
  })
  const bounded = rows.some(({ end }) => end.bounds !== null)
  return html`<h3>${nameOf(measure)}</h3>
${bandsPlot({
  id,
  title: `${nameOf(measure)}: candidate minus baseline, look by look`,
  says: rows
    .map(({ period, limit, end }) => `${period}: ${inUnit(measure, end.observed)}, limit ${inUnit(measure, limit)}. `)
    .join(''),
  bands: periods.map(short),
  points,
  runs: false,
  limits: all.map((p) => p.limit),
  scale: 'linear',
  tick: (value) => (measure === 'economics_cents' ? number(value) : `${number(Number((value * 100).toPrecision(3)))}`),
  fails: all.flatMap((period, band) => (failsIn(period) ? [band] : [])),
  caption: `Candidate minus baseline in ${measure === 'economics_cents' ? 'cents' : 'points'}; above the dotted line is worse. Strokes: what each stage's gate allows.${bounded ? ` Shade: where the true difference lies, at ${percent(1 - level)} over all looks at a stage together.` : ' No bounds: a cost has no largest value, unless the configuration declares one.'}`,
})}
<details id="${id}-numbers"><summary>${nameOf(measure)} in numbers</summary>
${table(
  `${id}-table`,
  `${nameOf(measure)} at the last look of each stage`,
  ['stage', 'subjects', 'difference', 'between', 'limit'],
  rows.map(({ period, limit, end }) => [
    period,
    `${number(end.subjects.candidate)} and ${number(end.subjects.baseline)}`,
    inUnit(measure, end.observed),
    between(measure, end),
    inUnit(measure, limit),
  ]),
)}</details>`
}

const between = (measure: GateMeasure, { bounds }: CoursePoint): string =>
  bounds === null ? 'no bounds' : `${inUnit(measure, bounds.lower)} and ${inUnit(measure, bounds.upper)}`

const RULES: Readonly<Record<string, string>> = { utility: 'failures', latency: 'slow runs', economics: 'cost' }

/** Evidence on a logarithmic scale, with the line at which the rollout goes back. */
export const evidenceSections = ({ evidence, periods }: Course): Html =>
  html`${evidence.map((course) => evidenceFigure(course, periods))}`

function evidenceFigure({ rule, tolerated, limit, largest, points }: EvidenceCourse, periods: readonly Period[]): Html {
  const crossed = largest >= limit
  const name = RULES[rule] ?? rule
  return html`<h3>Evidence of more ${name} than tolerated: ${crossed ? html`<span class="bad">${amount(largest)}, past ${amount(limit)}</span>` : `${amount(largest)} of ${amount(limit)}`}</h3>
${bandsPlot({
  id: `evidence-${rule}`,
  title: `Evidence of more ${name} than tolerated`,
  says: `Largest ${amount(largest)}; at ${amount(limit)} the rollout goes back.`,
  bands: periods.map(short),
  points: points.map(({ period, at, evidence }) => ({
    band: periods.indexOf(period),
    at,
    value: Math.min(evidence, 1e12),
    between: null,
  })),
  runs: true,
  limits: periods.map(() => limit),
  scale: 'log',
  tick: amount,
  fails: crossed ? periods.map((_, band) => band) : [],
  caption: `Logarithmic; it starts at 1. At the stroke, ${amount(limit)}, the rollout goes back. Tolerated: a rise of ${number(tolerated * 100)} ${rule === 'economics' ? '% of the most that one run counts for' : 'points'}.`,
})}`
}

/** Evidence multiplies with every bet that wins: it has no largest value. */
const amount = (value: number): string => (value >= 1e6 ? value.toExponential(1) : number(Number(value.toPrecision(3))))
