/** What a live run cannot be judged by: a label that somebody gave the recorded words says nothing of new ones. */
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { isOfRecord } from '../evaluate/evaluators.ts'

/** Why a suite cannot judge live answers, an evaluator each, and what to do instead; empty: it can. */
export function liveProblems({ suite, evaluators }: EvaluatorSuite): string[] {
  const floors = evaluators.filter((e) => e.role === 'floor' && isOfRecord(e))
  return floors.map(({ evaluator_id, check, dimension }) => {
    const what = `${suite}: ${evaluator_id} (${check}, ${dimension}) reads what was said of the recorded words`
    return dimension === 'utility'
      ? `${what}, and a live run has others: publish a suite whose utility reads the new output, such as an expression that compares outputs.NAME with attributes.reference, a module or a model judge, and keep ${evaluator_id} with "role": "report"`
      : `${what}: in a live run ${dimension} is not measured, which blocks. Publish a suite whose floors of ${dimension} read the new output, and keep ${evaluator_id} with "role": "report"`
  })
}
