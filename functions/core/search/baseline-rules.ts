/** What the rules of a suite say of the search side under its baseline, as rounds that anybody may answer. */
import type { Settings } from '#schemas/common.ts'
import type { Evaluator, EvaluatorSuite } from '#schemas/suite.ts'
import type { Panel } from '../evaluate/panel.ts'
import { type Exposure, type RuleRow, RuleTable } from '../evaluate/rule-table.ts'
import type { SlimCase, SlimRecording } from '../replay/slim.ts'
import type { CaseAnswer, Round } from './replayer.ts'

/** What a recording lets an evaluator see; from the record alone. */
export type ExposureOf = (evaluator: Evaluator, recording: SlimRecording) => Exposure

/** Cases asked for at once. */
const BLOCK = 64

/** One row a rule. `exposureOf`: null while nobody can tell what a record lets a rule see. */
export function* baselineRules(
  panel: Panel<SlimCase>,
  suite: EvaluatorSuite,
  baseline: Settings,
  exposureOf: ExposureOf | null = null,
): Generator<Round, RuleRow[], readonly CaseAnswer[]> {
  const table = new RuleTable(suite)
  for (let from = 0; from < panel.cases.length; from += BLOCK) {
    const cases = Array.from({ length: Math.min(BLOCK, panel.cases.length - from) }, (_, i) => from + i)
    const answers = yield { candidate_id: 'baseline', settings: baseline, cases }
    for (const [at, i] of cases.entries()) {
      const { result } = answers[at]!
      const recording = exposureOf && panel.cases.at(i)!.recordings.find((r) => r.run_id === result.recording)
      table.add({
        case_id: result.case_id,
        scores: result.scorecard?.scores ?? null,
        exposure: (evaluator) => (exposureOf && recording ? exposureOf(evaluator, recording) : null),
      })
    }
  }
  return table.rows()
}
