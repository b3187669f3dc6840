/** Controls 18 and 22: who decides is who was asked, and what nobody decides goes to people and never on. */
import { samePerson } from '#schemas/person.ts'
import type { Review } from '#schemas/review.ts'
import type { AttestationVerdict } from '../../attest/judge.ts'
import type { DoneFacts } from '../../done/facts.ts'
import type { Attempt } from '../../done/probe.ts'
import { instantAfter } from '../../instant.ts'
import { applyVerdict } from '../../release/rollout.ts'
import { expireReview, type Vote } from '../../review/review.ts'
import { attempt, type Tried } from '../tried.ts'
import { DEFENCES } from './defences.ts'

const IDENTITY = 'every decision names a person, who was asked for that role and holds no other'
const ESCALATION = 'what nobody decided, and what nobody measured, waits for people by name'

/** The review as it was opened. */
const fresh = (review: Review): Review => ({ ...review, decisions: [], status: 'open', revision: 0 })

/** What attestations of the run come to under a file of keys. */
export interface Vouched {
  readonly verdict: AttestationVerdict
  /** Of each decision of the latest review: people whose signatures count. */
  readonly signers: readonly (readonly string[])[]
}

/** Control 18. @param vouched null: no file of keys was given */
export function identity(
  { review, rollout, run }: DoneFacts,
  vouched: Vouched | null,
  { decide, startRollout } = DEFENCES,
): Tried {
  const [first] = review?.decisions ?? []
  if (!review || !first || !rollout) return { is: IDENTITY, cannot: 'nobody has decided on a rollout yet' }
  const current = { proposal_digest: review.proposal_digest, shown_digest: review.shown_digest }
  const vote = (over: Partial<Vote>): Vote => ({
    role: first.role,
    reviewer: first.reviewer,
    decision: 'approved',
    reason: 'tried by the audit',
    shown_digest: review.shown_digest,
    ...over,
  })
  const decided = (who: Partial<Vote>, standing = fresh(review)): string | null => {
    const answer = decide(standing, vote(who), current, review.opened_at)
    return 'refused' in answer ? answer.note : null
  }
  const one: Review = { ...fresh(review), decisions: [{ ...first, previous: null }] }
  const other = review.seats.find(({ role }) => role !== first.role)
  const renamed = review.decisions.map((d, i) => (i === 0 ? { ...d, reviewer: 'somebody@else.example' } : d))
  const started = startRollout({
    ...rollout.rollout,
    review: { ...review, decisions: renamed },
    at: rollout.rollout.entered_at,
  })
  return {
    is: `${IDENTITY}: ${review.decisions.map(({ role, reviewer }) => `${reviewer} as ${role}`).join(', ')}`,
    attempts: [
      attempt('a decision of a person who was not asked', decided({ reviewer: 'somebody@else.example' })),
      attempt('a decision of the owner of the change', decided({ reviewer: review.owner })),
      ...(other
        ? [
            attempt(`a decision of ${first.reviewer} for the role of another`, decided({ role: other.role })),
            attempt(
              `a second role for one person`,
              decided(
                { role: other.role },
                {
                  ...one,
                  seats: [...review.seats, { role: other.role, reviewer: first.reviewer, nonce: '0'.repeat(32) }],
                },
              ),
            ),
          ]
        : []),
      attempt('a rollout on a review in which a name was changed', 'refused' in started ? started.refused[0] : null),
      ...review.decisions
        .filter(({ reviewer }) => samePerson(reviewer, review.owner))
        .map(({ reviewer }): Attempt => attempt(`${reviewer}, the owner, decided`, null)),
      ...(vouched?.verdict === 'changed' ? [attempt('attestations that are not what the store says', null)] : []),
    ],
    evidence: [rollout.artifact, ...(run ? [run.files['selected-proposal.json']!] : [])],
    short: unvouched(review, vouched),
  }
}

/** Whose decision no key of their own vouches for. */
function unvouched({ decisions }: Review, vouched: Vouched | null): string | null {
  if (vouched === null)
    return 'no key vouches for the names: have each decision signed by who made it ("autotune attest sign"), and give the file of keys with --keys'
  const left = decisions.filter(({ reviewer }, i) => !vouched.signers[i]?.some((one) => samePerson(one, reviewer)))
  return left.length === 0
    ? null
    : `no key of their own vouches for the decision of ${left.map(({ reviewer }) => reviewer).join(', ')}: "autotune attest sign"`
}

/** Control 22: time is over, production is not there. */
export function escalation(
  { review, rollout: found, run }: DoneFacts,
  { startRollout, evaluateStage } = DEFENCES,
): Tried {
  if (!review || !found || !run) return { is: ESCALATION, cannot: 'no rollout was started, so nothing could wait' }
  const { rollout, artifact } = found
  const late = expireReview(fresh(review), review.expires_at)
  const expired = 'refused' in late ? fresh(review) : late.next
  const started = startRollout({ ...rollout, review: expired, at: rollout.entered_at })
  const entered = rollout.records[0]!.at
  const standing = {
    ...rollout,
    status: 'running' as const,
    stage: '0%_shadow' as const,
    entered_at: entered,
    deadline: instantAfter(entered, rollout.config.stages['0%_shadow'].deadline_hours),
    missing: [],
    records: rollout.records.slice(0, 1),
    revision: 0,
  }
  const now = instantAfter(entered, rollout.config.stages['0%_shadow'].deadline_hours + 1)
  const verdict = evaluateStage({ rollout: standing, runs: [], now })
  const moved = applyVerdict(standing, verdict, now)
  const paused = 'next' in moved && moved.next.status === 'paused' ? moved.next.missing : null
  return {
    is: `${ESCALATION}: ${review.seats.map(({ reviewer }) => reviewer).join(', ')}; the change is of ${review.owner}`,
    attempts: [
      attempt(
        'a review on which nobody decides until its last day, and its rollout',
        expired.status === 'expired' && 'refused' in started ? started.refused[0] : null,
      ),
      attempt(
        'a stage whose production never comes, after its last hour',
        paused && `it pauses, and names what is missing: ${paused.join(', ')}`,
      ),
    ],
    evidence: [artifact, run.files['target.json']!],
  }
}
