/** Who judges in a deployed function: modules by their functions, and JSONata here. */
import { jsonataVerdicts } from '#adapters/jsonata-verdicts.ts'
import type { VerdictSource } from '../ports.ts'
import type { DeployedJudges } from '../steps/replay/deployed-judges.ts'
import { deployedVerdicts } from '../steps/replay/deployed-verdicts.ts'

/** Calls of a module's function at once: by one that judges a whole side of the split, and by one of many that judge a shard. */
export const JUDGED_AT_ONCE = { wholeSet: 32, shard: 8 } as const

export const verdictsOf = (world: DeployedJudges, atOnce: keyof typeof JUDGED_AT_ONCE): VerdictSource =>
  deployedVerdicts(jsonataVerdicts, world, JUDGED_AT_ONCE[atOnce])
