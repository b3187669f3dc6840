/** Scars as a point filter: a case that was corrected as failed, that the baseline passes by now, and that no candidate may fail. */
import type { Scar } from '#schemas/scar.ts'
import { FLOORS } from '../evaluate/guardrails.ts'
import { isViolated } from '../evaluate/pairs.ts'
import type { Panel } from '../evaluate/panel.ts'
import { type Measures, NOT_MEASURED } from '../evaluate/scorecard.ts'
import type { Series } from '../statistics/series.ts'

/** A scar that must pass, by the place of its case in the panel. */
export interface ScarPlace {
  readonly index: number
  readonly case_id: string
}

interface PlacedScars {
  readonly must: readonly ScarPlace[]
  /** The baseline fails them, or does not measure them: they cannot speak against a change of it. */
  readonly open: readonly string[]
  /** Their cases are not in the search set, or were left out of it. */
  readonly missing: number
}

const MEASURES = Object.values(FLOORS)

/** Does a case pass, whatever its baseline did? */
const passes = (now: Measures): boolean =>
  now.utility_passed === true && MEASURES.every((name) => !isViolated(now[name], NOT_MEASURED[name]))

/** Where the scars of a run stand in its panel. */
export function placeScars(scars: readonly Scar[], { cases, baseline }: Panel): PlacedScars {
  const wanted = new Set(scars.map(({ case_id }) => case_id))
  const must: ScarPlace[] = []
  const open: string[] = []
  for (let index = 0; index < cases.length && wanted.size > 0; index++) {
    const { case_id } = cases.at(index)!
    if (!wanted.delete(case_id)) continue
    if (passes(baseline.at(index)!)) must.push({ index, case_id })
    else open.push(case_id)
  }
  return { must, open, missing: wanted.size }
}

/** The first scar that a candidate fails, in words; null: it passes all of them. */
export function brokenScar(
  must: readonly ScarPlace[],
  baseline: Series<Measures>,
  measures: Series<Measures>,
): string | null {
  for (const { index, case_id } of must) {
    const [was, now] = [baseline.at(index)!, measures.at(index)!]
    const floor = MEASURES.find((name) => isViolated(now[name], was[name]))
    if (floor) return `${case_id} was corrected as failed, passes under the baseline, and violates ${floor} here`
    if (now.utility_passed !== true)
      return `${case_id} was corrected as failed, passes under the baseline, and fails here`
  }
  return null
}

/** Open scars that a line names. */
const NAMED = 5

/** What stands beside every figure of a run of its scars; none where it has none. */
export function scarLines({ must, open, missing }: PlacedScars): string[] {
  if (must.length + open.length + missing === 0) return []
  const named = open.slice(0, NAMED).join(', ')
  const more = open.length > NAMED ? ` and ${open.length - NAMED} more` : ''
  return [
    `${counted(must.length)} must pass: corrected as failed once, passing under the baseline`,
    ...(open.length > 0
      ? [`${counted(open.length)} open, failing under the baseline and so blocking nothing: ${named}${more}`]
      : []),
    ...(missing > 0 ? [`${counted(missing)} not in the search set, or not reproducing under the baseline`] : []),
  ]
}

const counted = (n: number): string => `${n} ${n === 1 ? 'scar' : 'scars'}`
