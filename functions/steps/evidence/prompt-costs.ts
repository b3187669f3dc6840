/** What a candidate of a run that changes prompt blocks costs a decision: from the run's search set and its replays. */
import type { PromptCost } from '#core/evidence/prompt-cost.ts'
import type { CandidateScore, ReplayResult } from '#schemas/candidate.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { valuesHolding } from '../../streams/read-object.ts'
import { countCases, countingOf } from '../replay/count-prompts.ts'
import { pinnedLines } from '../run/pinned-input.ts'

/** One a changed block; none where no block is changed. Throws UserError where the search set is not there any more. */
export async function promptCostsOf(
  store: Store,
  run: AutotuneRun,
  { candidate_id, patch }: Pick<CandidateScore, 'candidate_id' | 'patch'>,
): Promise<PromptCost[]> {
  const counting = countingOf(patch, { pack: run.pack, suite: run.evaluator_suite, prices: run.price_table })
  if (counting === null) return []
  const file = keys.autotuneRun(run.run_id, 'replay-results.jsonl')
  const named = `"candidate_id":${JSON.stringify(candidate_id)}`
  for await (const result of valuesHolding<ReplayResult>(store.objects, file, named))
    if (result.candidate_id === candidate_id && result.scorecard)
      counting.verdicts.set(result.case_id, result.scorecard.scores)
  await countCases(await pinnedLines(store, run), [counting])
  return counting.costs.costs()
}
