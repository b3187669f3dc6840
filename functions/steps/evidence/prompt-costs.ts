/** What a candidate of a run that changes prompt blocks costs a decision: from the run's search set and its replays. */
import { type PromptCost, PromptCosts } from '#core/evidence/prompt-cost.ts'
import { servedOf } from '#core/replay/served.ts'
import type { CandidateScore, ReplayResult } from '#schemas/candidate.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { EvaluatorVerdict } from '#schemas/suite.ts'
import type { Store } from '../../ports.ts'
import { streamValues } from '../../streams/read-object.ts'
import { pinnedLines } from '../run/pinned-input.ts'

/** One a changed block; none where no block is changed. Throws UserError where the search set is not there any more. */
export async function promptCostsOf(
  store: Store,
  run: AutotuneRun,
  { candidate_id, patch }: Pick<CandidateScore, 'candidate_id' | 'patch'>,
): Promise<PromptCost[]> {
  const costs = new PromptCosts(patch, run.pack, run.evaluator_suite, run.price_table)
  if (costs.isEmpty) return []
  const verdicts = new Map<string, Readonly<Record<string, EvaluatorVerdict>>>()
  const file = keys.autotuneRun(run.run_id, 'replay-results.jsonl')
  for await (const result of streamValues<ReplayResult>(store.objects, file))
    if (result.candidate_id === candidate_id && result.scorecard) verdicts.set(result.case_id, result.scorecard.scores)
  for await (const line of await pinnedLines(store, run)) {
    const { case_id, recordings } = JSON.parse(line) as ReplayCase
    costs.add(servedOf(recordings), verdicts.get(case_id) ?? null)
  }
  return costs.costs()
}
