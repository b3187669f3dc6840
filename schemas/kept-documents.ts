/** Documents of a release tuple that this program keeps and never reads. Apart from the contract: no schema library comes along. */
import type { BaselineTuple } from './pack.ts'

/** Their places in a tuple (DESIGN 3): a run pins the digest of each. */
export const KEPT_DOCUMENTS = [
  'policy',
  'tools',
  'model_profile',
  'prompt',
  'memory_schema',
  'runtime',
  'environment',
] as const satisfies readonly (keyof BaselineTuple)[]
