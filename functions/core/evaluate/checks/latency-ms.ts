/** Check `latency_ms`: feeds latency; it never fails, and is not measured without a clock. */
import { type Check, pass, unmeasured } from './check.ts'
import { NOTHING_LACKS } from './kept.ts'
import { OF_NOTHING } from './rows.ts'

export const latencyMs: Check<'latency_ms'> = {
  judge: (r) => (r.latencyMs === null ? unmeasured('no clock is recorded') : pass),
  look: () => 'not_at_stake',
  breaks: OF_NOTHING,
  lacks: NOTHING_LACKS,
  holdsAFigure: true,
}
