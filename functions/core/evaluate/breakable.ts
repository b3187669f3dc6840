/** Which checks a layer of the search space can break: what it cannot break is never called certified. */
import type { Replayer } from '#schemas/run.ts'
import type { Evaluator } from '#schemas/suite.ts'
import { type BreaksRow, LAYERS, type Layer } from '#schemas/surface-fields.ts'
import { checkOf } from './checks/table.ts'

/** Layers that can make an evaluator fail, one entry each. Planner and prompt are answered by another recording of the case, which may differ in anything. */
export function breaksOf(evaluator: Evaluator): BreaksRow {
  const { breaks } = checkOf(evaluator)
  return typeof breaks === 'function' ? breaks(evaluator as never) : breaks
}

/** Can a change in one of these layers make an evaluator fail, as far as this replayer can show it? */
export function canBreak(evaluator: Evaluator, layers: readonly Layer[], replayer: Replayer['kind']): boolean {
  const row = breaksOf(evaluator)
  return layers.some((layer) => {
    const breaks = row[LAYERS.indexOf(layer)]
    return breaks === 'any' || (breaks === 'decides' && replayer !== 'transcript')
  })
}
