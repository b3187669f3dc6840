/** Check `cost_cents`: feeds economics; it never fails, and is not measured without usage and prices. */
import { type Check, pass, unmeasured } from './check.ts'
import { NOTHING_LACKS } from './kept.ts'
import { OF_NOTHING } from './rows.ts'

export const costCents: Check<'cost_cents'> = {
  judge: (r) => (r.cents === null ? unmeasured('no usage or no price is recorded') : pass),
  look: () => 'not_at_stake',
  breaks: OF_NOTHING,
  lacks: NOTHING_LACKS,
  holdsAFigure: true,
}
