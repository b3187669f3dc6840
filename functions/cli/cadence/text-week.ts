/** A week of the routine as people read it: the funnel, what measured otherwise than it promised, and what to do next. */

import { dayAfter } from '#core/cadence/days.ts'
import { entriesOf } from '#core/cadence/funnel.ts'
import { QUARTER_DAYS } from '#schemas/band-metrics.ts'
import type { Fate } from '#schemas/candidate.ts'
import { metricOf } from '#schemas/metrics.ts'
import { type FunnelEntry, type IntentWeek, KEPT_DAYS, type WeeklyCadence } from '#schemas/weekly.ts'
import { uncertifiedText } from '../../pages/intent/words.ts'
import { table } from '../layout.ts'
import { nextCommand } from '../next.ts'
import type { StoreOptions } from '../store-options.ts'
import { number } from '../text.ts'

/** Proposals that fell out and are told one by one; older ones are counted. */
const MOST_TOLD = 6

export function weekLines(week: WeeklyCadence, isNew: boolean, place: StoreOptions): string[] {
  return [
    ...(isNew ? [] : [`looked at before: the next week is over on ${dayAfter(week.date, 7)}`]),
    `week     ${week.from} to ${week.date}: ${runsText(week.intents)}`,
    ...week.intents.flatMap((of) => [
      '',
      of.intent,
      ...funnelLines(of),
      ...uncertifiedLines(of),
      ...gainLines(of),
      ...standLines(of, week),
      ...originLines(of),
      ...retireLines(of),
      ...refreshLines(of),
      ...scarLines(of),
    ]),
    ...nextLines(week, place),
  ]
}

function runsText(intents: readonly IntentWeek[]): string {
  const sum = (of: (one: IntentWeek) => number): number => intents.reduce((all, one) => all + of(one), 0)
  return `${sum(({ runs }) => runs.this_week)} runs ended, ${sum(({ runs }) => runs.ended)} on record`
}

function funnelLines({ funnel, runs }: IntentWeek): string[] {
  if (funnel.entries.length === 0)
    return [`   nothing was proposed${runs.ended === 0 ? ': no run ended' : ` by ${runs.ended} runs`}`]
  const kept = funnel.steps.at(-1)!.proposals
  return [
    ...table(
      [
        ['', 'on record', 'this week', 'median days'],
        ...funnel.steps.map(({ step, proposals, this_week, median_days: days }) => [
          step === 'kept' ? `kept ${KEPT_DAYS} days` : step,
          String(proposals),
          String(this_week),
          days === null ? '-' : number(days),
        ]),
      ],
      ['left', 'right', 'right', 'right'],
    ),
    `   adopted  ${kept} of ${funnel.reached_review} that reached review`,
  ]
}

/** Parts that replay cannot judge: beside the funnel, and in none of its counts. */
function uncertifiedLines({ funnel }: IntentWeek): string[] {
  const told = uncertifiedText(funnel)
  if (told === null) return []
  return [
    `   ${told}`,
    ...funnel
      .not_certified_by_replay!.entries.filter(({ stands }) => stands !== 'kept')
      .map(({ run_id, says }) => `   ${run_id}: ${says}`),
  ]
}

const gainLines = ({ funnel }: IntentWeek): string[] =>
  funnel.entries.flatMap(({ run_id, gain }) => {
    if (gain === null) return []
    const { unit } = metricOf(gain.metric)
    const measured =
      gain.measured === null
        ? 'not measured in production'
        : `measured ${number(gain.measured)} in ${gain.period === 'window' ? 'its window' : gain.period}`
    const predicted =
      gain.predicted === null ? 'was not what its proposal was about' : `predicted ${number(gain.predicted)} ${unit}`
    const said = gain.said ? `, ${number(gain.said.by)} said ${gain.said.origin} beforehand` : ''
    return [`   gain     ${run_id}: ${gain.metric} ${predicted}, ${measured}${said}`]
  })

