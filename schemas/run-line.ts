/** One line about a run, as lists show it and as a store keeps it beside its runs, newest first. */
import * as z from 'zod'
import { Id, Name, Patch } from './common.ts'
import { Verdict } from './run.ts'
import { TargetMetric } from './target.ts'

/**
 * `autotune/newest/`: one finished or refused run. A copy of what its files say, kept so that lists need not open them: nothing
 * decides by it, and `verify` does not read it.
 */
export const RunLine = z.strictObject({
  run_id: Id,
  date: z.string().meta({ description: 'When it finished, or was refused: ISO 8601 in UTC.' }),
  intent: Name.nullable(),
  verdict: Verdict,
  change: Patch.nullable().meta({ description: 'What it proposes; null: nothing.' }),
  /** The target's metric of the winner on the held-out set, in the unit of the metric; null within: not measured. */
  gain: z
    .strictObject({ metric: TargetMetric, baseline: z.number().nullable(), candidate: z.number().nullable() })
    .nullable(),
  /** Held-out decisions in which a floor or the utility fell, and in which the utility rose, of all. */
  worse: z.strictObject({ worse: z.int(), better: z.int().nullable(), of: z.int() }).nullable(),
})
export type RunLine = z.infer<typeof RunLine>
