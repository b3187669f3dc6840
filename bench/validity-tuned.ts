/** A target of the tests, run over the records of one life in a store in memory. */
import type { Settings } from '#schemas/common.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { TunableSurface } from '#schemas/surface.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { memory, run, stocked } from '../test/steps/stores.ts'
import { aPack, aSuite, aTarget, INTENT } from '../test/support/builders.ts'
import { ending } from './validity-evidence.ts'

export function packOf(
  settings: Settings,
  surfaces: readonly Pick<TunableSurface, 'layer' | 'field' | 'path' | 'bounds'>[],
): ContextPack {
  return aPack({
    settings,
    tunable_surfaces: surfaces.map((s) => ({ ...s, intents: [INTENT], owner: 'refunds' }) as TunableSurface),
  })
}

interface Tuned extends Pick<TuningTarget, 'not_at_stake' | 'not_measured' | 'guardrails'> {
  readonly pack?: ContextPack
  readonly suite?: EvaluatorSuite
  /** A hand-written change, asked instead of a search. */
  readonly change?: Record<string, { from: number; to: number }>
}

/** Imports the records into a new store and runs the target there. */
export async function tuned(
  runs: readonly ExperienceRun[],
  { pack = aPack(), suite = aSuite(), change, ...over }: Tuned = {},
) {
  const store = await stocked(memory(), runs, { pack, suite })
  const target = aTarget({
    search_space: pack.tunable_surfaces.map((s) => s.path),
    scoring: { replayer: 'transcript', questions: 1 },
    ...over,
  })
  const candidates = change
    ? [{ candidate_id: 'c1', layer: 'approval_gate' as const, patch: change, rationale: 'by hand' }]
    : null
  return await ending(run(store, { target, candidates }))
}
