/** Compiles experience runs into a replay case: tokens, needs and digests, once per case. */
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { Recording, ReplayCase } from '#schemas/replay-case.ts'
import { byCodeUnit, canonical, digestOf, digestOfBytes } from '../canonical.ts'
import { compileRecording, type Recorded } from './compile-recording.ts'

/** Replay case of all recordings of one case. Throws on recordings that disagree about whom the case belongs to. */
export function compileCase(
  runs: readonly ExperienceRun[],
  recorded: (run: ExperienceRun) => Recorded = unrecorded,
): ReplayCase {
  const first = runs[0]
  if (!first) throw new RangeError('a case needs at least one recording')
  return assembleCase(runs.map((run) => ({ ...identityOf(run), recording: compileRecording(run, recorded(run)) }))).case
}

/** A compiled recording and the case it belongs to. */
interface CompiledRun {
  readonly case_id: string
  readonly family_id: string
  readonly intent_id: string
  readonly recording: Recording
}

/** A run as a compiled recording: its texts are gone, which keeps a large set small while its cases are gathered. */
export const compileRun = (run: ExperienceRun, recorded: Recorded): CompiledRun => ({
  ...identityOf(run),
  recording: compileRecording(run, recorded),
})

const identityOf = ({ case_id, family_id, intent_id }: ExperienceRun) => ({ case_id, family_id, intent_id })

/** A case and its canonical line. */
interface CompiledCase {
  readonly case: ReplayCase
  readonly line: string
}

/** A case of its compiled recordings, in any order. Throws when they name different families or intents. */
export function assembleCase(compiled: readonly CompiledRun[]): CompiledCase {
  const { line, digest } = assembleLine(compiled.map(asLine))
  const ordered = inOrder(compiled.map((c) => ({ ...c, run_id: c.recording.run_id })))
  const { case_id, family_id, intent_id } = ordered[0]!
  return { case: { case_id, family_id, intent_id, recordings: ordered.map((c) => c.recording), digest }, line }
}

/** A compiled recording as canonical text, and whose it is. */
export interface CompiledLine {
  readonly case_id: string
  readonly family_id: string
  readonly intent_id: string
  readonly run_id: string
  readonly recording: string
}

export const asLine = ({ recording, ...named }: CompiledRun): CompiledLine => ({
  ...named,
  run_id: recording.run_id,
  recording: canonical(recording),
})

/** The canonical line of a case and its digest, of recordings that stay text. Throws as `assembleCase` does. */
export function assembleLine(compiled: readonly CompiledLine[]): { readonly line: string; readonly digest: string } {
  const ordered = inOrder(compiled)
  const { case_id, family_id, intent_id, run_id } = ordered[0]!
  for (const other of ordered) {
    if (other.family_id !== family_id || other.intent_id !== intent_id)
      throw new RangeError(`case "${case_id}": runs ${run_id} and ${other.run_id} name different families or intents`)
  }
  // `digest` stands right behind `case_id` in canonical order.
  const head = `{"case_id":${canonical(case_id)}`
  const rest = `,"family_id":${canonical(family_id)},"intent_id":${canonical(intent_id)},"recordings":[${ordered.map((c) => c.recording).join(',')}]}`
  const digest = digestOfBytes(head + rest)
  return { line: `${head},"digest":"${digest}"${rest}`, digest }
}

const inOrder = <T extends { readonly run_id: string }>(compiled: readonly T[]): T[] =>
  [...compiled].sort((a, b) => byCodeUnit(a.run_id, b.run_id))

/** A compiled run as the line of a segment. */
export const compiledText = (compiled: CompiledRun): string => canonical(compiled)

/** The same again. Its recording stays text: nothing of it is asked before it is replayed. */
export function readCompiledText(text: string, run_id: string): CompiledLine {
  // No text inside a line holds a bare quotation mark, so this stands there once outside the recording, before it.
  const cut = text.indexOf(',"recording":')
  const named = JSON.parse(`${text.slice(0, cut)}}`) as Omit<CompiledLine, 'run_id' | 'recording'>
  return { ...named, run_id, recording: text.slice(cut + ',"recording":'.length, -1) }
}

/** A run compiled outside a store carries no recorded files to compare with. */
function unrecorded(run: ExperienceRun): Recorded {
  const none = digestOf(null)
  return {
    identity: {},
    decision_record: none,
    context: none,
    evidence_manifest: none,
    tool_transcripts: none,
    scorecard: null,
    policy: run.policy_bundle_version,
    tools: run.tool_manifest_version,
  }
}
