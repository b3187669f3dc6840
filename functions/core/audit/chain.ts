/** The audit chain of a run: one line per artifact, with its digest and what it was computed from. */
import type { AuditLine } from '#schemas/run.ts'
import { digestOf } from '../canonical.ts'

export interface ChainedArtifact {
  readonly artifact: string
  readonly digest: string
  readonly computed_from: Readonly<Record<string, string>>
}

/** Lines in artifact order; each carries the digest of the line before it. */
export function auditLines(artifacts: readonly ChainedArtifact[]): AuditLine[] {
  const lines: AuditLine[] = []
  for (const { artifact, digest, computed_from } of artifacts) {
    const before = lines.at(-1)
    lines.push({
      seq: lines.length,
      artifact,
      digest,
      computed_from: { ...computed_from },
      previous: before ? digestOf(before) : null,
    })
  }
  return lines
}
