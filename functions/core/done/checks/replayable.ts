/** Check 2: replayable on pinned traces, pack, policy, tools and evaluators; the run is recomputed to say so. */
import type { DoneFacts } from '../facts.ts'
import { type Finding, notRun, unless } from '../probe.ts'

export function replayable({ run: facts }: DoneFacts): Finding {
  if (!facts) return notRun
  const { run, recomputed, files } = facts
  const refs = run.target.baseline_tuple
  const unpinned = (['pack', 'policy', 'tools', 'evals'] as const).filter((part) => !refs?.[part])
  const rest = {
    evidence: [files['target.json']!, files['replay-results.jsonl']!, files['manifest.json']!],
    recompute: ['verify', run.run_id],
    repair: `autotune verify ${run.run_id} names what differs: restore it, or run the target again`,
  }
  if (recomputed.holds === null)
    return { answer: null, reason: `nobody can recompute the run: ${recomputed.why.join('; ')}`, ...rest }
  return {
    ...unless(
      [
        ...unpinned.map((part) => `the tuple pins no ${part}`),
        ...(recomputed.holds ? [] : recomputed.why.map((line) => `recomputed, it differs: ${line}`)),
      ],
      `recomputed byte for byte from search set ${run.search_set.digest.slice(0, 19)}, ${refs?.pack}, ${refs?.policy}, ${refs?.tools}, ${refs?.evals}`,
    ),
    ...rest,
  }
}
