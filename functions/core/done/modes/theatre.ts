/** Rollback theatre: the rollout that stands, started again with a way back that does not hold. */
import type { DoneFacts } from '../facts.ts'
import { type Attack, type Attempt, judged, noConfiguration } from '../probe.ts'
import type { Defences } from './defences.ts'

export function theatre({ run: facts, review, rollout: found }: DoneFacts, { startRollout }: Defences): Attack {
  if (!facts) return noConfiguration
  if (!found || !review)
    return {
      answer: null,
      reason: 'no rollout was started, so no way back is pinned that could be attacked',
      evidence: [],
      repair: 'review the proposal and start its rollout: the tuple to go back to is replayed before the first stage',
    }
  const { rollout, artifact, recomputed } = found
  const { rollback_replay: replay, candidate } = rollout
  const copies = [
    ['a way back that reproduces all cases but one', { rollback_replay: { ...replay, reproduced: replay.cases - 1 } }],
    ['a way back that was replayed on no case', { rollback_replay: { ...replay, cases: 0, reproduced: 0 } }],
    ['a way back to another tuple than was replayed', { rollback_replay: { ...replay, release_tuple_id: 'other' } }],
    ['a candidate that names no tuple before it', { candidate: { ...candidate, prior_release_tuple_id: null } }],
  ] as const
  const attempts = copies.map(([tried, over]): Attempt => {
    const started = startRollout({ ...rollout, review, at: rollout.entered_at, ...over })
    return { tried, stopped: 'refused' in started ? (started.refused[0] ?? null) : null }
  })
  return {
    ...(recomputed.holds === false
      ? { answer: 'no' as const, reason: `the way back that is pinned does not hold: ${recomputed.why.join('; ')}` }
      : judged(attempts)),
    evidence: [artifact],
    repair: `autotune rollout verify ${rollout.rollout_id} names what is missing of the way back: restore it`,
  }
}
