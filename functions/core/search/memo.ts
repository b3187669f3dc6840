/** Replays paid at most once. What is counted is what the sequential algorithm reads, whatever ran ahead of it. */
import type { ReplayResult } from '#schemas/candidate.ts'
import type { EvaluatorVerdict } from '#schemas/suite.ts'
import type { Measures } from '../evaluate/scorecard.ts'
import { type CaseAnswer, type ReplayCounts, SAME_AS_BASELINE } from './replayer.ts'

/** Takes each replay that a search read, in reading order. */
export type OnRecord = (result: ReplayResult) => void

/** What a search keeps of an answer: a million of them are held until it ends. */
export interface Remembered {
  readonly measures: Measures
  readonly contextChanged: boolean
  readonly decisionChanged: boolean
  /** Why it counts against the candidate whatever its measures; null: it was replayed. */
  readonly stop: string | null
  /** The first verdict that failed and where, for people; null: none did. */
  readonly failing: string | null
  /** Its line on record, until it is read: a replay that ran ahead and was never read is neither counted nor on record. */
  result: CaseAnswer['result'] | null
}

/** Memory of a search on (case, context), and its counts. What is read for the first time goes on record. */
export class ReplayMemo {
  readonly #record: OnRecord
  readonly #answers = new Map<string, Remembered>()
  #paid = 0
  #avoided = 0
  #unreplayable = 0
  #failed = 0

  constructor(record: OnRecord) {
    this.#record = record
  }

  get counts(): ReplayCounts {
    return { paid: this.#paid, avoided: this.#avoided, unreplayable: this.#unreplayable, failed: this.#failed }
  }

  /** Must this case be replayed under that context? */
  isMissing(caseIndex: number, key: string): boolean {
    return key !== SAME_AS_BASELINE && !this.#answers.has(`${caseIndex} ${key}`)
  }

  remember(caseIndex: number, key: string, { measures, contextChanged, decisionChanged, result }: CaseAnswer): void {
    this.#answers.set(`${caseIndex} ${key}`, {
      measures,
      contextChanged: contextChanged !== false,
      decisionChanged,
      // The whole reason, such as a stack, stands in the replay's own line.
      stop: result.status === 'replayed' ? null : `${result.case_id}: ${result.reason?.split('\n', 1)[0]}`,
      failing: failingOf(Object.values(result.scorecard?.scores ?? {})),
      result,
    })
  }

  /** The answer as the algorithm reads it; `null` when the baseline's own record stands. */
  read(caseIndex: number, key: string, candidateId: string): Remembered | null {
    if (key === SAME_AS_BASELINE) {
      this.#avoided++
      return null
    }
    const remembered = this.#answers.get(`${caseIndex} ${key}`)!
    const { result } = remembered
    if (result === null) {
      this.#avoided++
      return remembered
    }
    remembered.result = null
    this.#paid++
    if (result.status === 'unreplayable') this.#unreplayable++
    if (result.status === 'failed') this.#failed++
    this.#record({ candidate_id: candidateId, ...result })
    return remembered
  }
}

/** What a person looks for first: which evaluator failed, on which evidence or step. */
function failingOf(verdicts: readonly EvaluatorVerdict[]): string | null {
  const failed = verdicts.find((v) => v.status === 'fail' && v.findings.length > 0)
  const finding = failed?.findings[0]
  if (!finding) return null
  const where = finding.evidence_ref
    ? ` (${finding.evidence_ref})`
    : finding.step === null
      ? ''
      : ` (step ${finding.step})`
  return `${failed.evaluator_id}: ${finding.message}${where}`
}
