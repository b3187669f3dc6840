/** Checks of what stands in the context: the passages that a replay keeps. */
import type { Finding } from '#schemas/suite.ts'
import type { BareRecording } from '../../replay/slim.ts'
import { type Replayed, recordedContext } from '../../replay/transcript.ts'
import { type Exposure, exposedWhen } from '../exposures.ts'
import {
  fail,
  finding,
  NOTHING_FORBIDDEN,
  NOTHING_LACKS,
  OF_CONTEXT,
  OF_NOTHING,
  pass,
  type SomeChecks,
  verdict,
} from './check.ts'

const MARKS_LACK = 'no passage is marked as required or as gold: import "needed" or "gold" with the evidence'

export const CONTEXT_CHECKS = {
  /** A required passage falls out of the context. */
  required_evidence: {
    judge: (r) =>
      verdict(
        r.lostRequired.map((i) =>
          finding('required evidence fell out of the context', { evidence_ref: r.trimmed.recording.evidence.ref[i]! }),
        ),
      ),
    look(r, _, _baseline, rules) {
      if (r.evidence.required.includes(1)) return 'exposed'
      // That a run had to refuse says that no passage was needed for an answer, and nothing of what policy requires.
      return rules >= 2 && r.evidence.ref.length > 0 && !isMarked(r) ? 'not_recorded' : unmarked(r)
    },
    breaks: OF_CONTEXT,
    lacks: MARKS_LACK,
  },
  /** A passage of a complete answer is missing; its score is the share that is left. */
  gold_coverage: {
    judge(r) {
      if (r.goldKept === r.goldTotal) return pass
      return fail(
        [finding(`${r.goldTotal - r.goldKept} of ${r.goldTotal} passages of a complete answer are not in the context`)],
        r.goldKept / r.goldTotal,
      )
    },
    look: (r) => (r.evidence.gold.includes(1) ? 'exposed' : unmarked(r)),
    breaks: OF_CONTEXT,
    lacks: MARKS_LACK,
  },
  /** A passage of another source stands in the context. */
  allowed_sources: {
    judge: (r, { sources }) =>
      verdict(
        keptFindings(r, (source) =>
          source !== null && sources.includes(source) ? null : `source "${source}" is not allowed`,
        ),
      ),
    look: (r, { sources }) =>
      exposedWhen(r.evidence.source.some((source) => source === null || !sources.includes(source))),
    breaks: OF_CONTEXT,
    lacks: NOTHING_FORBIDDEN,
  },
  /** A passage without a source stands in the context. */
  known_provenance: {
    judge: (r) =>
      verdict(
        keptFindings(r, (source) => (source === null ? 'a passage of unknown source stands in the context' : null)),
      ),
    look: (r) => exposedWhen(r.evidence.source.includes(null)),
    breaks: OF_CONTEXT,
    lacks: NOTHING_FORBIDDEN,
  },
  /** Warns where the context differs from the recorded one. */
  context_diff: {
    judge(r) {
      if (r.trimmed.equal) return pass
      const before = recordedContext(r.trimmed.prepared)
      const after = new Set(r.trimmed.rendered.kept)
      const lost = [...before.kept].filter((i) => !after.has(i)).length
      const message = `context differs: ${before.kept.length} passages before, ${after.size} now, ${lost} of them dropped`
      return { score: 0, status: 'warn', findings: [{ severity: 'info', message, evidence_ref: null, step: null }] }
    },
    look: (r) => exposedWhen(r.evidence.ref.length > 0),
    breaks: OF_NOTHING,
    lacks: NOTHING_LACKS,
  },
} satisfies SomeChecks

/** A finding for each kept passage whose source is a problem. */
function keptFindings(r: Replayed, problemOf: (source: string | null) => string | null): Finding[] {
  const { source, ref } = r.trimmed.recording.evidence
  const findings: Finding[] = []
  for (const i of r.trimmed.rendered.kept) {
    const problem = problemOf(source[i]!)
    if (problem) findings.push(finding(problem, { evidence_ref: ref[i]! }))
  }
  return findings
}

/** Is any passage marked, or one that was missing counted? */
const isMarked = ({ evidence, gold_not_offered }: BareRecording): boolean =>
  gold_not_offered > 0 || evidence.gold.includes(1) || evidence.required.includes(1)

/** Nothing was offered, so nothing can be lost; offers of which none is marked may all have been needed. */
const unmarked = (recording: BareRecording): Exposure =>
  recording.evidence.ref.length === 0 || isMarked(recording) || recording.outcome.must_refuse === true
    ? 'not_at_stake'
    : 'not_recorded'
