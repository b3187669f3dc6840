/** The five files of a recorded run, and the way back. The decision record seals the other four by digest. */
import type { ExperienceRun, Step } from '#schemas/experience-run.ts'
import type { Recording } from '#schemas/replay-case.ts'
import type { RunFile } from '#schemas/s3-keys.ts'
import { canonical, chainLink, digestOfBytes, nextLink, readBack, sealedText } from '../canonical.ts'
import { compiledText, compileRun } from '../replay/compile.ts'
import { compileRecording, type Recorded } from '../replay/compile-recording.ts'
import { prepare } from '../replay/prepare.ts'
import { contextHash, render } from '../replay/render.ts'
import { decisionRecordText, recordIdentity } from './decision-record.ts'

export type RunFiles = Readonly<Record<RunFile, string>>

/** Someone changed a recorded run: a digest or the transcript chain does not hold. Stops every run that reads it. */
export class TamperError extends Error {
  override name = 'TamperError'
  readonly runId: string
  /** One of its files, or the key of the segment that holds it. */
  readonly file: string
  readonly detail: string

  constructor(runId: string, file: string, detail: string) {
    super(
      `${file.includes('/') ? `run ${runId} in ${file}` : `${runId}/${file}`} was changed after it was recorded: ${detail}. Import the same records again, which restores it, or take the file from a backup.`,
    )
    this.runId = runId
    this.file = file
    this.detail = detail
  }
}

/** Files of a run as canonical JSON. Tool calls and results move to the hash-chained transcript. */
export function filesOf(run: ExperienceRun): RunFiles {
  const { rest, sealed } = sealedFiles(run)
  const recording = compileRecording(run, recordedOf(run, sealed, {}), false)
  return { ...rest, 'decision-record.json': decisionRecord(run, sealed, recording).text }
}

/** The files that a decision record seals, and their digests. */
function sealedFiles(run: ExperienceRun) {
  let previous: string | null = null
  const transcript: string[] = []
  const steps = run.steps.map((step) => {
    if (step.kind !== 'tool_call' && step.kind !== 'tool_result') return step
    const seq = transcript.length
    transcript.push(
      sealedText({ seq, ...step }, 'chain', (entry) => {
        previous = nextLink(previous, entry)
        return previous
      }),
    )
    return { kind: 'transcript', seq }
  })
  const rest = {
    'trace.json': canonical({ ...run, steps }),
    'scorecard.json': canonical(recordedScorecard(run)),
    'evidence-manifest.json': canonical(
      run.evidence.map((o) => ({
        evidence_ref: o.evidence_ref,
        hash: o.text === null ? null : digestOfBytes(o.text),
        source_id: o.source,
      })),
    ),
    'tool-transcripts.jsonl': transcript.map((line) => `${line}\n`).join(''),
  }
  const sealed = Object.fromEntries(Object.entries(rest).map(([file, text]) => [file, digestOfBytes(text)]))
  return { rest, sealed }
}

/** Decision record of a run as it was recorded, and the hash of the context in it. */
function decisionRecord(run: ExperienceRun, sealed: Readonly<Record<string, string>>, recording: Recording) {
  const prepared = prepare(recording)
  const rendered = render(prepared, prepared.recordedPlan)
  const asked = Uint8Array.from(recording.approvals.asked, (waited) => (waited ? 1 : 0))
  const trimmed = { recording, prepared, rendered, asked, equal: true }
  const text = decisionRecordText(recordIdentity(run, sealed), trimmed)
  return { text, context: `sha256:${contextHash(prepared, rendered)}` }
}

const recordedScorecard = ({ run_id, trace_id, intent_id, pack_version, outcome }: ExperienceRun) => ({
  run_id,
  trace_id,
  intent: intent_id,
  pack_version,
  recorded: {
    passed: outcome.passed,
    score: outcome.score,
    score_kind: outcome.score_kind,
    latency_ms: outcome.latency_ms,
    cost_cents: outcome.cost_cents,
  },
})

/** A run as it stands in a segment: as it was recorded, and compiled. Both are canonical JSON on one line. */
export interface PackedRun {
  readonly recorded: string
  readonly compiled: string
}

/** A run to be packed, with the digest of the decision record that its files would hold. */
export function packRun(run: ExperienceRun): PackedRun & { readonly record: string } {
  const { text, again } = readBack(run)
  return packRecorded([{ recorded: text, again }])[0]!
}

