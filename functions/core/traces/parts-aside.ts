/** Parts of one trace as they lie aside, and back: what several of them say stands once. */
import { emptySpan, type Message, NOTHING, type Part, type Span, toldIn, type Where } from './span.ts'

/** A part that says which trace it is of. */
type Told = Exclude<Part, { readonly kind: 'unread' }>

export interface PartsAside {
  readonly trace: string
  readonly where: Where
  /** Messages of the spans, each once however many calls repeat it; of one that is words alone, who said which. */
  readonly messages: readonly (Message | readonly [role: Message['role'], text: string])[]
  /** Of each span which of its `COLUMNS` say anything, as bits, and then what they say; messages by their number. */
  readonly spans: readonly (readonly [columns: number, ...values: unknown[]])[]
  readonly others: readonly Exclude<Told, { readonly kind: 'span' }>[]
}

const COLUMNS = (Object.keys(NOTHING) as (keyof Span)[]).filter((name) => name !== 'trace')
const MAY_BE_EMPTY = COLUMNS.map((name) => typeof NOTHING[name] === 'object' && NOTHING[name] !== null)

/** @param parts at least one, all of one trace */
export function asideOf(parts: readonly Told[]): PartsAside {
  const { trace, where } = toldIn(parts[0]!)
  const numbers = new Map<Message, number>()
  const numberOf = (message: Message): number => {
    const known = numbers.get(message)
    if (known !== undefined) return known
    numbers.set(message, numbers.size)
    return numbers.size - 1
  }
  const spans: PartsAside['spans'][number][] = []
  const others: PartsAside['others'][number][] = []
  for (const part of parts) {
    if (part.kind !== 'span') {
      others.push(part)
      continue
    }
    const { span } = part
    const row: [number, ...unknown[]] = [0]
    for (let i = 0; i < COLUMNS.length; i++) {
      const name = COLUMNS[i]!
      const value = span[name]
      if ((value ?? false) === false || (MAY_BE_EMPTY[i] && isEmpty(value as object))) continue
      if (name === 'where' && isSame(span.where, where)) continue
      row[0] |= 1 << i
      row.push(name === 'input' || name === 'output' ? span[name]!.map(numberOf) : value)
    }
    spans.push(row)
  }
  return { trace, where, messages: [...numbers.keys()].map(shortOf), spans, others }
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false
  return true
}

const shortOf = (message: Message): PartsAside['messages'][number] =>
  message.calls.length === 0 && message.results.length === 0 && isEmpty(message.omitted)
    ? [message.role, message.text]
    : message

const isMessage = (message: PartsAside['messages'][number]): message is Message => !Array.isArray(message)

const wholeOf = (message: PartsAside['messages'][number]): Message =>
  isMessage(message) ? message : { role: message[0], text: message[1], calls: [], results: [], omitted: {} }

const isSame = (a: Where, b: Where): boolean => a === b || (a.file === b.file && a.at === b.at)

/** Spans that shared a message share it again. */
export function partsIn({ trace, where, messages: short, spans, others }: PartsAside): Told[] {
  const messages = short.map(wholeOf)
  const parts: Told[] = spans.map((row) => {
    const span = emptySpan()
    span.trace = trace
    span.where = where
    const fields = span as unknown as Record<string, unknown>
    let next = 1
    for (let bits = row[0]; bits !== 0; bits &= bits - 1) {
      const name = COLUMNS[31 - Math.clz32(bits & -bits)]!
      const value = row[next++]
      fields[name] =
        name === 'input' || name === 'output' ? (value as readonly number[]).map((at) => messages[at]) : value
    }
    return { kind: 'span', span }
  })
  return others.length === 0 ? parts : [...parts, ...others]
}
