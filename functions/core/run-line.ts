/** One line about a run: what lists show of it, from its manifest and its gate's answer alone. */
import type { GateAnswer } from '#schemas/heldout.ts'
import type { MetricName } from '#schemas/metrics.ts'
import type { RunManifest, RunRefusal } from '#schemas/run.ts'
import type { RunLine } from '#schemas/run-line.ts'

/** A finished run. `answer`: its `gate.json`, read only of a certified one; null: it cannot be read. */
export function finishedLine(
  { run_id, finished_at, intent, verdict, summary }: Omit<RunManifest, 'digest'>,
  metric: MetricName | null,
  answer: GateAnswer | null,
): RunLine {
  const winner = summary.candidates.find(({ fate }) => fate === 'won')
  const certificate =
    answer?.certified === true
      ? answer.certificates.find(({ candidate_id }) => candidate_id === winner?.candidate_id)
      : undefined
  const { baseline = null, candidate = null } = certificate?.metric ?? {}
  return {
    run_id,
    date: finished_at,
    intent,
    verdict,
    change: summary.winner,
    gain: certificate && metric !== null ? { metric, baseline, candidate } : null,
    worse:
      certificate && certificate.heldout.regressions !== null
        ? {
            // Families with a label, as the review says it: of the others nobody knows.
            worse: certificate.heldout.regressions,
            better: certificate.heldout.improvements,
            of: certificate.heldout.labelled,
          }
        : null,
  }
}

/** A run whose contract was refused. */
export const refusedLine = ({ run_id, refused_at, target, verdict }: Omit<RunRefusal, 'digest'>): RunLine => ({
  run_id,
  date: refused_at,
  intent: target.intent ?? null,
  verdict,
  change: null,
  gain: null,
  worse: null,
})
