/** What the recorded search cases say that proposers predict by: how often a model is called, and what a token costs there. */
import type { PriceTable } from '#schemas/pack.ts'
import type { Recording, ReplayCase } from '#schemas/replay-case.ts'
import { labelOf } from '../evaluate/label.ts'
import { CallCounts, type CallsPerDecision } from '../replay/calls-per-decision.ts'
import { servedOf } from '../replay/served.ts'

export interface SearchFacts extends CallsPerDecision {
  /** Case of a recorded run. */
  readonly caseOf: ReadonlyMap<string, string>
  /** The first recordings of cases that failed, as their label stands: so many as anybody looks at. */
  readonly failed: readonly FailedRecording[]
}

/** Where a failed case is found. */
export interface FailedRecording {
  readonly case_id: string
  readonly recording: Pick<Recording, 'run_id'> & { readonly recorded: Pick<Recording['recorded'], 'decision_record'> }
}

const MOST_FAILED = 50

/** Counts while search cases pass; of a case with several recordings the first that was served speaks. */
export class FactsOfSearch {
  readonly #calls: CallCounts
  readonly #caseOf = new Map<string, string>()
  readonly #failed: FailedRecording[] = []

  constructor(prices: PriceTable | null) {
    this.#calls = new CallCounts(prices)
  }

  add({ case_id, recordings }: Pick<ReplayCase, 'case_id' | 'recordings'>): void {
    for (const { run_id } of recordings) this.#caseOf.set(run_id, case_id)
    const first = servedOf(recordings)
    this.#calls.add(first)
    const { run_id, recorded } = first
    if (this.#failed.length < MOST_FAILED && labelOf(first).passed === false)
      this.#failed.push({ case_id, recording: { run_id, recorded: { decision_record: recorded.decision_record } } })
  }

  facts(): SearchFacts {
    return { ...this.#calls.means(), caseOf: this.#caseOf, failed: this.#failed }
  }
}
