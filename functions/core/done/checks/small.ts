/** Check 3: the change is small, typed, and has reviewers and an owner. */
import { resolveTarget } from '../../contract/resolve.ts'
import { radiusBlock } from '../../space/blast-radius.ts'
import type { DoneFacts } from '../facts.ts'
import { type Finding, notRun, unless } from '../probe.ts'

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
