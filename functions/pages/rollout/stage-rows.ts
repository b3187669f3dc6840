/** Rules of a stage as a reviewer reads them: names, units, a table, and a plot of what is compared between both arms. */

import { html } from 'hono/html'
import { spaced } from '#schemas/metrics.ts'
import type { StageRow } from '#schemas/release.ts'
import type { Place } from '../kit/dimensions.ts'
import { count, number, percent, signed, visible } from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'
import { type LimitRow, limitsPlot } from '../kit/limits-plot.ts'

const KINDS: Readonly<Record<string, string>> = {
  floor: 'floor',
  sequential: 'test for harm',
  gate: 'bound',
  min_runs: 'measured runs',
  unmeasured: 'share not measured',
  outcomes: 'share without an outcome',
  gain: 'gain',
  cohort: 'cohort',
}

/** `gate.slow_share` as its measure and what kind of rule it is. */
function nameOf(rule: string): { readonly name: string; readonly of: string } {
  const at = rule.indexOf('.')
  const kind = KINDS[rule.slice(0, Math.max(0, at))]
  return kind === undefined
    ? { name: visible(rule).replaceAll('_', ' '), of: '' }
    : { name: spaced(visible(rule.slice(at + 1))), of: kind }
}

/** A rise as a part of 1, in points. */
export const points = (rise: number): string => `${signed(Number((rise * 100).toPrecision(3)))} points`

/** A rise of a measure in its unit. */
export const riseText = (measure: string, rise: number): string =>
  measure === 'economics_cents' ? `${signed(rise)} cents` : points(rise)

/** Rules whose number is a share of runs or subjects. */
const SHARES = ['pairs', 'split', 'crossed', 'outcomes', 'unmeasured']

/** A rule's number in the unit of its kind. */
function inUnit({ rule, kind }: StageRow, value: number | null): string {
  if (value === null) return '-'
  if (kind === 'gate') return riseText(rule.slice('gate.'.length), value)
  if (kind === 'time') return `${number(value)} h`
  if (SHARES.some((share) => rule === share || rule.startsWith(`${share}.`))) return percent(value)
  // Evidence multiplies with every bet that wins: it has no largest value.
  return value >= 1e6 ? value.toExponential(1) : number(value)
}

const VERDICTS: Readonly<Record<StageRow['verdict'], { readonly says: string; readonly look: string }>> = {
  bad: { says: 'bad', look: 'bad' },
  missing: { says: 'missing', look: 'bad' },
  good: { says: 'good', look: 'good' },
  not_measured: { says: 'not measured', look: 'soft' },
}

/** Does a rule keep the rollout from going on, or bring it back? */
export const failsRow = ({ verdict }: StageRow): boolean => verdict === 'bad' || verdict === 'missing'

/** Rules that fail, one row each: observed against its limit. Those that hold are folded away beneath. */
export function rowsTables(id: string, caption: string, rows: readonly StageRow[]): Html {
  const order = Object.keys(VERDICTS)
  const failingRows = rows.filter(failsRow).sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))
  const rest = rows.filter((row) => !failsRow(row))
  const idle = rest.filter((row) => row.verdict === 'not_measured').length
  const says = `${count(rest.length - idle, 'rule holds', 'rules hold')}${idle > 0 ? `, ${number(idle)} not measured` : ''}`
  return html`${failingRows.length > 0 && rowsTable(`${id}-failing`, `${caption}: what does not hold`, failingRows)}
${
  rest.length > 0 &&
  html`<details id="${id}-rest"><summary>${says}</summary>
${rowsTable(`${id}-holding`, `${caption}: what holds`, rest)}</details>`
}`
}

const rowsTable = (id: string, caption: string, rows: readonly StageRow[]): Html =>
  table(
    id,
    caption,
    ['rule', 'verdict', 'observed', 'limit', 'note'],
    rows.map((row) => {
      const { name, of } = nameOf(row.rule)
      const { says, look } = VERDICTS[row.verdict]
      return [
        html`${name} ${of !== '' && html`<span class="of">${of}</span>`}`,
        html`<span class="${look}">${says}</span>`,
        inUnit(row, row.observed),
        inUnit(row, row.limit),
        visible(row.note),
      ]
    }),
  )

/** Differences and evidence of harm, both arms compared, against what is tolerated. */
export function rowsPlot(id: string, rows: readonly StageRow[]): Html | null {
  const compared = rows.filter(
    ({ kind, verdict }) => (kind === 'gate' || kind === 'sequential') && verdict !== 'not_measured',
  )
  return limitsPlot(
    id,
    'Candidate against baseline in production, and the limits',
    compared.map((row): LimitRow => {
      const { name } = nameOf(row.rule)
      return {
        name: row.kind === 'sequential' ? `${name}: harm` : name,
        says: `observed ${inUnit(row, row.observed)}, limit ${inUnit(row, row.limit)}, ${VERDICTS[row.verdict].says}`,
        place: placeOf(row),
      }
    }),
    'Dot: the candidate now. Upright stroke: the limit. Left of the dotted line is better than the baseline. Rows named harm show the evidence of a sequential test, on a logarithmic scale: it starts at the dotted line, and at its limit the rollout goes back.',
  )
}

function placeOf({ kind, observed, limit, verdict }: StageRow): Place | null {
  if (observed === null || limit === null) return null
  const passed = verdict === 'good'
  if (kind === 'sequential')
    return { observed: Math.log(Math.max(1, observed)) / Math.log(limit), bound: 0, limit: 1, passed }
  // Where nothing is tolerated the limit is the baseline itself.
  const unit = limit || Math.abs(observed) || 1
  return { observed: observed / unit, bound: 0, limit: limit / unit, passed }
}

/** Rules that do not hold, in words, or nothing. */
export function failing(rows: readonly StageRow[]): Html | null {
  const short = rows.filter(failsRow)
  if (short.length === 0) return null
  return html`<ul>${short.map((row) => {
    const { name, of } = nameOf(row.rule)
    return html`<li><strong>${name}</strong>${of !== '' && ` (${of})`}: ${visible(row.note)}</li>`
  })}</ul>`
}
