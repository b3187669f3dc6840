/** Cases as a search holds them: by the hundred thousand. What only the baseline's proof read is gone, equal values are one. */
import type { Recording, ReplayCase } from '#schemas/replay-case.ts'

/** Recordings that keep their prepared columns; those of the others are computed again whenever they are looked at. */
const KEPT_PREPARED = 16_384

/** Values of one case alone fill no memory with their texts. */
const MOST_SHARED = 16_384
const LONGEST_SHARED = 1024

/** Makes cases slim, one after the other. The same replays and verdicts come of them; the baseline is not proved on them. */
export class Slimmer {
  readonly #tables = new Map<string, unknown>()
  readonly #values = new Map<string, unknown>()
  #recordings = 0

  slim({ recordings, ...head }: ReplayCase): ReplayCase {
    // Arguments and outputs only tell two recordings apart.
    const one = recordings.length === 1
    return { ...head, recordings: recordings.map((r) => this.#recording(r, one)) }
  }

  #recording(r: Recording, one: boolean): Recording {
    const { evidence, actions } = r
    const slim: Recording = {
      ...r,
      pack_version: this.#column(r.pack_version),
      settings: this.#table(r.settings),
      offers: this.#table(r.offers),
      evidence: { ...this.#columns(evidence), ranks: this.#columns(evidence.ranks) },
      tools: this.#columns(r.tools),
      memory: this.#columns(r.memory),
      calls: this.#columns(r.calls),
      hops: this.#columns(r.hops),
      actions: this.#columns(one ? { ...actions, arguments: [] } : actions),
      approvals: this.#columns(r.approvals),
      needs: this.#columns(r.needs),
      outcome: one ? { ...r.outcome, outputs: null } : r.outcome,
      recorded: PROVED,
    }
    return this.#recordings++ < KEPT_PREPARED ? slim : Object.freeze(slim)
  }

  #columns<T extends object>(group: T): T {
    return Object.fromEntries(Object.entries(group).map(([name, column]) => [name, this.#column(column)])) as T
  }

  /** One frozen table for all that are equal: its plan is made once. */
  #table<T extends object>(table: T): T {
    return shared(this.#tables, Object.freeze(table), JSON.stringify(table))
  }

  #column<T>(column: T): T {
    const text = JSON.stringify(column)
    return text.length > LONGEST_SHARED ? column : shared(this.#values, column, text)
  }
}

/** The first of equal values, as far as they are remembered. */
function shared<T>(values: Map<string, unknown>, value: T, text: string): T {
  const known = values.get(text)
  if (known !== undefined) return known as T
  if (values.size < MOST_SHARED) values.set(text, value)
  return value
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
