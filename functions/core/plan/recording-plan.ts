/** A recording plan as a value: settings, cases, what it took to record them before, and the digests that bind all of it. */
import type { Settings } from '#schemas/common.ts'
import { type Amount, type PlannedSettings, RECORDING_PLAN, type RecordingPlan } from '#schemas/recording-plan.ts'
import type { Recording } from '#schemas/replay-case.ts'
import { canonical, digestOf } from '../canonical.ts'

/** A case that is to be recorded. */
interface CaseToRecord {
  readonly case_id: string
  readonly family_id: string
  /** Digest of what was served of it (`servedDigest`). */
  readonly served: string
  /** What its baseline took; null: not measured. */
  readonly cents: number | null
  readonly tokens: number | null
}

/** One recording to be made: a case under a table that differs from what it has now. */
export interface ToRecord {
  readonly of: CaseToRecord
  readonly change: Settings
  readonly settings: Settings
}

/** What a plan says beside its recordings. */
type PlanHead = Pick<RecordingPlan, 'intent' | 'pack' | 'price_table' | 'search' | 'needed_families'>

/** What was served of a case: the digests of its decision records, in their order. What was recorded for a plan is none of it. */
export const servedDigest = (
  recordings: readonly {
    readonly plan?: string | undefined
    readonly recorded: Pick<Recording['recorded'], 'decision_record'>
  }[],
): string =>
  digestOf(recordings.filter(({ plan }) => plan === undefined).map(({ recorded }) => recorded.decision_record))

/** Digest of one recording to be made: it names the case as it was served, and the settings. */
export const recordingDigest = (case_id: string, served: string, settings: Settings): string =>
  digestOf({ case_id, served, settings })

/** The plan of some recordings, in the order given; the same ones twice count once. null: there are none. */
export function recordingPlan(head: PlanHead, toRecord: readonly ToRecord[]): RecordingPlan | null {
  const tables = new Map<string, { readonly first: ToRecord; readonly cases: Map<string, CaseToRecord> }>()
  for (const one of toRecord) {
    const text = canonical(one.settings)
    const table = tables.get(text) ?? { first: one, cases: new Map() }
    tables.set(text, table)
    table.cases.set(one.of.case_id, one.of)
  }
  if (tables.size === 0) return null
  const numbered = [...tables.values()].map((table, i) => ({ ...table, settings_id: `s${i + 1}` }))
  const settings = numbered.map(({ settings_id, first, cases }): PlannedSettings => {
    const of = [...cases.values()]
    return {
      settings_id,
      change: first.change,
      settings: first.settings,
      recordings: of.length,
      families: new Set(of.map(({ family_id }) => family_id)).size,
      price: priceOf(of),
    }
  })
  const recordings = numbered.flatMap(({ settings_id, first, cases }) =>
    [...cases.values()].map(({ case_id, served }) => ({
      case_id,
      settings_id,
      digest: recordingDigest(case_id, served, first.settings),
    })),
  )
  const price = priceOf(numbered.flatMap(({ cases }) => [...cases.values()]))
  const body = { kind: RECORDING_PLAN, ...head, settings, recordings, price } as const
  return { ...body, digest: planDigest(body) }
}

/** Digest of everything else in a plan. */
export const planDigest = (body: Omit<RecordingPlan, 'digest'>): string => digestOf(body)

/** The file of a plan: the same plan, the same bytes. */
export const planText = (plan: RecordingPlan): string => `${JSON.stringify(plan, null, 1)}\n`

const priceOf = (cases: readonly CaseToRecord[]) => ({
  cents: amountOf(cases.map(({ cents }) => cents)),
  tokens: amountOf(cases.map(({ tokens }) => tokens)),
})

function amountOf(values: readonly (number | null)[]): Amount {
  const known = values.filter((value) => value !== null)
  const tidy = (value: number): number => Number(value.toPrecision(9))
  return {
    total: known.length < values.length ? null : tidy(known.reduce((a, b) => a + b, 0)),
    least: known.length === 0 ? null : tidy(known.reduce((a, b) => Math.min(a, b))),
    most: known.length === 0 ? null : tidy(known.reduce((a, b) => Math.max(a, b))),
    unknown: values.length - known.length,
  }
}
