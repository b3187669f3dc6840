/** `autotune cadence quarterly`: the year's error budget, limits and their owners, stale generators, and another suite beside the one in use. */

import { thisProcess } from '#adapters/local/holder.ts'
import type { QuarterlyCadence } from '#schemas/quarterly.ts'
import type { Resplit } from '#schemas/resplit.ts'
import { randomKey } from '../../embedded/import-files.ts'
import { reviewQuarterUntil } from '../../steps/cadence/quarterly.ts'
import { resplitIntent } from '../../steps/cadence/resplit.ts'
import { importAlone } from '../../steps/experience/import-lock.ts'
import { neededUser, personOf } from '../hand.ts'
import { table } from '../layout.ts'
import { existingStore } from '../open.ts'
import { terminalProgress } from '../progress.ts'
import { print } from '../terminal.ts'
import { number } from '../text.ts'
import { readBands, takeBudget } from './bands.ts'
import { type CadenceOptions, dayOf } from './options.ts'
import { endedSince, laterLines } from './weekly.ts'

interface Options extends CadenceOptions {
  readonly date?: string
  readonly suite?: string
  /** Intent that is split anew. */
  readonly resplit?: string
  readonly by?: string
}

/** Flips that a screen names. */
const MOST_NAMED = 8

export async function quarterly({ json, bands: file, date, suite, resplit, by, ...o }: Options): Promise<number> {
  const bands = readBands(file)
  const asked = date === undefined ? null : dayOf(date)
  const store = existingStore(o.store, { progress: terminalProgress() })
  try {
    const budget = await takeBudget(store, bands)
    const quarter = await reviewQuarterUntil(store, bands, asked, suite ?? null)
    if (resplit !== undefined) await store.unlockVault()
    const split =
      resplit === undefined
        ? null
        : await importAlone(store, thisProcess(), () => resplitIntent(store, resplit, byWhom(by), randomKey))
    const since = await endedSince(store, quarter)
    print(json, { quarter, ended_since: since, resplit: split, budget }, () => [
      ...budget,
      ...quarterLines(quarter),
      ...laterLines(since, 'quarter'),
      ...(split ? resplitLines(split) : []),
    ])
    return 0
  } finally {
    store.close()
  }
}

const byWhom = (by: string | undefined): string => personOf(by ?? neededUser())

const resplitLines = ({ intent, date, epoch, by, key, retired, superseded, families: of }: Resplit): string[] => [
  '',
  `split    ${intent} anew on ${date} by ${by}: epoch ${epoch}, key ${key.slice(0, 15)}`,
  `         to the search: ${of.to_search} sealed families that nobody asked, and ${of.spent} of ${retired.length} retired versions`,
  `         stay sealed: ${of.stay_sealed}${superseded.length > 0 ? '; the next run seals them again' : ''}; seen, and never to be sealed: ${of.seen} that the new key would hold out`,
]

const percent = (share: number): string => `${number(100 * share)} %`

function quarterLines({ date, year_spent: spent, year_budget: budget, intents }: QuarterlyCadence): string[] {
  return [
    `quarter  until ${date}`,
    `year     ${percent(spent)} of chance that anything harmful was certified in 365 days, all questions added up${budget === null ? '; no budget is declared (error_budget_per_year)' : `, of ${percent(budget)} declared`}`,
    '',
    ...table(
      [
        ['intent', 'versions', 'questions', 'spent'],
        ...intents.map(({ intent, year }) => [
          intent,
          String(year.versions),
          String(year.questions),
          percent(year.spent),
        ]),
      ],
      ['left', 'right', 'right', 'right'],
    ),
    ...intents.flatMap((of) => [...limitLines(of), ...staleLines(of), ...rebaselineLines(of)]),
  ]
}

type Intent = QuarterlyCadence['intents'][number]

function limitLines({ intent, limits }: Intent): string[] {
  if (limits.length === 0) return ['', `${intent}: no run searched in this quarter, so no limit caught anything`]
  return [
    '',
    intent,
    ...table(
      [
        ['limit', 'of', '', 'caught', 'owner'],
        ...limits.map(({ guardrail, metric, limit, caught, runs, owner, signed, signature }) => [
          guardrail,
          metric,
          limit,
          caught === 0 ? `nothing in ${runs} runs` : String(caught),
          signature === 'unsigned' ? 'nobody signed it' : `${owner}, ${signature} ${signed}`,
        ]),
      ],
      ['left', 'left', 'left', 'right', 'left'],
    ),
  ]
}

const staleLines = ({ stale }: Intent): string[] =>
  stale.map(
    ({ origin, candidates, known_before }) =>
      `   remove   ${origin ?? 'a generator without a name'}: none of ${candidates} candidates certified in two quarters, ${percent(known_before)} of them known before`,
  )

function rebaselineLines({ rebaseline: of }: Intent): string[] {
  if (of === null) return []
  const rate = (share: number | null): string => (share === null ? 'not measured' : percent(share))
  return [
    `   suite    ${of.from} -> ${of.to} on the same ${of.runs} runs: ${of.flipped_runs} flip; pass rate ${rate(of.pass_rate.was)} -> ${rate(of.pass_rate.now)}`,
    ...of.flips
      .slice(0, MOST_NAMED)
      .map(({ case_id, measure, was, now }) => `            ${case_id}: ${measure} ${was} -> ${now}`),
    ...(of.flips.length > MOST_NAMED ? [`            ... and ${of.flips.length - MOST_NAMED} more (--json)`] : []),
    ...(of.retires.length === 0
      ? []
      : [
          `            ${of.retires.length} sealed versions were asked another question: the next run under ${of.to} retires them`,
        ]),
  ]
}
