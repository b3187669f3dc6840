/** What checked rows compare with, read off the recorded runs of the search: known before a version is sealed. */
import type { SettingsTable } from '#schemas/common.ts'
import type { PinnedLimits } from '#schemas/heldout.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { ByteList } from '../bytes/byte-list.ts'
import { number } from '../bytes/columns.ts'
import { TextNumbers } from '../bytes/text-numbers.ts'
import { type BothSay, bothSay, isJudgesLabel, suiteJudges } from '../evaluate/judge-labels.ts'
import { planOf } from '../replay/settings-plan.ts'
import { chooseRecording } from '../replay/transcript.ts'
import { settingsFor } from '../space/scope.ts'
import { asMeasured } from '../statistics/measured.ts'
import { quantileHigher } from '../statistics/paired-statistic.ts'

/** What one case says. `judged`: a judge labels it, and what a person and it say; null: none does. */
export interface LookedAt {
  readonly family_id: string
  readonly judged: { readonly said: BothSay | null } | null
  readonly ms: number | null
}

/** Recorded latencies under the baseline, sizes of families, and judges beside people, gathered line by line of a search set. */
export class SearchRecords {
  readonly #settings: SettingsTable
  readonly #latencies = new ByteList(number)
  readonly #families = new TextNumbers()
  /** Of each family, by its number. */
  readonly #decisions = new ByteList(number)
  readonly #suite: EvaluatorSuite
  /** Families with a judge's label -> what judge and person say of one case, where they differ if they do; null: no person labelled any of its cases. */
  readonly #judged = new Map<string, BothSay | null>()
  #isTimed = true

  constructor(baseline: SettingsTable, suite: EvaluatorSuite) {
    this.#settings = baseline
    this.#suite = suite
  }

  /** What a case says, by itself; null: the baseline was not recorded on it, so it is in no replay either. */
  look(replayCase: ReplayCase): LookedAt | null {
    const settings = settingsFor(this.#settings, replayCase)
    const recording = chooseRecording(replayCase, planOf(settings), settings)
    if (typeof recording === 'string') return null
    const judged = isJudgesLabel(recording, this.#suite) ? { said: bothSay(recording, this.#suite) } : null
    const ms = asMeasured('latency_ms', recording.outcome.latency_ms)
    return { family_id: replayCase.family_id, judged, ms }
  }

  add({ family_id, judged, ms }: LookedAt): void {
    const family = this.#families.add(family_id)
    if (family === this.#decisions.length) this.#decisions.add(1)
    else this.#decisions.set(family, this.#decisions.at(family)! + 1)
    if (judged) {
      const known = this.#judged.get(family_id) ?? null
      const { said } = judged
      this.#judged.set(family_id, said !== null && (known === null || differ(said)) ? said : known)
    }
    if (ms === null) this.#isTimed = false
    else this.#latencies.add(ms)
  }

  pinned(): PinnedLimits {
    const quantile = (q: number) =>
      this.#isTimed && this.#latencies.length > 0 ? quantileHigher(Float64Array.from(this.#latencies), q) : null
    let decisions = 1
    for (const count of this.#decisions) decisions = Math.max(decisions, count)
    const limits = { p95_latency_ms: quantile(0.95), p50_latency_ms: quantile(0.5), decisions }
    const compared = [...this.#judged.values()].filter((said) => said !== null)
    if (this.#judged.size === 0 && !suiteJudges(this.#suite)) return limits
    const counted = (judge: boolean, person: boolean) =>
      compared.filter((said) => said.judge === judge && said.person === person).length
    const table = {
      both_pass: counted(true, true),
      first_only: counted(true, false),
      second_only: counted(false, true),
      both_fail: counted(false, false),
    }
    const disagreements = table.first_only + table.second_only
    return { ...limits, judge: { families: this.#judged.size, overlap: compared.length, disagreements, table } }
  }
}

const differ = ({ judge, person }: BothSay): boolean => judge !== person
