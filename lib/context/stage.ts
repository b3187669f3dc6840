/** Stages of a deployment, chosen by `-c stage=NAME`. A missing or unknown value stops synthesis with what is allowed. */
import type { Node } from 'constructs'

export interface Stage {
  readonly name: string
  /** Whether data outlives the stacks. */
  readonly retain: boolean
}

const STAGES: readonly Stage[] = [
  { name: 'prod', retain: true },
  { name: 'staging', retain: true },
  { name: 'throwaway', retain: false },
]

/** The stage that the context names. Throws RangeError with the bad value and the allowed ones. */
export function stageOf(node: Node): Stage {
  const name = node.tryGetContext('stage') as unknown
  const stage = STAGES.find((s) => s.name === name)
  if (!stage)
    throw new RangeError(
      `context value "stage" is ${name === undefined ? 'missing' : JSON.stringify(name)}; it is one of ${STAGES.map((s) => s.name).join(', ')}`,
    )
  return stage
}
