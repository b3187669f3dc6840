/** A real case: recorded data that nobody here wrote, a map, pinned documents and a target. One or more runs. */
import type { ContextPack, PriceTable } from '#schemas/pack.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { TuningTarget } from '#schemas/target.ts'

export interface RealRun {
  /** Run id, and the name of the run inside its case. */
  readonly run_id: string
  /** Foreign records as the map expects them, streamed from the data folder. */
  readonly records: (dataDir: string) => AsyncIterable<unknown>
  /** Name of a shipped map. */
  readonly map: string
  readonly pack: ContextPack
  readonly suite: EvaluatorSuite
  readonly prices: PriceTable | null
  readonly target: TuningTarget
  /** Key of the split hash; null: the record's own split. */
  readonly splitKey: string | null
}

export interface RealCase {
  readonly name: string
  /** What it is about, one sentence. */
  readonly about: string
  readonly runs: readonly RealRun[]
}

const VERSION = '2026-11-01'

/** Evaluators are pinned by date; this one date serves the real suites. */
export const evaluator = <
  E extends Omit<EvaluatorSuite['evaluators'][number], 'evaluator_version' | 'role'> & { role?: 'floor' | 'report' },
>(
  e: E,
) => ({ evaluator_version: VERSION, role: 'floor', ...e }) as unknown as EvaluatorSuite['evaluators'][number]

/** What every real target shares: the release path and who answers. */
export const shipping = (pack: string): Pick<TuningTarget, 'release_path' | 'owner' | 'choice_rule' | 'scoring'> => ({
  scoring: { replayer: 'transcript' },
  choice_rule: 'pareto',
  release_path: {
    requires_reviewers: ['reliability', 'policy', 'domain_owner'],
    rollout_stage: '0%_shadow',
    rollback_target: pack,
  },
  owner: 'harness-engineering',
})

export const tuple = (name: string) => ({
  pack: `ctxpack.${name}@1.0.0`,
  policy: `policy.${name}@1.0.0`,
  tools: `tools.${name}@1.0.0`,
  evals: `evals.${name}@1.0.0`,
})
