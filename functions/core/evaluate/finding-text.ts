/** A finding of an evaluator in words, for people. */
import type { EvaluatorVerdict } from '#schemas/suite.ts'

/** The first finding of a verdict in words, with the evidence or the step where it was seen. */
export function findingText({ findings }: Pick<EvaluatorVerdict, 'findings'>): string {
  const [finding] = findings
  if (!finding) return 'no finding'
  const { message, evidence_ref, step } = finding
  const where = evidence_ref ?? (step === null ? null : `step ${step}`)
  return where === null || message.includes(where) ? message : `${message} (${where})`
}
