/** The first four checks of done: what is proposed is tied, replayable, small and rejectable. */
import type { CandidateChange } from '#schemas/candidate.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import { resolveTarget } from '../contract/resolve.ts'
import { rememberedOrTooWide } from '../search/free-fates.ts'
import { radiusBlock } from '../space/blast-radius.ts'
import type { DoneFacts, RunFacts } from './facts.ts'
import { type Finding, notRun, unless } from './probe.ts'

/** Check 1: each candidate is tied to one metric and one intent. */
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

/** Check 2: replayable on pinned traces, pack, policy, tools and evaluators; the run is recomputed to say so. */
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

/** Check 3: the change is small, typed, and has reviewers and an owner. */
export function small({ run: facts }: DoneFacts): Finding {
  if (!facts) return notRun
  const { run, manifest, proposal, files } = facts
  const rest = {
    evidence: [files['selected-proposal.json']!],
    recompute: ['show', run.run_id],
    repair: 'name owner and release_path.requires_reviewers in the target, keep to its blast_radius, and run it again',
  }
  if (proposal === null)
    return { answer: 'no', reason: `the run proposes nothing: it ended ${manifest.verdict}`, ...rest }
  const paths = Object.keys(proposal.candidate_change.patch)
  const wide = radiusBlock(proposal.blast_radius, resolveTarget(run.target))
  return {
    ...unless(
      [
        ...paths.flatMap((path) => {
          const surface = run.pack.tunable_surfaces.find((one) => one.path === path)
          return surface?.owner ? [] : [`nobody answers for ${path}`]
        }),
        ...(wide === null ? [] : [`it ${wide}`]),
        ...(proposal.owner ? [] : ['the proposal has no owner']),
        ...(proposal.release_path.requires_reviewers.length > 0 ? [] : ['no reviewer is required']),
      ],
      `${paths.join(', ')} in layer ${proposal.candidate_change.layer}; owner ${proposal.owner}; reviewed by ${proposal.release_path.requires_reviewers.join(', ')}`,
    ),
    ...rest,
  }
}

/** Check 4: rejectable with a recorded reason that the next search respects; a rejected patch is proposed again to see it. */
export function rejectable({ run: facts, handed, held }: DoneFacts): Finding {
  if (!facts) return notRun
  const rest = {
    evidence: [facts.files['candidates.jsonl']!],
    recompute: ['done', '--intent', facts.run.target.intent!],
    repair: 'reject with a reason, or let a run meet a limit: a "no" that nobody recorded is respected by no search',
  }
  if (held.length === 0)
    return { answer: null, reason: 'memory holds no rejection of this question, so nobody saw one respected', ...rest }
  const ids = new Set(handed.map(({ rejection_id }) => rejection_id))
  const lost = held.filter(({ rejection_id }) => !ids.has(rejection_id))
  return {
    ...unless(
      [
        ...held.flatMap((one) => (one.reason.trim().length < 3 ? [`rejection ${one.rejection_id} has no reason`] : [])),
        ...lost.map(({ rejection_id }) => `the next run would not be handed rejection ${rejection_id}`),
        ...handed.flatMap((one) => proposedAgain(facts, one, handed)),
      ],
      `${held.length} rejections with their reasons; each was proposed again to the search, which dropped it as remembered`,
    ),
    ...rest,
  }
}

/** Every patch of an entry that the search would try again. A gate's "no" is to a list, and forbids none of it alone. */
function proposedAgain({ run }: RunFacts, entry: RejectionRecord, handed: readonly RejectionRecord[]): string[] {
  if (entry.source === 'gate') return []
  const forgotten = entry.patches.filter((patch) => {
    const change: CandidateChange = { candidate_id: 'again', layer: 'retrieval', patch, rationale: 'proposed again' }
    const fate = rememberedOrTooWide(change, {
      target: resolveTarget(run.target),
      rejections: handed,
      pack: run.pack,
    })
    return !('fate' in fate) || fate.fate !== 'remembered'
  })
  return forgotten.length === 0 ? [] : [`the search would try rejection ${entry.rejection_id} again`]
}
