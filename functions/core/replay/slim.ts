/** Cases as a search holds them: by the hundred thousand. What only the baseline's proof read is gone, equal values are one. */
import type { Settings } from '#schemas/common.ts'
import type { Recording, ReplayCase } from '#schemas/replay-case.ts'

/** Recordings that keep their prepared columns; those of the others are computed again whenever they are looked at. */
const KEPT_PREPARED = 16_384

/** Makes cases slim, one after the other. The same replays and verdicts come of them; the baseline is not proved on them. */
export class Slimmer {
  readonly #texts = new Map<string, string>()
  readonly #values = new Map<string, unknown>()
  #recordings = 0

  slim({ recordings, ...head }: ReplayCase): ReplayCase {
    // Arguments and outputs only tell two recordings apart.
    const one = recordings.length === 1
    return { ...head, recordings: recordings.map((r) => this.#recording(r, one)) }
  }

  #recording(r: Recording, one: boolean): Recording {
    const { evidence, calls, hops, actions, approvals, needs } = r
    const slim: Recording = {
      ...r,
      pack_version: r.pack_version && this.#text(r.pack_version),
      settings: this.#value(r.settings) as Settings,
      offers: this.#value(r.offers) as Recording['offers'],
      evidence: { ...evidence, bucket: this.#column(evidence.bucket), source: this.#column(evidence.source) },
      calls: { ...calls, model: this.#column(calls.model) },
      hops: { ...hops, bucket: this.#column(hops.bucket) },
      actions: { ...actions, name: this.#column(actions.name), arguments: one ? [] : actions.arguments },
      approvals: { ...approvals, gate: this.#column(approvals.gate) },
      needs: { ...needs, name: this.#column(needs.name) },
      outcome: one ? { ...r.outcome, outputs: null } : r.outcome,
      recorded: PROVED,
    }
    return this.#recordings++ < KEPT_PREPARED ? slim : Object.freeze(slim)
  }

  #column<T extends string | null>(values: readonly T[]): T[] {
    return values.map((v) => (v === null ? v : (this.#text(v) as T)))
  }

  #text(text: string): string {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    this.#texts.set(text, text)
    return text
  }

  /** One frozen object for all that are equal. */
  #value(value: object): unknown {
    const text = JSON.stringify(value)
    const known = this.#values.get(text)
    if (known !== undefined) return known
    this.#values.set(text, Object.freeze(value))
    return value
  }
}

/** Stands where the recorded files were named: the baseline was compared with them before. */
const PROVED: Recording['recorded'] = {
  identity: {},
  decision_record: '',
  context: '',
  evidence_manifest: '',
  tool_transcripts: '',
  scorecard: null,
  policy: null,
  tools: null,
}
