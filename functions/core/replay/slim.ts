/** Cases as a search goes on with them: what only the baseline's proof read is gone, and equal values are one. */
import type { Recording, ReplayCase } from '#schemas/replay-case.ts'
import { digestOf } from '../canonical.ts'

/**
 * What replays and evaluators read of a recording: all but what only its baseline's proof does. A whole recording is one,
 * so whoever is handed this reads the same of a search case and of a sealed one.
 */
export type BareRecording = Omit<Recording, 'recorded' | 'actions' | 'outcome'> & {
  actions: Omit<Recording['actions'], 'arguments'>
  outcome: Omit<Recording['outcome'], 'outputs'>
}

/** A recording as a search goes on with it. */
export type SlimRecording = BareRecording & {
  /** Digest of what was decided, which tells two recordings of a case apart; empty where there is one alone. */
  readonly decided: string
}

/** A case whose baseline is proved. */
export type SlimCase = Omit<ReplayCase, 'recordings'> & { readonly recordings: SlimRecording[] }

/** A case without what only its baseline's proof read. The same replays and verdicts come of it. */
export function slim({ recordings, ...head }: ReplayCase): SlimCase {
  const isOne = recordings.length === 1
  return {
    ...head,
    recordings: recordings.map(({ recorded: _, actions, outcome, ...rest }) => {
      const { arguments: args, ...acts } = actions
      const { outputs, ...end } = outcome
      return {
        ...rest,
        actions: acts,
        outcome: end,
        decided: isOne ? '' : digestOf([outcome.status, outputs, actions.name, args]),
      }
    }),
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
  shareSettings(replayCase: SlimCase): SlimCase {
    for (const recording of replayCase.recordings) recording.settings = this.#table(recording.settings)
    return replayCase
  }

  /** A case that is kept: its settings tables and every short column are shared. */
  share({ recordings, ...head }: SlimCase): SlimCase {
    return { ...head, recordings: recordings.map((r) => this.#recording(r)) }
  }

  #recording(r: SlimRecording): SlimRecording {
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
