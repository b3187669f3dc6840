/** Which binary floors a search space puts at stake. The others are printed in these words, and never called certified. */
import type { Replayer } from '#schemas/run.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { LAYERS, type Layer, SURFACE_FIELDS, type SurfaceField } from '#schemas/surface-fields.ts'
import { canBreak } from '../evaluate/evaluators.ts'
import { type BinaryDimension, type BinaryFloor, binaryFloors } from '../evaluate/floor-letters.ts'
import { fieldOf } from '../replay/settings-plan.ts'
import type { ResolvedTarget } from './resolve.ts'

/** A floor of the suite, and why nothing of it is at stake; null: it is, and must be certified. */
export interface Stake {
  readonly floor: BinaryFloor
  /** Its index among the binary floors of the suite. */
  readonly at: number
  readonly notAtStake: string | null
  /** Did the owner say so, rather than the table? The records may contradict a person. */
  readonly declared: boolean
}

/** Layers that the paths of a search space belong to, in the article's order. */
export function layersOf(paths: readonly string[]): Layer[] {
  const found = new Set(paths.map((path) => SURFACE_FIELDS[fieldOf(path) as SurfaceField]?.layer))
  return LAYERS.filter((layer) => found.has(layer))
}

/** Every binary floor of a suite, in its order. */
export function stakesOf(
  suite: EvaluatorSuite,
  { search_space, not_at_stake }: Pick<ResolvedTarget, 'search_space' | 'not_at_stake'>,
  replayer: Replayer['kind'],
): Stake[] {
  const layers = layersOf(search_space)
  return binaryFloors(suite).map((floor, at) => {
    const said = not_at_stake[floor.evaluator_id] ?? not_at_stake[floor.dimension]
    const table = canBreak(floor, layers, replayer) ? null : `no change of ${layers.join(', ')} can break it`
    return { floor, at, notAtStake: table ?? said ?? null, declared: table === null && said !== undefined }
  })
}

/** Guardrail -> the dimension whose floors it reads. */
export const DIMENSION_OF = {
  policy: 'policy',
  safety: 'safety',
  approval_bypass_rate: 'approval',
} as const satisfies Record<string, BinaryDimension>

/** Stakes of one binary guardrail. */
export const stakesIn = (stakes: readonly Stake[], guardrail: keyof typeof DIMENSION_OF): Stake[] =>
  stakes.filter(({ floor }) => floor.dimension === DIMENSION_OF[guardrail])

/** Can a change in these layers make utility fail, as far as the replayer shows it? */
export const breaksUtility = (suite: EvaluatorSuite, layers: readonly Layer[], replayer: Replayer['kind']): boolean =>
  suite.evaluators.some((e) => e.dimension === 'utility' && e.role === 'floor' && canBreak(e, layers, replayer))

/** Can a change in the search space? */
export const utilityAtStake = (
  suite: EvaluatorSuite,
  { search_space }: Pick<ResolvedTarget, 'search_space'>,
  replayer: Replayer['kind'],
): boolean => breaksUtility(suite, layersOf(search_space), replayer)
