/** What the rules of a suite say of the search side under its baseline, as rounds that anybody may answer. */
import type { Settings, SettingsTable } from '#schemas/common.ts'
import type { Evaluator, EvaluatorSuite } from '#schemas/suite.ts'
import { exposureOf, holdsAFigure } from '../evaluate/evaluators.ts'
import type { Exposure } from '../evaluate/exposures.ts'
import type { Panel } from '../evaluate/panel.ts'
import { type RuleRow, RuleTable } from '../evaluate/rule-table.ts'
import type { SlimCase } from '../replay/slim.ts'
import { settingsFor } from '../space/scope.ts'
import type { CaseAnswer, Round } from './replayer.ts'

/** What a case lets an evaluator see; from its recordings alone. */
export type ExposureOf = (evaluator: Evaluator, replayCase: SlimCase, baseline: Settings) => Exposure

/** One row a rule. Yields one case at a time: reading a case costs more than asking several things of it. */
export function* baselineRules(
  panel: Panel<SlimCase>,
  suite: EvaluatorSuite,
  baseline: SettingsTable,
  look: ExposureOf = exposureOf,
): Generator<Round, RuleRow[], readonly CaseAnswer[]> {
  const table = new RuleTable(suite)
  for (let i = 0; i < panel.cases.length; i++) {
    const [answer] = yield { candidate_id: 'baseline', settings: baseline, cases: [i] }
    const { case_id, scorecard } = answer!.result
    table.add({
      case_id,
      scores: scorecard?.scores ?? null,
      exposure: (evaluator) =>
        holdsAFigure(evaluator) ? null : look(evaluator, panel.cases.at(i)!, settingsFor(baseline, panel.cases.at(i)!)),
    })
  }
  return table.rows()
}
