/** Check `jsonata`: a rule of the suite's own in JSONata, over what it is shown of a case. */
import { askedCheck } from './asked-check.ts'

export const jsonata = askedCheck<'jsonata'>(
  'what its expression reads is not recorded: "autotune doctor --verbose" names the first case and the value',
)
