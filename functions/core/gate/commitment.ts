/** What a run binds itself to before the sealed set is opened. Margin, level, suite or list changed: another question. */
import type { Commitment } from '#schemas/heldout.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { digestOf } from '../canonical.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import type { SearchResult } from '../search/search.ts'

/** Digest of what the baseline is: the tuple's refs and the settings they resolve to. */
export const baselineDigest = (run: Pick<AutotuneRun, 'target' | 'pack'>): string =>
  digestOf({ tuple: run.target.baseline_tuple, settings: run.pack.settings })

/** The commit: digest of version, target, guardrails, suite, baseline and the ordered candidate digests. */
export function commitmentOf(run: AutotuneRun, target: ResolvedTarget, found: SearchResult): string {
  const commitment: Commitment = {
    version: run.heldout_test_set?.version ?? digestOf(null),
    target: digestOf(run.target),
    guardrails: digestOf(target.guardrails),
    suite: digestOf(run.evaluator_suite),
    baseline: baselineDigest(run),
    candidates: found.committed.map((c) => c.digest),
  }
  return digestOf(commitment)
}
