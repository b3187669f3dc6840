/** The search panel of recorded cases, as a run has it: those that reproduce, with what the floors said of each. */
import type { BaselinePins } from '#core/baseline/baseline.ts'
import { reproduceLine } from '#core/baseline/reproduce.ts'
import { makePanel, type Panel } from '#core/evaluate/panel.ts'
import { type SlimCase, slim } from '#core/replay/slim.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { aCase, REFS } from '../../support/builders.ts'

export function searchPanel(
  runs: readonly ExperienceRun[],
  { settings }: ContextPack,
  suite: EvaluatorSuite,
): Panel<SlimCase> {
  const pins: BaselinePins = { tuple: REFS, settings, suite, prices: null }
  const kept = runs
    .map((run) => reproduceLine(JSON.stringify(aCase(run)), pins))
    .flatMap(({ case: c, result }) =>
      'measures' in result ? [{ case: { ...slim(c), floors: result.floors! }, measures: result.measures }] : [],
    )
  return makePanel(
    kept.map((k) => k.case),
    kept.map((k) => k.measures),
  )
}
