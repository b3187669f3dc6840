/** Check `gold_coverage`: a passage of a complete answer is missing; its score is the share that is left. */
import { type Check, fail, finding, pass } from './check.ts'
import { MARKS_LACK, unmarked } from './marked.ts'
import { OF_CONTEXT } from './rows.ts'

export const goldCoverage: Check<'gold_coverage'> = {
  judge(r) {
    if (r.goldKept === r.goldTotal) return pass
    return fail(
      [finding(`${r.goldTotal - r.goldKept} of ${r.goldTotal} passages of a complete answer are not in the context`)],
      r.goldKept / r.goldTotal,
    )
  },
  look: (r) => (r.evidence.gold.includes(1) ? 'exposed' : unmarked(r)),
  breaks: OF_CONTEXT,
  lacks: MARKS_LACK,
}