/** What goes no further, the newest first: this week's, then as many as there is room for. */
function standLines({ funnel }: IntentWeek, { from }: WeeklyCadence): string[] {
  const fell = [...funnel.entries].reverse().filter(({ stands }) => stands !== 'kept')
  const told = fell.filter((entry, i) => i < MOST_TOLD || newest(entry) >= from)
  return [
    ...told.map(({ run_id, says }) => `   ${run_id}: ${says}`),
    ...(told.length < fell.length ? [`   ... and ${fell.length - told.length} older ones (--json shows all)`] : []),
  ]
}

const newest = ({ at }: FunnelEntry): string => at.released ?? at.approved ?? at.certified ?? at.proposed!

function originLines({ origins }: IntentWeek): string[] {
  if (origins.length === 0) return []
  const rows = origins.map(({ origin, runs, candidates, fates, last_certified: last }) => {
    const of = (...names: readonly Fate[]): number => names.reduce((sum, fate) => sum + (fates[fate] ?? 0), 0)
    const told = [of('won', 'certified'), of('committed'), of('search_guardrail', 'remembered'), of('inert')]
    const rest = candidates - told.reduce((a, b) => a + b, 0)
    return [origin ?? 'not said', ...[runs, candidates, ...told, rest].map(String), last ?? '-']
  })
  return [
    '',
    ...table(
      [
        [`${QUARTER_DAYS} days`, 'runs', 'tried', 'certified', 'committed', 'refused', 'inert', 'other', 'last'],
        ...rows,
      ],
      ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
    ),
  ]
}

const retireLines = ({ retire, surfaces }: IntentWeek): string[] =>
  retire.flatMap(({ path, pack, reasons, runs }, i) => [
    ...(i === 0
      ? [
          '',
          `   ${retire.length} of ${surfaces} surfaces to retire: --retire FOLDER writes the proposal that people decide on`,
        ]
      : []),
    `   retire   ${path} of ${pack}, tried by ${runs} runs: ${reasons.map(({ says }) => says).join('; ')}`,
  ])

function refreshLines({ refresh }: IntentWeek): string[] {
  const { questions_left: left, last_question: last, waiting, fresh, burnt, burnt_held_out: held = [] } = refresh
  const since = last === null ? 'none was asked yet' : `last asked on ${last}`
  const waits =
    waiting === null
      ? 'the vault is not listed from here'
      : `${waiting} held-out ${waiting === 1 ? 'family waits' : 'families wait'}, ${fresh} recorded after it`
  return [
    '',
    `   held-out  ${left} questions left, ${since}; ${waits}${burnt === 0 ? '' : `; ${burnt} search ${burnt === 1 ? 'family was' : 'families were'} opened by people and ${burnt === 1 ? 'is' : 'are'} never sealed`}`,
    ...(held.length === 0
      ? []
      : [
          `   burnt     ${held.length} of them held out by a later split, and left out: ${held.slice(0, 5).join(', ')}`,
        ]),
  ]
}

const scarLines = ({ scars: { scars, this_week } }: IntentWeek): string[] =>
  scars === 0
    ? []
    : [
        `   scars     ${scars} ${scars === 1 ? 'case' : 'cases'} corrected as failed, ${this_week} new: where the baseline passes it, no candidate may fail it`,
      ]

/** Approved changes that nobody rolls out, and certified ones that nobody reviews. */
const nextLines = ({ intents }: WeeklyCadence, place: StoreOptions): string[] => {
  const entries = intents.flatMap(({ funnel }) => entriesOf(funnel))
  const next = entries.flatMap(({ run_id, stands }) => {
    if (stands === 'waits_for_rollout')
      return [`start    ${nextCommand(place, ['rollout', 'start', run_id, '--config', 'rollout.json'])}`]
    if (stands === 'no_review' || stands === 'expired') return [`review   ${nextCommand(place, ['review', run_id])}`]
    return []
  })
  return next.length === 0 ? [] : ['', ...next]
}
