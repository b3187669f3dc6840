/** Check 1: each candidate is tied to one metric and one intent. */
import type { DoneFacts } from '../facts.ts'
import { type Finding, notRun, unless } from '../probe.ts'

export function tied({ run: facts }: DoneFacts): Finding {
  if (!facts) return notRun
  const { run, candidates, proposal, files } = facts
  const { intent, metric, direction, search_space = [] } = run.target
  const foreign = candidates.flatMap(({ candidate_id, patch }) =>
    Object.keys(patch).flatMap((path) => {
      const surface = run.pack.tunable_surfaces.find((one) => one.path === path)
      return surface?.intents.includes(intent ?? '') && search_space.includes(path)
        ? []
        : [`candidate ${candidate_id} changes ${path}, which is not open to ${intent}`]
    }),
  )
  const other =
    proposal !== null &&
    (proposal.target.intent !== intent || proposal.target.metric !== metric || proposal.target.direction !== direction)
  return {
    ...unless(
      [
        ...(intent && metric && direction ? [] : ['the target names no metric, direction or intent']),
        ...(candidates.length === 0 ? ['the run tried no candidate'] : []),
        ...foreign.slice(0, 3),
        ...(other ? ['the proposal is about another metric or intent than its run'] : []),
      ],
      `${candidates.length} candidates, each to ${direction} ${metric} on ${intent}`,
    ),
    evidence: [files['target.json']!, files['candidates.jsonl']!],
    recompute: ['explain', run.run_id],
    repair: 'name one metric and one intent in target.json, open their surfaces in the pack, and run it again',
  }
}
