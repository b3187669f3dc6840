/** Bands over the intent of the tests that break on their first day, and recorded runs of three days. */
import { Bands } from '#schemas/bands.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { aSuite, aTarget, aWorld, INTENT } from './builders.ts'

export const DAYS = ['2026-11-01', '2026-11-02', '2026-11-03'] as const

export const theBands = (over: Partial<Bands> = {}): Bands =>
  Bands.parse({
    false_alarms_per_quarter: 1000,
    ready_after_hours: 0,
    revised_for_days: 7,
    cooldown_days: 30,
    runs_per_quarter: 9,
    error_budget_per_year: 0.9,
    intents: [
      {
        intent: INTENT,
        measured_by: { evals: aSuite().suite },
        bands: [{ metric: 'economics_tokens_per_decision', range: [0, 10_000], above: 0, target: aTarget() }],
      },
    ],
    ...over,
  })

/** The runs of a world, spread over the days. */
export const onDays = (runs: readonly ExperienceRun[] = aWorld()): ExperienceRun[] =>
  runs.map((run, n) => ({ ...run, date: DAYS[n % DAYS.length]! }))
