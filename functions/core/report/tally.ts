/** What the paid replays of a run showed, by candidate: counted while `replay-results.jsonl` goes by. */
import type { ReplayResult } from '#schemas/candidate.ts'

/** Paid replays of one candidate. Those answered from memory or by an equal context were not paid, and stand nowhere. */
export interface ReplayTally {
  readonly replays: number
  readonly unreplayable: number
  readonly failed: number
  /** Replays that each evaluator failed; one that failed none is absent. */
  readonly failing: Readonly<Record<string, number>>
  /** Replays that the whole run had paid for after the last of these, from 1. */
  readonly paid_after: number
}

/** Counts replays in the order in which the search read them. */
export class ReplayTallies {
  readonly #of = new Map<
    string,
    { -readonly [K in keyof ReplayTally]: ReplayTally[K] } & { failing: Record<string, number> }
  >()
  #paid = 0

  add({ candidate_id, status, scorecard }: ReplayResult): void {
    const tally = this.#of.get(candidate_id) ?? { replays: 0, unreplayable: 0, failed: 0, failing: {}, paid_after: 0 }
    this.#of.set(candidate_id, tally)
    tally.replays++
    tally.paid_after = ++this.#paid
    if (status === 'unreplayable') tally.unreplayable++
    if (status === 'failed') tally.failed++
    for (const { evaluator_id, status: verdict } of Object.values(scorecard?.scores ?? {}))
      if (verdict === 'fail') tally.failing[evaluator_id] = (tally.failing[evaluator_id] ?? 0) + 1
  }

  /** Of a candidate; null: nothing was paid for it. */
  of(candidateId: string): ReplayTally | null {
    return this.#of.get(candidateId) ?? null
  }
}
