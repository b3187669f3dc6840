/** Check 7: target, candidates, scores, winner and rationale are on record, under the digests of the manifest and the audit chain. */
import { digestOf } from '../../canonical.ts'
import type { DoneFacts, RunFacts } from '../facts.ts'
import { type Finding, notRun, unless } from '../probe.ts'

const NEEDED = ['target.json', 'candidates.jsonl', 'replay-results.jsonl', 'gate.json', 'audit.jsonl'] as const

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
