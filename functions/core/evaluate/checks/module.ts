/** Check `module`: code of the user's own judges a replayed case, in the cage that holds a harness, pinned by its digest. */
import { askedCheck } from './asked-check.ts'

export const module = askedCheck<'module'>(
  'its module gave no verdict: "autotune doctor --verbose" names the first case and what the module said',
)
