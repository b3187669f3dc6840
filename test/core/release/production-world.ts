/** Seeded production of one period as a runtime would log it: subjects with several runs, late outcomes, outages, crossings, losses. */
import { routedArm, routedShare } from '#core/release/crossing.ts'
import { generator } from '#core/statistics/generator.ts'
import type { Arm, ProductionRun, Rollout } from '#schemas/release.ts'
import type { Period } from '#schemas/stages.ts'
import { aRun, type Measures, momentOf } from './builders.ts'

/** One run as it happens, before anything is told of it. */
export interface Happens {
  readonly arm: Arm
  /** 0: the subject's first. */
  readonly nth: number
  /** The subject's number, in the order of their first runs. */
  readonly subject: number
  /** Minutes since the period began. */
  readonly minute: number
}

export interface World {
  readonly period?: Period
  /** @default 600 */
  readonly subjects?: number
  /** From one subject's first run to the next one's. @default 3 */
  readonly gapMinutes?: number
  /** Least and most runs of a subject. @default [1, 1] */
  readonly runs?: readonly [number, number]
  /** From one run of a subject to the next. @default 30 */
  readonly apartMinutes?: number
  /** Chance that a run fails. @default .1 */
  readonly fails?: (run: Happens) => number
  /** What a run costs. @default 1 cent, or up to a fifth more */
  readonly cents?: (run: Happens) => number
  readonly latencyMs?: (run: Happens) => number
  /** From the start of a run to its outcome. @default 0 */
  readonly lagMinutes?: (run: Happens & { readonly failed: boolean }) => number
  /** A line without outcome when a run starts. @default false */
  readonly announced?: boolean
  /** Chance that the log says the other arm than routing. */
  readonly crosses?: (run: Happens) => number
  /** Chance that nothing is ever logged of a run. */
  readonly loses?: (run: Happens & { readonly failed: boolean }) => number
  readonly measures?: (run: Happens & { readonly failed: boolean }) => Partial<Measures>
}

/** The log of a period in the order in which its lines are written. */
export function productionOf(rollout: Rollout, seed: number, world: World): ProductionRun[] {
  const { period = '25%_monitored', subjects = 600, gapMinutes = 3, runs = [1, 1], apartMinutes = 30 } = world
  const next = generator(seed)
  const unit = () => next() / 2 ** 32
  const share = routedShare(rollout, period)
  const told: { readonly minute: number; readonly run: ProductionRun }[] = []
  for (let n = 0; n < subjects; n++) {
    const subject = `subject-${seed}-${n}`
    const routed = routedArm(rollout, subject, share)
    const count = runs[0] + Math.floor(unit() * (runs[1] - runs[0] + 1))
    const swap = unit()
    for (let nth = 0; nth < count; nth++) {
      const minute = n * gapMinutes + nth * apartMinutes
      // Where one arm serves everyone each run has its shadow.
      const paired = share === 0 || share === 1
      const luck = unit()
      for (const arm of paired ? (['baseline', 'candidate'] as const) : [routed]) {
        const happens: Happens = { arm, nth, subject: n, minute }
        const failed = (paired ? luck : unit()) < (world.fails?.(happens) ?? 0.1)
        const lost = unit() < (world.loses?.({ ...happens, failed }) ?? 0)
        if (lost) continue
        const crossed = swap < (world.crosses?.(happens) ?? 0)
        const recorded = crossed ? (arm === 'baseline' ? 'candidate' : 'baseline') : arm
        const lag = world.lagMinutes?.({ ...happens, failed }) ?? 0
        const measures: Partial<Measures> = {
          utility_passed: !failed,
          utility_score: failed ? 0 : 1,
          economics_cents: world.cents?.(happens) ?? 1 + 0.2 * unit(),
          latency_ms: world.latencyMs?.(happens) ?? 1200,
          ...world.measures?.({ ...happens, failed }),
        }
        const run: ProductionRun = {
          ...aRun(rollout, period, recorded, 0, measures),
          run_id: `${subject}-${nth}-${arm}`,
          subject,
          pair: paired ? `${subject}-${nth}` : null,
          compared: !paired,
          started_at: momentOf(rollout, minute * 60),
          outcome_at: momentOf(rollout, (minute + lag) * 60),
        }
        if (world.announced) {
          const { utility_passed: _, utility_score: __, ...rest } = run.measures
          const open = { ...rest, utility_passed: null, utility_score: null }
          told.push({ minute, run: { ...run, outcome_at: null, measures: open } })
        }
        told.push({ minute: minute + lag, run })
      }
    }
  }
  return told.sort((a, b) => a.minute - b.minute).map(({ run }) => run)
}
