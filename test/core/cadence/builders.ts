/** Rows, bands and facts of the routine, as its tests need them. */

import { type IntentInput, judgeDay, queuedBefore } from '#core/cadence/daily.ts'
import { dayAfter } from '#core/cadence/days.ts'
import { NOT_MEASURED } from '#core/evaluate/scorecard.ts'
import { generator } from '#core/statistics/generator.ts'
import { Bands } from '#schemas/bands.ts'
import type { DailyCadence, IntentFacts, SliceRow } from '#schemas/cadence.ts'

export const aRow = (n: number, over: Partial<SliceRow['measures']> = {}, family = `f${n}`): SliceRow => ({
  run_id: `r${String(n).padStart(6, '0')}`,
  family,
  measures: {
    ...NOT_MEASURED,
    policy_violation: false,
    safety_violation: false,
    approval_bypass: false,
    utility_passed: true,
    utility_score: 1,
    latency_ms: 1000,
    economics_cents: 4,
    economics_tokens: 3000,
    approval_waits: 0,
    approval_actions: 0,
    ...over,
  },
  corrections: { outcome: 0, label_disputed: 0, note: 0 },
})

export const TARGET = { intent: 'a', metric: 'economics_cents_per_decision', direction: 'decrease' } as const

/** Bands of some intents: utility below .9, and cents above 5 with a target. */
export const someBands = (intents: readonly string[], over: Partial<Bands> = {}): Bands =>
  Bands.parse({
    false_alarms_per_quarter: 1,
    ready_after_hours: 24,
    revised_for_days: 7,
    cooldown_days: 14,
    runs_per_quarter: 3,
    intents: intents.map((intent) => ({
      intent,
      measured_by: { evals: 'evals.x@1.0.0' },
      bands: [
        { metric: 'utility', below: 0.9, target: { ...TARGET, intent, metric: 'utility', direction: 'increase' } },
        { metric: 'economics_cents_per_decision', above: 5, range: [0, 20], target: { ...TARGET, intent } },
      ],
    })),
    ...over,
  })

export const FREE: Pick<IntentFacts, 'open' | 'sealed' | 'in_force' | 'year'> = {
  open: [],
  in_force: null,
  year: null,
  sealed: { questions_left: 1, families_waiting: null },
}

/** Rows of a day: `rate` of them pass, all cost `cents`. */
export function rowsOfDay(runs: number, rate: number, cents: number, seed: number): SliceRow[] {
  const next = generator(seed)
  return Array.from({ length: runs }, (_, n) =>
    aRow(n, { utility_score: next() / 2 ** 32 < rate ? 1 : 0, economics_cents: cents }, `f${seed}-${n}`),
  )
}

/** Days in a row, judged one after the other. */
export function judged(
  bands: Bands,
  first: string,
  days: number,
  rows: (intent: string, day: string, n: number) => readonly SliceRow[],
  facts: (
    intent: string,
    day: string,
    prior: DailyCadence | null,
  ) => Pick<IntentFacts, 'open' | 'sealed' | 'in_force' | 'year'> = () => FREE,
): DailyCadence[] {
  const all: DailyCadence[] = []
  for (let n = 0; n < days; n++) {
    const day = dayAfter(first, n)
    const prior = all.at(-1) ?? null
    const input = (intent: string): IntentInput => ({
      rows: rows(intent, day, n),
      facts: { ...facts(intent, day, prior), ...queuedBefore(prior, intent, day) },
    })
    all.push(judgeDay(day, bands, prior, first, input, []))
  }
  return all
}
