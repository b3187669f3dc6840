/**
 * Routing as a flag document of flagd (OpenFeature): one flag, named like the intent, whose variant is the arm. flagd's
 * `fractional` hashes as `assignArm` does (murmur3 of "ROLLOUT/SUBJECT", 10,000 parts), so each subject whose id is ASCII gets the
 * same arm from both. Beyond ASCII some providers hash UTF-16 units: such ids are to be hashed before they become subjects.
 */
import { limitOf } from '#core/release/assign-arm.ts'
import type { Routing } from '#schemas/release.ts'
import { UserError } from '../../errors.ts'

const BUCKETS = 10_000
const SUBJECT = { var: 'targetingKey' }

export function flagsOf(routing: Routing) {
  const { rollout_id, revision, intent, baseline, candidate, period } = routing
  return {
    $schema: 'https://flagd.dev/schema/v0/flags.json',
    flags: {
      [intent]: {
        state: 'ENABLED',
        variants: { baseline, candidate },
        defaultVariant: 'baseline',
        targeting: { if: [candidateGets(routing), 'candidate', 'baseline'] },
        metadata: { rollout: rollout_id, revision, period: period ?? 'none' },
      },
    },
  }
}

/** Is a subject in a cohort with a share above its bucket? The order of cohorts tells nothing: the bucket is the same in all. */
function candidateGets({ rollout_id, cohorts }: Routing) {
  const reached = cohorts
    .filter(({ share }) => limitOf(share) > 0)
    .map(({ share, where }) => {
      const limit = limitOf(share)
      const weights = [['candidate', limit], ...(limit < BUCKETS ? [['baseline', BUCKETS - limit]] : [])]
      const split = { '===': [{ fractional: [{ cat: [`${rollout_id}/`, SUBJECT] }, ...weights] }, 'candidate'] }
      const conditions = (where ?? []).map((condition) => ({
        in: [{ var: attributeOf(condition.attribute) }, condition.in],
      }))
      return { and: [...conditions, split] }
    })
  if (reached.length === 0) return false
  // Who has no id is on the baseline.
  return { and: [{ '!==': [SUBJECT, ''] }, { '!==': [SUBJECT, null] }, { or: reached }] }
}

/** flagd reads a dot as a way into an object, and has names of its own. */
function attributeOf(name: string): string {
  if (name.includes('.') || name === 'targetingKey' || name === '$flagd' || name === '')
    throw new UserError(
      `a flag document cannot say the attribute "${name}" of a cohort: name it without a dot, and not targetingKey or $flagd`,
    )
  return name
}
