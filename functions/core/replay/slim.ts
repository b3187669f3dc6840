/** Cases as a search goes on with them: what only the baseline's proof read is gone, and equal values are one. */
import type { Recording, ReplayCase } from '#schemas/replay-case.ts'
import { digestOf } from '../canonical.ts'

/**
 * What replays and evaluators read of a recording: all but what only its baseline's proof does. A whole recording is one,
 * so whoever is handed this reads the same of a search case and of a sealed one.
 */
export type BareRecording = Omit<Recording, 'recorded' | 'actions'> & {
  actions: Omit<Recording['actions'], 'arguments'>
  /** Of a slim one, whose arguments are gone: some of them were null. */
  nullArguments?: true
}

const NULL = digestOf(null)

/** Were arguments recorded as null: nobody knows what they were. */
export const hasNullArguments = ({ actions, nullArguments }: BareRecording): boolean =>
  nullArguments ?? (actions as Partial<Recording['actions']>).arguments?.includes(NULL) ?? false

/** A recording as a search goes on with it. */
export type SlimRecording = BareRecording & {
  /** Digest of what was decided, which tells two recordings of a case apart; empty where there is one alone. */
  readonly decided: string
}

/** A case whose baseline is proved. */
export type SlimCase = Omit<ReplayCase, 'recordings'> & {
  readonly recordings: SlimRecording[]
  /** As in the head of a case (`evaluate/floor-letters.ts`). */
  readonly floors?: string
}

/** A case without what only its baseline's proof read. The same replays and verdicts come of it. */
export function slim({ recordings, ...head }: ReplayCase): SlimCase {
  const isOne = recordings.length === 1
  return {
    ...head,
    recordings: recordings.map(({ recorded: _, actions, outcome, ...rest }) => {
      const { arguments: args, ...acts } = actions
      return {
        ...rest,
        outcome,
        actions: acts,
        ...(args.includes(NULL) && { nullArguments: true as const }),
        decided: isOne ? '' : digestOf([outcome.status, outcome.outputs, actions.name, args]),
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

/** Parts of a recording whose columns stand by themselves. */
const GROUPS = new Set(['evidence', 'tools', 'memory', 'calls', 'hops', 'actions', 'approvals', 'needs'])

/** A recording as `SharedText` writes it: its shape, then a value for each field: a number of the table, or the value itself in brackets. */
type Row = readonly [shape: number, ...fields: (number | readonly [unknown])[]]

/** Names of fields of one group. */
interface Fields {
  readonly group: string | null
  readonly names: string[]
}

/**
 * Cases as text, in which what an earlier case had stands by its number: what is read again and again is most of all parsed
 * again and again. Tables of settings read from it are one object, frozen, so that their plans are made once.
 */
export class SharedText {
  readonly #numbers = new Map<string, number>()
  readonly #values: unknown[] = []
  readonly #shapes: (Fields[] | undefined)[] = []
  /** Columns that one case had so far. */
  readonly #seen = new Set<string>()

  write({ recordings, ...head }: SlimCase): string {
    const rows = recordings.map((r): Row => {
      const fields = fieldsOf(r)
      const shape = fields.map(([group, name]) => [group, name])
      return [this.#number(JSON.stringify(shape)), ...fields.map(([, , value]) => this.#value(value))]
    })
    return JSON.stringify([head, ...rows])
  }

  read(text: string): SlimCase {
    const [head, ...rows] = JSON.parse(text) as [Omit<SlimCase, 'recordings'>, ...Row[]]
    return { ...head, recordings: rows.map((row) => this.#recording(row)) }
  }

  #recording(row: Row): SlimRecording {
    const recording: Record<string, unknown> = {}
    const value = (at: number): unknown => {
      const field = row[at]!
      return typeof field === 'number' ? this.#values[field] : field[0]
    }
    let at = 1
    for (const { group, names } of this.#shape(row[0])) {
      const part = group === null ? recording : ((recording[group] as Record<string, unknown> | undefined) ?? {})
      for (const name of names) part[name] = value(at++)
      if (group !== null) recording[group] = part
    }
    return recording as SlimRecording
  }

  /** Fields of a row in their order, those of one group that follow each other together. */
  #shape(number: number): readonly Fields[] {
    let shape = this.#shapes[number]
    if (!shape) {
      shape = []
      for (const [group, name] of this.#values[number] as readonly (readonly [string | null, string])[]) {
        const last = shape.at(-1)
        if (last?.group === group) last.names.push(name)
        else shape.push({ group, names: [name] })
      }
      this.#shapes[number] = shape
    }
    return shape
  }

  #value(value: unknown): number | readonly [unknown] {
    if (typeof value !== 'object' || value === null) return [value]
    const text = JSON.stringify(value)
    if (text.length > LONGEST_SHARED) return [value]
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const isTable = !Array.isArray(value)
    if (this.#values.length >= (isTable ? 2 : 1) * MOST_SHARED) return [value]
    // What one case has alone would fill the table: a column has its number from the second case on.
    if (!isTable && !this.#seen.has(text)) {
      if (this.#seen.size >= MOST_SHARED) this.#seen.clear()
      this.#seen.add(text)
      return [value]
    }
    this.#seen.delete(text)
    return this.#number(text)
  }

  #number(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const number = this.#values.push(Object.freeze(JSON.parse(text))) - 1
    this.#numbers.set(text, number)
    return number
  }
}

/** Fields of a recording, group by group; null: it stands in none. */
function fieldsOf(recording: SlimRecording): (readonly [string | null, string, unknown])[] {
  const fields: (readonly [string | null, string, unknown])[] = []
  for (const [name, value] of Object.entries(recording))
    if (GROUPS.has(name))
      for (const [column, values] of Object.entries(value as object)) fields.push([name, column, values])
    else fields.push([null, name, value])
  return fields.filter(([, , value]) => value !== undefined)
}
