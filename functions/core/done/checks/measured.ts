/** Check 6: once shipped, measured by intent against the baseline, to the end of the window or of the rollout. */
import type { Rollout, StageRow } from '#schemas/release.ts'
import type { DoneFacts, Recomputed } from '../facts.ts'
import { type Finding, notRun } from '../probe.ts'

export function measured({ run: facts, rollout: found }: DoneFacts): Finding {
  if (!facts) return notRun
  if (!found)
    return {
      answer: 'no',
      reason: 'nothing was shipped: no rollout of the proposal was started',
      evidence: [],
      recompute: ['show', facts.run.run_id],
      repair: 'review the proposal, start its rollout, and record production runs of both arms',
    }
  const { rollout, artifact, recomputed } = found
  return {
    ...(recomputed.holds === true ? verdictOf(rollout) : notShown(recomputed)),
    evidence: [artifact],
    recompute: ['rollout', 'show', rollout.rollout_id],
    repair: `record production runs of both arms and go on: autotune rollout record ${rollout.rollout_id} runs.jsonl.gz; autotune rollout advance ${rollout.rollout_id}`,
  }
}

/** What its records say of production is nothing where log and records do not give it again. */
const notShown = ({ holds, why }: Recomputed): Pick<Finding, 'answer' | 'reason'> => ({
  answer: holds === null ? null : 'no',
  reason: `what was measured cannot be computed again: ${why.join('; ')}`,
})

function verdictOf({ status, stage, deadline, records, intent }: Rollout): Pick<Finding, 'answer' | 'reason'> {
  const no = (reason: string) => ({ answer: 'no' as const, reason })
  const rows = records.at(-1)!.reasons
  if (status === 'running' || status === 'paused')
    return no(`${status} in ${stage}: its production is not measured to the end`)
  if (status === 'released') return no(`released, and its window is watched until ${deadline}`)
  const seen = rows.find(status === 'rolled_back' ? isHarm : isGain)
  if (!seen) return no(`it ended ${status.replaceAll('_', ' ')} before production of ${intent} was measured`)
  return {
    answer: 'yes',
    reason: `${status.replaceAll('_', ' ')} on ${intent}: ${seen.rule} was ${seen.observed} against ${seen.limit ?? 'no limit'} beside the baseline`,
  }
}

const isGain = ({ kind, observed }: StageRow): boolean => kind === 'gain' && observed !== null
const isHarm = ({ kind, verdict, observed }: StageRow): boolean =>
  verdict === 'bad' && (kind === 'floor' || kind === 'sequential') && observed !== null
