/** Passages that stand in a replayed context, looked at one by one. */
import type { Finding } from '#schemas/suite.ts'
import type { Replayed } from '../../replay/transcript.ts'
import { finding } from './check.ts'

/** A finding for each kept passage whose source is a problem. */
export function keptFindings(r: Replayed, problemOf: (source: string | null) => string | null): Finding[] {
  const { source, ref } = r.trimmed.recording.evidence
  const findings: Finding[] = []
  for (const i of r.trimmed.rendered.kept) {
    const problem = problemOf(source[i]!)
    if (problem) findings.push(finding(problem, { evidence_ref: ref[i]! }))
  }
  return findings
}

export const NOTHING_FORBIDDEN = 'no source or tool that is not allowed was ever recorded'
export const NOTHING_LACKS = 'nothing of the kind is recorded'
