/** The search set as the search reads it: cases whose baseline reproduces, and why the others are left out. */
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { baselineProblems } from '../contract/baseline-floors.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import { panelOf, reproduce } from '../gate/seal.ts'
import type { Exclusion } from '../replay/baseline.ts'
import { tunableFields } from '../space/lattice.ts'
import type { SearchInput } from './search.ts'

export interface CompiledSearch {
  readonly input: SearchInput
  /** Cases left out because their baseline does not reproduce, by typed reason. */
  readonly excluded: Readonly<Partial<Record<Exclusion, number>>>
  /** Why nothing could be certified on these records whatever the candidate; empty when something could. */
  readonly problems: readonly string[]
}

/** Replays the baseline over every case, and makes the search's input of those that reproduce. */
export function compileSearchSet(
  cases: readonly ReplayCase[],
  run: AutotuneRun,
  target: ResolvedTarget,
): CompiledSearch {
  const pins = {
    tuple: target.baseline_tuple,
    settings: run.pack.settings,
    suite: run.evaluator_suite,
    prices: run.price_table,
  }
  const { lines, excluded } = reproduce(cases, pins)
  const panel = panelOf(lines)
  return {
    excluded,
    problems: baselineProblems(panel, target),
    input: {
      target,
      pack: run.pack,
      suite: run.evaluator_suite,
      pins: { baseline: run.pack.settings, prices: run.price_table },
      fields: tunableFields(run.pack, target.intent, target.search_space),
      panel,
      rejections: run.rejections,
      candidates: run.candidates,
    },
  }
}
