/**
 * Do things fall on two arms as declared? A sequential test that may be looked at after each of them: what is counted is how much
 * better a share that is learnt on the way (Beta prior around the declared one) foretells the next arm than the declared share
 * does. While the declared share is true the product is a non-negative martingale from 1, so it ever reaches 1/level with
 * probability at most level (Ville 1939; as a test of sample ratios: Lindon, Malek 2022).
 */
import { requireWithin } from './range.ts'

/** As many things as the prior is worth: small shifts are what routing and logs produce. */
const SMALL_SHIFTS = 100

interface SplitEvidence {
  /** Largest that was ever reached; it starts at 1. */
  readonly evidence: number
  /** Things that fell on the first arm, and all of them. */
  readonly hits: number
  readonly count: number
}

/**
 * @param falls whether each thing, in order, fell on the first arm
 * @param share declared for it, in (0, 1)
 * @param prior things that the prior is worth: the fewer, the sooner a large shift is seen, and the later a small one
 * @throws RangeError
 */
export function splitEvidence(falls: Iterable<boolean>, share: number, prior = SMALL_SHIFTS): SplitEvidence {
  requireWithin('share', share, '()', 0, 1)
  let [ln, most, hits, count] = [0, 0, 0, 0]
  for (const hit of falls) {
    const learnt = (prior * share + hits) / (prior + count)
    ln += hit ? Math.log(learnt / share) : Math.log((1 - learnt) / (1 - share))
    most = Math.max(most, ln)
    count++
    if (hit) hits++
  }
  return { evidence: Math.exp(most), hits, count }
}
