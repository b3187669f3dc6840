/** Check 4: rejectable with a recorded reason that the next search respects; a rejected patch is proposed again to see it. */
import type { CandidateChange } from '#schemas/candidate.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import { resolveTarget } from '../../contract/resolve.ts'
import { rememberedOrTooWide } from '../../search/free-fates.ts'
import type { DoneFacts, RunFacts } from '../facts.ts'
import { type Finding, notRun, unless } from '../probe.ts'

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
