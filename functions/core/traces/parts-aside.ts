/** Parts of one trace as they lie aside, and back: what several of them say stands once. */
import { type Message, NOTHING, type Part, type Span, spanOf, toldIn, type Where } from './span.ts'

/** A part that says which trace it is of. */
type Told = Exclude<Part, { readonly kind: 'unread' }>

export interface PartsAside {
  readonly trace: string
  readonly where: Where
  /** Messages of the spans, each once however many calls repeat it. */
  readonly messages: readonly Message[]
  /** Spans as the values of their `COLUMNS`, messages by their number; null: as where nothing is known. */
  readonly spans: readonly (readonly unknown[])[]
  readonly others: readonly Exclude<Told, { readonly kind: 'span' }>[]
}

const COLUMNS = (Object.keys(NOTHING) as (keyof Span)[]).filter((name) => name !== 'trace')

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
  const spans: unknown[][] = []
  const others: PartsAside['others'][number][] = []
  for (const part of parts) {
    if (part.kind !== 'span') {
      others.push(part)
      continue
    }
    const { span } = part
    spans.push(
      COLUMNS.map((name) => {
        const value = span[name]
        if (value === NOTHING[name] || (name === 'where' && isSame(span.where, where))) return null
        return name === 'input' || name === 'output' ? span[name]!.map(numberOf) : value
      }),
    )
  }
  return { trace, where, messages: [...numbers.keys()], spans, others }
}

const isSame = (a: Where, b: Where): boolean => a === b || (a.file === b.file && a.at === b.at)

/** Spans that shared a message share it again. */
export function partsIn({ trace, where, messages, spans, others }: PartsAside): Told[] {
  const parts: Told[] = spans.map((values) => {
    const span = spanOf({ trace, span: '', where }) as unknown as Record<string, unknown>
    for (let i = 0; i < COLUMNS.length; i++) {
      const [name, value] = [COLUMNS[i]!, values[i]]
      if (value === null) continue
      span[name] =
        name === 'input' || name === 'output' ? (value as readonly number[]).map((at) => messages[at]) : value
    }
    return { kind: 'span', span: span as unknown as Span }
  })
  return others.length === 0 ? parts : [...parts, ...others]
}