/**
 * The same of many, by their canonical text and what was read from it: the order of keys is part of what a compiler sees.
 * One step over all runs and then the next: what a step needs stays near the processor, which saves a quarter.
 */
export function packRecorded(
  runs: readonly { readonly recorded: string; readonly again: ExperienceRun }[],
): (PackedRun & { readonly record: string })[] {
  const sealed = runs.map(({ again }) => sealedFiles(again).sealed)
  const compiled = runs.map(({ again }, i) => compileRun(again, recordedOf(again, sealed[i]!, {})))
  const records = runs.map(({ again }, i) => decisionRecord(again, sealed[i]!, compiled[i]!.recording))
  return runs.map(({ recorded, again }, i) => {
    const { text, context } = records[i]!
    const record = digestOfBytes(text)
    const known = recordedOf(again, sealed[i]!, { decision_record: record, context })
    const recording = { ...compiled[i]!.recording, recorded: known }
    return { recorded, compiled: compiledText({ ...compiled[i]!, recording }), record }
  })
}

/** Files of a packed run, byte for byte those of a folder. */
export const filesOfPacked = (recorded: string): RunFiles => filesOf(JSON.parse(recorded) as ExperienceRun)

/** Run and its recorded digests from stored files. Throws TamperError where a seal or the chain is broken. */
export function readRunFiles(runId: string, files: RunFiles): { run: ExperienceRun; recorded: Recorded } {
  const body = checkSeals(runId, files)
  const sealed = body.lineage.files
  const trace = parse(runId, 'trace.json', files['trace.json']) as { steps: unknown[] } & Record<string, unknown>
  const transcript = readTranscript(runId, files['tool-transcripts.jsonl'])
  const steps = trace.steps.map(
    (step) =>
      ((step as { kind: string }).kind === 'transcript' ? transcript[(step as { seq: number }).seq] : step) as Step,
  )
  // Validated when it was imported; the seals above say that these are still those bytes.
  const run = { ...trace, steps } as ExperienceRun
  return {
    run,
    recorded: recordedOf(run, sealed, {
      decision_record: digestOfBytes(files['decision-record.json']),
      context: String(body.compiled_context_hash),
    }),
  }
}

/** What a decision record says of its run, as far as it is read again. */
interface RecordBody {
  readonly compiled_context_hash?: unknown
  readonly lineage: { readonly files: Readonly<Record<string, string>> }
}

/** The decision record of stored files, which are those that it seals. Throws TamperError where they are not. */
export function checkSeals(runId: string, files: RunFiles): RecordBody {
  const record = parse(runId, 'decision-record.json', files['decision-record.json']) as Record<string, unknown> | null
  const { record_hash, ...body } = record ?? {}
  if (record_hash !== digestOfBytes(canonical(body)))
    throw new TamperError(runId, 'decision-record.json', 'its own hash differs')
  const { lineage } = body as unknown as RecordBody
  for (const file of ['trace.json', 'scorecard.json', 'evidence-manifest.json', 'tool-transcripts.jsonl'] as const) {
    if (digestOfBytes(files[file]) !== lineage.files[file])
      throw new TamperError(runId, file, 'its digest differs from the one in decision-record.json')
  }
  return body as unknown as RecordBody
}

function readTranscript(runId: string, text: string): Step[] {
  let previous: string | null = null
  return text
    .split('\n')
    .filter(Boolean)
    .map((line, i) => {
      const { chain, ...entry } = parse(runId, 'tool-transcripts.jsonl', line) as { chain: string; seq: number }
      previous = chainLink(previous, entry)
      if (chain !== previous)
        throw new TamperError(runId, 'tool-transcripts.jsonl', `the hash chain breaks at line ${i + 1}`)
      const { seq: _, ...step } = entry
      return step as unknown as Step
    })
}

function parse(runId: string, file: RunFile, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new TamperError(runId, file, 'it is no JSON any more')
  }
}

const NONE = digestOfBytes('')

function recordedOf(
  run: ExperienceRun,
  sealed: Readonly<Record<string, string>>,
  known: { decision_record?: string; context?: string },
): Recorded {
  return {
    identity: recordIdentity(run, sealed),
    decision_record: known.decision_record ?? NONE,
    context: known.context ?? NONE,
    evidence_manifest: sealed['evidence-manifest.json']!,
    tool_transcripts: sealed['tool-transcripts.jsonl']!,
    scorecard: sealed['scorecard.json']!,
    policy: run.policy_bundle_version,
    tools: run.tool_manifest_version,
  }
}
