/** Check `model`: a model of a pinned name and a pinned rubric judges a case without knowing of which arm it is. */
import { askedCheck } from './asked-check.ts'

export const model = askedCheck<'model'>(
  'its judge gave no verdict: "autotune doctor --verbose" names the first case and what the model said',
)
