/** Guardrails against business risk: each limit with what it caught, and with the signature of its owner. */

import { QUARTER_DAYS } from '#schemas/band-metrics.ts'
import type { Bands } from '#schemas/bands.ts'
import { GUARDRAIL_NAMES, type GuardrailName } from '#schemas/metrics.ts'
import type { LimitRow } from '#schemas/quarterly.ts'
import type { Guardrails } from '#schemas/target.ts'
import { canonical } from '../canonical.ts'
import { dayAfter } from './days.ts'

/** A run that searched, with the limits that it searched under and how many candidates each refused. */
export interface LimitedRun {
  readonly ended: string
  readonly metric: string
  readonly guardrails: Guardrails
  readonly caught: Readonly<Partial<Record<GuardrailName, number>>>
}

/** A person's word that a limit still fits the business. */
type SignedLimit = NonNullable<Bands['signed_limits']>[number]

/** One row for each limit that a run of the quarter searched under, by metric; what was declared last counts. */
export function limitRows(
  intent: string,
  runs: readonly LimitedRun[],
  signed: readonly SignedLimit[],
  date: string,
): LimitRow[] {
  const since = dayAfter(date, 1 - QUARTER_DAYS)
  const recent = runs.filter(({ ended }) => ended.slice(0, 10) >= since && ended.slice(0, 10) <= date)
  const metrics = [...new Set(recent.map(({ metric }) => metric))].sort()
  return metrics.flatMap((metric) => {
    const own = recent.filter((run) => run.metric === metric)
    return GUARDRAIL_NAMES.flatMap((guardrail): LimitRow[] => {
      const under = own.filter(({ guardrails }) => guardrails[guardrail] !== undefined)
      const last = under.toSorted((a, b) => (a.ended < b.ended ? -1 : 1)).at(-1)
      if (!last) return []
      const by = signed.find((one) => one.intent === intent && one.guardrail === guardrail)
      return [
        {
          metric,
          guardrail,
          limit: canonical(last.guardrails[guardrail]),
          runs: under.length,
          caught: under.reduce((sum, { caught }) => sum + (caught[guardrail] ?? 0), 0),
          owner: by?.owner ?? null,
          signed: by?.on ?? null,
          signature: by === undefined ? 'unsigned' : by.on >= since && by.on <= date ? 'renewed' : 'lapsed',
        },
      ]
    })
  })
}
