/** Check 5: reversible to a pinned tuple, which was replayed before the first stage and still is what was pinned. */
import type { DoneFacts } from '../facts.ts'
import { type Finding, notRun, unless } from '../probe.ts'

export function reversible({ run: facts, review, rollout: found }: DoneFacts): Finding {
  if (!facts) return notRun
  const id = facts.run.run_id
  if (!found)
    return {
      answer: 'no',
      reason: notStarted(facts.proposal === null, review?.status ?? null),
      evidence: [],
      recompute: ['show', id],
      repair:
        review?.status === 'approved'
          ? `autotune rollout start ${id} --config rollout.json pins and replays the way back`
          : `autotune review ${id} --reviewer ROLE=PERSON, and start its rollout once it is approved`,
    }
  const { rollout, artifact, recomputed } = found
  const { rollback_replay: replay, baseline } = rollout
  const rest = {
    evidence: [artifact],
    recompute: ['rollout', 'verify', rollout.rollout_id],
    repair: `autotune rollout verify ${rollout.rollout_id} names what is missing: restore it before anybody needs the way back`,
  }
  if (recomputed.holds === null)
    return { answer: null, reason: `nobody can recompute the rollout: ${recomputed.why.join('; ')}`, ...rest }
  return {
    ...unless(
      [
        ...(replay.cases > 0 && replay.reproduced === replay.cases
          ? []
          : [`the rollback target reproduced ${replay.reproduced} of ${replay.cases} cases`]),
        ...(recomputed.holds ? [] : recomputed.why),
      ],
      `back to ${baseline.release_tuple_id}, which reproduced ${replay.reproduced} of ${replay.cases} cases and is what was pinned`,
    ),
    ...rest,
  }
}

const notStarted = (nothing: boolean, review: string | null): string =>
  nothing
    ? 'the run proposes nothing, so no tuple is pinned to go back to'
    : review === null
      ? 'the proposal was not reviewed, so no tuple is pinned to go back to'
      : review === 'approved'
        ? 'approved, and its rollout was not started: no tuple is pinned to go back to'
        : `its review is ${review}: no tuple is pinned to go back to`
