/** Replays paid at most once. What is counted is what the sequential algorithm reads, whatever ran ahead of it. */
import type { ReplayResult } from '#schemas/candidate.ts'
import { type CaseAnswer, type ReplayCounts, SAME_AS_BASELINE } from './replayer.ts'

interface Remembered {
  readonly answer: CaseAnswer
  /** Read once already: a replay that ran ahead and was never read is neither counted nor on record. */
  read: boolean
}

/** Memory of a search on (case, context), its counts, and the lines of what was read, in reading order. */
export class ReplayMemo {
  readonly results: ReplayResult[] = []
  readonly #answers = new Map<string, Remembered>()
  #paid = 0
  #avoided = 0
  #unreplayable = 0
  #failed = 0

  get counts(): ReplayCounts {
    return { paid: this.#paid, avoided: this.#avoided, unreplayable: this.#unreplayable, failed: this.#failed }
  }

  /** Must this case be replayed under that context? */
  isMissing(caseIndex: number, key: string): boolean {
    return key !== SAME_AS_BASELINE && !this.#answers.has(`${caseIndex}\u0000${key}`)
  }

  remember(caseIndex: number, key: string, answer: CaseAnswer): void {
    this.#answers.set(`${caseIndex}\u0000${key}`, { answer, read: false })
  }

  /** The answer as the algorithm reads it; `null` when the baseline's own record stands. */
  read(caseIndex: number, key: string, candidateId: string): CaseAnswer | null {
    if (key === SAME_AS_BASELINE) {
      this.#avoided++
      return null
    }
    const remembered = this.#answers.get(`${caseIndex}\u0000${key}`)!
    if (remembered.read) this.#avoided++
    else {
      remembered.read = true
      this.#paid++
      const { result } = remembered.answer
      if (result.status === 'unreplayable') this.#unreplayable++
      if (result.status === 'failed') this.#failed++
      this.results.push({ candidate_id: candidateId, ...result })
    }
    return remembered.answer
  }
}
