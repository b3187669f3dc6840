/** What a run binds itself to before the sealed set is opened. Margin, level, suite or list changed: another question. */
import type { Commitment } from '#schemas/heldout.ts'
import type { AutotuneRun, Replayer } from '#schemas/run.ts'
import type { BaselinePins } from '../baseline/baseline.ts'
import { digestOf } from '../canonical.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import { identityOf } from '../live/live-model.ts'
import type { SearchResult } from '../search/search.ts'
import { tableOf } from '../space/scope.ts'

/** Who a harness of the user's own is, and which model it asks, as what is bound to them names them; nothing for the transcript replayer. */
export function harnessOf(replayer: Replayer | undefined): { readonly replayer?: unknown } {
  if (replayer?.kind === 'module' || replayer?.kind === 'exec') {
    const { digest, live } = replayer
    return { replayer: live === undefined ? digest : { digest, live: identityOf(live) } }
  }
  if (replayer?.kind === 'lambda') {
    const { limit_ms: _, ...identity } = replayer
    return { replayer: identity }
  }
  return {}
}

/** Digest of what the baseline is: the tuple's refs, the settings they resolve to, and the harness that replays it. */
export const baselineOf = ({
  tuple,
  settings,
  replayer,
}: Pick<BaselinePins, 'tuple' | 'settings' | 'replayer'>): string =>
  digestOf({ tuple, settings, ...harnessOf(replayer) })

export const baselineDigest = ({ target, pack, replayer }: Pick<AutotuneRun, 'target' | 'pack' | 'replayer'>): string =>
  baselineOf({ tuple: target.baseline_tuple!, settings: tableOf(pack), replayer })

/** The commit: digest of version, target, guardrails, suite, baseline and the ordered candidate digests. */
export function commitmentOf(run: AutotuneRun, target: ResolvedTarget, found: SearchResult): string {
  const commitment: Commitment = {
    version: run.heldout_test_set?.version ?? digestOf(null),
    target: digestOf(run.target),
    guardrails: digestOf(target.guardrails),
    suite: digestOf(run.evaluator_suite),
    baseline: baselineDigest(run),
    ...(run.heldout_test_set?.pinned && { pinned: digestOf(run.heldout_test_set.pinned) }),
    candidates: found.committed.map((c) => c.digest),
  }
  return digestOf(commitment)
}
