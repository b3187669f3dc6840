/** What a set of records holds and what could be tuned with it, on one screen. */
import type { Barrier, Need, Prospect, Prospects } from '#core/survey/prospects.ts'
import type { Spread, Survey } from '#core/survey/survey.ts'
import type { TracesReport } from '../embedded/trace-runs.ts'
import { tracesLines } from './text-traces.ts'

const MOST = 6

const number = (value: number): string => (Number.isInteger(value) ? String(value) : value.toPrecision(3))
const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`
const list = (items: readonly string[]): string =>
  items.length <= MOST ? items.join(', ') : `${items.slice(0, MOST).join(', ')} and ${items.length - MOST} more`
const spread = (of: Spread | null, unit: string): string =>
  of === null ? 'not recorded' : `${number(of.median)} ${unit}, p95 ${number(of.p95)}`

export function surveyLines(
  traces: TracesReport | null,
  survey: Survey,
  { surfaces, barriers, needs }: Prospects,
): string[] {
  return [
    ...(traces ? tracesLines(traces).slice(0, 2 + traces.dropped.length) : []),
    ...heldLines(survey),
    ...scoreLines(traces?.scores ?? []),
    '',
    surfaces.length === 0 ? 'nothing could be tuned from these records' : 'what could be tuned from these records',
    ...surfaces.map(surfaceLine),
    'what could not',
    ...barriers.map(barrierLine),
    ...needLines(survey, needs),
  ]
}

function heldLines(s: Survey): string[] {
  const { passed, failed, scored, none } = s.labels
  const { n, largest, named } = s.families
  return [
    `runs     ${s.runs}${s.first ? `, ${s.first.slice(0, 10)} to ${s.last!.slice(0, 10)}` : ''}`,
    `families ${n}, the largest with ${largest} runs (${percent(s.runs === 0 ? 0 : largest / s.runs)}); ${n - named} of a single trace`,
    `intents  ${list(s.intents.map(({ intent, runs }) => `${intent} ${runs}`))}`,
    `models   ${list(s.models.map(({ model, calls }) => `${model} ${calls}`)) || 'none named'}`,
    `tools    ${list(s.tools.map(({ tool, calls, results }) => `${tool} ${calls}${results < calls ? ` (${results} results)` : ''}`)) || 'none'}`,
    `passages ${list(s.buckets.map(({ bucket, depth, hops, tokens }) => `${bucket} up to ${depth}${hops > 1 ? ` in ${hops} hops` : ''}, ${number(tokens.median)} tokens`)) || 'none'}`,
    `tokens   ${spread(s.prompt_tokens, 'prompt tokens a run')}; cost ${spread(s.cost_cents, 'cents')}; latency ${spread(s.latency_ms, 'ms')}`,
    `labels   ${passed + failed + scored === 0 ? 'none' : `${passed} passed, ${failed} failed, ${scored} scored, ${none} without`}`,
  ]
}

const scoreLines = (scores: TracesReport['scores']): string[] =>
  scores.length === 0
    ? []
    : [
        `scores   ${list(scores.map(({ name, n, kind, option }) => `${name} ${n} (${kind}; ${option})`))}: none is a label`,
      ]

function surfaceLine({ path, value, recorded, bounds, at_most, metric, runs }: Prospect): string {
  const range =
    'allowed' in bounds
      ? bounds.allowed.join(' | ')
      : `${bounds.min} to ${bounds.max}${bounds.step ? ` by ${bounds.step}` : ''}`
  const moves = at_most === null ? metric : `${metric} by at most ${percent(at_most)}`
  return `   ${path}: now ${value}${recorded ? '' : ' (from what was recorded)'}; ${range}; ${moves}; ${runs} runs`
}

const barrierLine = ({ what, why, todo }: Barrier): string => `   ${what}: ${why}; ${todo}`

function needLines({ intents }: Survey, needs: readonly Need[]): string[] {
  const [largest] = intents
  if (!largest) return []
  return [
    `what a certificate takes, for intent ${largest.intent} with ${largest.families} families (half are sealed; level .05, one question, nothing breaks)`,
    ...needs.map(({ floor, limit, families, at_hand, days }) => {
      const when =
        days === 0
          ? 'at hand'
          : days === null
            ? `${families - at_hand} more families`
            : `${families - at_hand} more families: about ${days} days of such traffic`
      return `   ${floor}, ${limit}: ${families} families; ${when}`
    }),
  ]
}
