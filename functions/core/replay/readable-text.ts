/** A text in which needed values are looked for: also through JSON that was written into it as text. */
import { daysOf, numbersOf, type SpelledDay, type SpelledNumber } from './spellings.ts'

/** Offsets in the whole text: where a value begins, and where it ends. */
export interface Found {
  readonly at: number
  readonly end: number
}
/** A number that stands there as a value of JSON. */
export interface JsonNumber extends Found {
  readonly value: number
}

/** One layer of encoding. `offsets`: where each character stands in the whole text, and where the last one ends. */
interface View {
  readonly text: string
  readonly offsets: Int32Array | null
}

const MAX_ENCODINGS = 3
/** Shorter texts stand inside other words by chance. */
const SHORTEST_PART = 5
const JSON_NUMBER = /("\s*:\s*|[[,]\s*)("?)(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?)\2(?=\s*[,}\]])/g

export class ReadableText {
  readonly length: number
  readonly #views: readonly View[]
  readonly #isJson: boolean
  #numbers: readonly SpelledNumber[] | null = null
  #days: readonly SpelledDay[] | null = null
  #jsonNumbers: readonly JsonNumber[] | null = null

  constructor(original: string) {
    const text = original.toLowerCase()
    this.length = text.length
    this.#isJson = /^\s*[[{]/.test(original) && isJson(original)
    const views: View[] = [{ text, offsets: null }]
    while (views.length <= MAX_ENCODINGS && views.at(-1)!.text.includes('\\')) views.push(decoded(views.at(-1)!))
    this.#views = views
  }

  /** Where a lower-case text stands for itself (`bounded`), and where as a part of something longer. Never inside a number. */
  occurrences(value: string, isNumber: boolean): { readonly bounded: Found[]; readonly parts: Found[] } {
    const bounded: Found[] = []
    const parts: Found[] = []
    for (const view of this.#views)
      for (let at = view.text.indexOf(value); at >= 0; at = view.text.indexOf(value, at + 1)) {
        const end = at + value.length
        const edges = [edge(view.text, at, -1, isNumber), edge(view.text, end - 1, 1, isNumber)]
        if (edges.includes('same') || (edges.includes('word') && value.length < SHORTEST_PART)) continue
        ;(edges.some((e) => e !== null) ? parts : bounded).push(placed(view, { at, end }))
      }
    return { bounded, parts }
  }

  get numbers(): readonly SpelledNumber[] {
    this.#numbers ??= this.#views.flatMap((view) => numbersOf(view.text).map((n) => ({ ...n, ...placed(view, n) })))
    return this.#numbers
  }

  get days(): readonly SpelledDay[] {
    this.#days ??= this.#views.flatMap((view) => daysOf(view.text).map((d) => ({ ...d, ...placed(view, d) })))
    return this.#days
  }

  /** Numbers, also quoted ones, behind a quoted key; in a text that is JSON as a whole, those of lists as well. */
  get jsonNumbers(): readonly JsonNumber[] {
    this.#jsonNumbers ??= this.#views.flatMap((view) =>
      [...view.text.matchAll(JSON_NUMBER)].flatMap(({ index, 0: whole, 1: before, 3: number }) =>
        before!.startsWith('"') || this.#isJson
          ? [{ value: Number(number), ...placed(view, { at: index + before!.length, end: index + whole.length }) }]
          : [],
      ),
    )
    return this.#jsonNumbers
  }
}

function placed({ offsets }: View, { at, end }: Found): Found {
  return offsets ? { at: offsets[at]!, end: offsets[end - 1]! + 1 } : { at, end }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

/** A view with one layer of JSON escapes taken away. */
function decoded({ text, offsets }: View): View {
  let result = ''
  const places: number[] = []
  for (let at = 0; at < text.length; at++) {
    let char = text[at]!
    const next = text[at + 1]
    if (char === '\\' && next !== undefined) {
      const code = next === 'u' ? /^[0-9a-f]{4}/.exec(text.slice(at + 2, at + 6))?.[0] : undefined
      char = code === undefined ? (ESCAPED[next] ?? next) : String.fromCharCode(Number.parseInt(code, 16)).toLowerCase()
      at += code === undefined ? 1 : 5
    }
    for (const _ of Array.from({ length: char.length })) places.push(offsets ? offsets[at]! : at)
    result += char
  }
  return { text: result, offsets: Int32Array.from(places) }
}

type Kind = 'letter' | 'digit' | 'joiner' | 'other'

function kindOf(char: string | undefined): Kind {
  if (char === undefined) return 'other'
  if (char >= '0' && char <= '9') return 'digit'
  if (char >= 'a' && char <= 'z') return 'letter'
  if ('-_.@'.includes(char)) return 'joiner'
  if (char < '\u0080') return 'other'
  return /\p{L}|\p{M}/u.test(char) ? 'letter' : /\p{N}/u.test(char) ? 'digit' : 'other'
}

/**
 * What a value's first or last character touches outside: `same`, a number that goes on; `word`, a word that goes on; `joined`,
 * another part of a longer id; null, nothing. The id R-7 does not stand in R-71, nor the number 1200 in 1200.50.
 */
function edge(text: string, at: number, direction: 1 | -1, isNumber: boolean): 'same' | 'word' | 'joined' | null {
  const inside = kindOf(text[at])
  if (inside !== 'letter' && inside !== 'digit') return null
  const touching = text[at + direction]
  const outside = kindOf(touching)
  if (outside === inside) return inside === 'digit' ? 'same' : 'word'
  if (outside === 'letter' || outside === 'digit') return 'joined'
  const beyond = kindOf(text[at + 2 * direction])
  const goesOn = beyond === 'letter' || beyond === 'digit'
  if (isNumber && beyond === 'digit') {
    if (touching === '.' || touching === ',') return 'same'
    if (touching === '/' || touching === ':') return 'joined'
  }
  if (isNumber && direction < 0 && touching === '-') return 'joined'
  return outside === 'joiner' && goesOn ? 'joined' : null
}
