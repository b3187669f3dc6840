/** What became of traces, in lines. */
import type { MapReading } from '#adapters/local/import/map-records.ts'
import type { WaitReason } from '#core/traces/settle.ts'
import { droppedTexts, percent, type TracesReport } from '../embedded/trace-runs.ts'
import { count } from '../pages/kit/format.ts'
import { REFUSALS, type Refusal, type Standing } from '../steps/experience/check-runs.ts'

/** The share that was dropped stands first: everything that rests on the runs rests on a selection. */
export function tracesLines({
  dialects,
  traces,
  runs,
  waiting,
  waits,
  dropped_share,
  dropped,
  left_out,
  counts,
  first,
  last,
}: TracesReport): string[] {
  const names = [...new Set(dialects.map(({ name }) => name))].join(', ')
  const sure = dialects.reduce((least, { share }) => Math.min(least, share), 1)
  return [
    `traces   ${runs} of ${traces} became runs${dropped_share > 0 ? `; ${percent(dropped_share)} dropped` : ''}${waiting > 0 ? `; ${waiting} wait for the next import` : ''}`,
    ...waits.map(({ reason, n, example }) => `         ${n} ${WAITS[reason]}; e.g. ${example}`),
    ...droppedTexts(dropped).map((text) => `         ${text}`),
    `dialect  ${names}${sure < 1 ? ` (${percent(sure)} of what any dialect knows in it)` : ''}`,
    ...(first && last ? [`time     ${first} to ${last}`] : []),
    ...Object.entries(counts).flatMap(([name, of]) =>
      SHOWN.has(name) ? [`${name.replace('_', ' ').padEnd(8)} ${wordsOf(of)}`] : [],
    ),
    ...(left_out.length > 0
      ? [`left out ${left_out.length} files that hold no records: ${left_out.slice(0, 3).join(', ')}`]
      : []),
  ]
}

/** What a map was handed, and what of it became no run. */
export function mapLines({ records, groups, ungrouped, ungrouped_example, skipped }: MapReading): string[] {
  const left = `the map made no run of ${skipped} of ${groups > 0 ? 'these groups' : 'them'}`
  return [
    `records  ${records} read${groups > 0 ? `, ${groups} groups` : ''}${skipped > 0 ? `; ${left}` : ''}`,
    ...(ungrouped > 0
      ? [`         ${ungrouped} in no group: they say nothing at its path; e.g. ${ungrouped_example}`]
      : []),
  ]
}

/** Traces whose stored run stands, and that are refused, each by its name: nothing where there are none. */
export function refusedText({ refused }: Standing): string | null {
  if (refused.n === 0) return null
  const named = refused.runs.slice(0, MOST_NAMED)
  const more = refused.n - named.length
  const reasons = REFUSALS.filter((each) => refused.runs.some(({ reason }) => reason === each))
  return [
    `${count(refused.n, 'trace')} of this import ${refused.n === 1 ? 'is' : 'are'} refused; what is stored stands, and all else was imported:`,
    ...named.map(({ run_id, reason, why }) => `  trace ${run_id} ${WHY_REFUSED[reason].what(why)}`),
    ...(more > 0
      ? [
          `  and ${more} more (--json names ${refused.runs.length === refused.n ? 'all' : `the first ${refused.runs.length}`})`,
        ]
      : []),
    ...reasons.map((reason) => WHY_REFUSED[reason].todo),
  ].join('\n')
}

/** What fits a screen. */
const MOST_NAMED = 20

const WHY_REFUSED: Readonly<Record<Refusal, { readonly what: (why: string | null) => string; readonly todo: string }>> =
  {
    changed: {
      what: () => 'is already stored with other content',
      todo: 'It was stored before its last spans came, or changed since, or is read with other options now: a stored run never changes. A label that came later is stored with "autotune correct FILE". Leave the trace out of the export, or import all of it into another --store; a longer --settle keeps traces waiting until their last spans are there',
    },
    shared: {
      what: () =>
        'and those of its session hold a trace that is part of another stored run: the window of an export cut that session',
      todo: 'Export sessions whole, or only what came after the stored traces; a longer --settle keeps a session waiting until it is over',
    },
    erased: {
      what: (why) => `was ${why}`,
      todo: 'Recorded runs that were erased never come back: leave them out of the export, which holds them still',
    },
  }

export const partsLine = ({ parts }: Standing): string[] =>
  parts > 0
    ? [`parts    ${parts} of stored runs came again without their rest (a window cut them): what is stored stands`]
    : []

const WAITS: Readonly<Record<WaitReason, string>> = {
  not_ended: 'not_ended: kept until their last spans come',
  cut: 'cut: the span above their others is in no line; kept until it comes',
  just_ended: 'just_ended: later spans may be on their way (--settle)',
}

const SHOWN = new Set([
  'families',
  'messages',
  'model_calls',
  'tools',
  'retrievals',
  'approvals',
  'scores',
  'spans',
  'unread',
])

const wordsOf = (counts: unknown, prefix = ''): string =>
  typeof counts === 'number'
    ? `${counts} ${prefix}`
    : Object.entries(counts as Record<string, unknown>)
        .map(([name, of]) => (name === 'n' ? String(of) : wordsOf(of, `${prefix} ${name.replaceAll('_', ' ')}`.trim())))
        .join(', ')
