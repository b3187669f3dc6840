/** Can anything be certified at all? A floor that the recorded baseline itself breaks, or a metric it lacks, says no. */
import { metricOf } from '#schemas/metrics.ts'
import { allowedRate, FLOORS } from '../evaluate/guardrails.ts'
import { metricParts } from '../evaluate/metric.ts'
import { violations } from '../evaluate/pairs.ts'
import type { Panel } from '../evaluate/panel.ts'
import { isAtMost } from '../statistics/compare.ts'
import type { ResolvedTarget } from './resolve.ts'

/** Reasons why no candidate could ever be certified on these records; empty when there are none. */
export function baselineProblems(panel: Panel, target: ResolvedTarget): string[] {
  const problems: string[] = []
  if (panel.cases.length === 0)
    return ['no case of the search set reproduces under the baseline: nothing can be compared']
  if (panel.families < 2)
    return [
      `the search set holds one family (${panel.cases.at(0)!.family_id}): a change proved on one customer says nothing about others`,
    ]
  let unmeasured = 0
  const partOf = metricParts(target.metric, panel.baseline)
  for (let i = 0; i < panel.baseline.length; i++) if (partOf(i) === null) unmeasured++
  if (unmeasured > 0)
    problems.push(
      `${target.metric} (${metricOf(target.metric).says}) is not measured on ${unmeasured} of ${panel.cases.length} cases: choose a metric that every record carries`,
    )
  for (const name of Object.keys(FLOORS) as (keyof typeof FLOORS)[]) {
    const allowed = allowedRate(target.guardrails, name)
    if (allowed === null) continue
    const { families, violating } = violations(panel, panel.baseline, FLOORS[name])
    if (families === 0) problems.push(`${name} is not measured on any case: no rule of the suite could score it`)
    else if (!isAtMost(violating, allowed * families, 1e-9))
      problems.push(
        `${name}: the baseline breaks it in ${violating} of ${families} families: nothing can be certified. Mend the baseline, or give the rule role "report"`,
      )
  }
  return problems
}
