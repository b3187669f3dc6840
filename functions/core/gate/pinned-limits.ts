/** What checked rows compare with, read off the recorded runs of the search: known before a version is sealed. */
import type { Settings } from '#schemas/common.ts'
import type { PinnedLimits } from '#schemas/heldout.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { planOf } from '../replay/settings-plan.ts'
import { chooseRecording } from '../replay/transcript.ts'
import { quantileHigher } from '../statistics/paired-statistic.ts'

/** Recorded latencies under the baseline and sizes of families, gathered line by line of a search set. */
export class SearchRecords {
  readonly #settings: Settings
  readonly #latencies: number[] = []
  readonly #decisions = new Map<string, number>()
  #isTimed = true

  constructor(baseline: Settings) {
    this.#settings = baseline
  }

  add(replayCase: ReplayCase): void {
    const recording = chooseRecording(replayCase, planOf(this.#settings), this.#settings)
    // A case that the baseline was not recorded on is in no replay either.
    if (typeof recording === 'string') return
    const { family_id } = replayCase
    this.#decisions.set(family_id, (this.#decisions.get(family_id) ?? 0) + 1)
    const ms = recording.outcome.latency_ms
    if (ms === null) this.#isTimed = false
    else this.#latencies.push(ms)
  }

  pinned(): PinnedLimits {
    const quantile = (q: number) =>
      this.#isTimed && this.#latencies.length > 0 ? quantileHigher(this.#latencies, q) : null
    let decisions = 1
    for (const count of this.#decisions.values()) decisions = Math.max(decisions, count)
    return { p95_latency_ms: quantile(0.95), p50_latency_ms: quantile(0.5), decisions }
  }
}
