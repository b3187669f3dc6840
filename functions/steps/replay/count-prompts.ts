/** Counts what candidates that change prompt blocks cost a decision: each case of a search set beside its verdicts. */
import { PromptCosts } from '#core/evidence/prompt-cost.ts'
import { servedOf } from '#core/replay/served.ts'
import type { Patch } from '#schemas/common.ts'
import type { ContextPack, PriceTable } from '#schemas/pack.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { EvaluatorSuite, EvaluatorVerdict } from '#schemas/suite.ts'
import type { Lines } from '../../ports.ts'

/** What they are counted under. */
interface CountedBy {
  readonly pack: ContextPack
  readonly suite: EvaluatorSuite
  readonly prices: PriceTable | null
}

/** A candidate that is counted. `verdicts`: of its replays, by case and evaluator. */
interface Counting {
  readonly costs: PromptCosts
  readonly verdicts: Map<string, Readonly<Record<string, EvaluatorVerdict>>>
}

/** null: the patch changes no block, so there is nothing to count. */
export function countingOf(patch: Patch, { pack, suite, prices }: CountedBy): Counting | null {
  const costs = new PromptCosts(patch, pack, suite, prices)
  return costs.isEmpty ? null : { costs, verdicts: new Map() }
}

/** Counts a search set in one pass, however many candidates there are. */
export async function countCases(lines: Lines, all: readonly Counting[]): Promise<void> {
  if (all.length === 0) return
  for await (const line of lines) {
    const { case_id, recordings } = JSON.parse(line) as ReplayCase
    const served = servedOf(recordings)
    for (const { costs, verdicts } of all) costs.add(served, verdicts.get(case_id) ?? null)
  }
}
