/** The last three checks of done: what is released can be taken back, was measured, and is on record. */
import type { Rollout, StageRow } from '#schemas/release.ts'
import { digestOf } from '../canonical.ts'
import type { DoneFacts, Recomputed, RunFacts } from './facts.ts'
import { type Finding, notRun, unless } from './probe.ts'

/** Check 5: reversible to a pinned tuple, which was replayed before the first stage and still is what was pinned. */
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

/** Check 6: once shipped, measured by intent against the baseline, to the end of the window or of the rollout. */
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

const NEEDED = ['target.json', 'candidates.jsonl', 'replay-results.jsonl', 'gate.json', 'audit.jsonl'] as const

/** Check 7: target, candidates, scores, winner and rationale are on record, under the digests of the manifest and the audit chain. */
export function onRecord({ run: facts, changed }: DoneFacts): Finding {
  if (!facts) return notRun
  const { run, candidates, files } = facts
  return {
    ...unless(
      [...problemsOf(facts), ...changed.map((line) => `the store is not what its journal of heads says: ${line}`)],
      `${candidates.length} candidates with fate and reason, ${Object.values(files).filter(({ digest }) => digest !== null).length} files under the digests of the manifest`,
    ),
    evidence: Object.values(files).filter(({ digest }) => digest !== null),
    recompute: ['verify', run.run_id],
    repair: 'restore the files of the run from a copy, or run its target again',
  }
}

function problemsOf({ manifest, candidates, proposal, audit, files }: RunFacts): string[] {
  const needed = [...NEEDED, ...(manifest.verdict === 'certified' ? ['selected-proposal.json'] : [])]
  const broken = audit.findIndex((line, i) => line.previous !== (i === 0 ? null : digestOf(audit[i - 1])))
  return [
    ...needed.flatMap((name) => (files[name]?.digest ? [] : [`${name} is missing`])),
    ...Object.entries(manifest.artifacts).flatMap(([name, digest]) =>
      files[name]?.digest && files[name].digest !== digest ? [`${name} is not what the manifest says`] : [],
    ),
    ...candidates.flatMap(({ candidate_id, reason, rationale }) =>
      reason && rationale ? [] : [`candidate ${candidate_id} has no reason or rationale`],
    ),
    ...(broken === -1 ? [] : [`line ${broken} of audit.jsonl does not follow the one before it`]),
    ...(audit.length === 0 ? ['audit.jsonl is empty'] : []),
    ...(manifest.verdict === 'certified' && !proposal?.rationale ? ['the winner has no rationale'] : []),
  ]
}
