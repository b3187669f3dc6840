/** Decision record of a recorded run: what was decided, on which context, with which actions and approvals. */
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { Recording } from '#schemas/replay-case.ts'
import { digestOfBytes, sealedText } from '../canonical.ts'
import { contextHash } from '../replay/render.ts'
import type { TrimmedCase } from '../replay/transcript.ts'

/** What of a record does not depend on the replay: identity, lineage, and digests of the files beside it. */
export function recordIdentity(
  run: ExperienceRun,
  files: Readonly<Record<string, string>>,
): Recording['recorded']['identity'] {
  return {
    record_id: run.decision_record_id ?? `dr_${run.run_id}`,
    decision_key: run.intent_id,
    actor: { type: 'AGENT', id: run.pack_version },
    trace_id: run.trace_id,
    intent_ref: run.intent_id,
    policy_decisions: null,
    lineage: {
      pack: run.pack_version,
      policy: run.policy_bundle_version,
      tools: run.tool_manifest_version,
      evals: run.evaluator_suite_version,
      ...(run.model_profile_version ? { model_profile: run.model_profile_version } : {}),
      ...(run.prompt_version ? { prompt: run.prompt_version } : {}),
      ...(run.memory_schema_version ? { memory_schema: run.memory_schema_version } : {}),
      release_tuple_id: run.release_tuple_id,
      files: { ...files },
    },
  }
}

/** Canonical text of the decision record that a trimmed case yields. Byte equality with the stored one is reproduction. */
export function decisionRecordText(
  identity: Recording['recorded']['identity'],
  trimmed: TrimmedCase<Recording>,
): string {
  const { recording, rendered, prepared, asked } = trimmed
  const { approvals, actions, evidence, outcome } = recording
  const record = {
    ...identity,
    status: outcome.status,
    outputs: outcome.outputs,
    evidence_refs: [...rendered.kept].map((i) => evidence.ref[i]!),
    actions: actions.name.map((name, i) => ({ arguments: actions.arguments[i]!, name })),
    approvals: approvals.gate.map((gate, i) => ({
      action: approvals.action[i]!,
      amount: approvals.amount[i]!,
      asked: approvals.asked[i] === null ? null : asked[i] === 1,
      gate,
      granted: approvals.granted[i]!,
    })),
    compiled_context_hash: `sha256:${contextHash(prepared, rendered)}`,
  }
  return sealedText(record, 'record_hash', digestOfBytes)
}
