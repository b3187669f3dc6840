/** Cases as a search goes on with them: what only the baseline's proof read is gone, and equal values are one. */
import type { Recording, ReplayCase } from '#schemas/replay-case.ts'

/** A case without what only its baseline's proof read. The same replays and verdicts come of it. */
export function slim({ recordings, ...head }: ReplayCase): ReplayCase {
  // Arguments and outputs only tell two recordings apart.
  const one = recordings.length === 1
  return {
    ...head,
    recordings: recordings.map((r) => ({
      ...r,
      actions: one ? { ...r.actions, arguments: [] } : r.actions,
      outcome: one ? { ...r.outcome, outputs: null } : r.outcome,
      recorded: PROVED,
    })),
  }
}

/** Values of one case alone fill no memory with their texts. */
const MOST_SHARED = 16_384
const LONGEST_SHARED = 1024

/** Makes equal values of many cases one. */
export class SharedValues {
  readonly #tables = new Map<string, unknown>()
  readonly #values = new Map<string, unknown>()

  /** The case with its settings tables shared: their plans are made once. Changes the case itself. */
  shareSettings(replayCase: ReplayCase): ReplayCase {
    for (const recording of replayCase.recordings) recording.settings = this.#table(recording.settings)
    return replayCase
  }

  /** A case that is kept: its settings tables and every short column are shared. */
  share({ recordings, ...head }: ReplayCase): ReplayCase {
    return { ...head, recordings: recordings.map((r) => this.#recording(r)) }
  }

  #recording(r: Recording): Recording {
    const { evidence } = r
    return {
      ...r,
      pack_version: this.#column(r.pack_version),
      settings: this.#table(r.settings),
      offers: this.#table(r.offers),
      evidence: { ...this.#columns(evidence), ranks: this.#columns(evidence.ranks) },
      tools: this.#columns(r.tools),
      memory: this.#columns(r.memory),
      calls: this.#columns(r.calls),
      hops: this.#columns(r.hops),
      actions: this.#columns(r.actions),
      approvals: this.#columns(r.approvals),
      needs: this.#columns(r.needs),
    }
  }

  #columns<T extends object>(group: T): T {
    return Object.fromEntries(Object.entries(group).map(([name, column]) => [name, this.#column(column)])) as T
  }

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
