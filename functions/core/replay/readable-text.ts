/** A text in which needed values are looked for: also through JSON that was written into it as text. */
import { daysOf, numbersOf, type SpelledDay, type SpelledNumber } from './spellings.ts'

/** Offsets in the whole text: where a value begins, and where it ends. */
export interface Found {
  readonly at: number
  readonly end: number
}
/** A number that stands there as a value of JSON. */
interface JsonNumber extends Found {
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
  readonly #original: string
  /** As far as they were needed: what is found in the text as it stands is looked for in no deeper one. */
  readonly #views: View[]
  #numbers: readonly SpelledNumber[] | null = null
  #days: readonly SpelledDay[] | null = null
  #jsonNumbers: readonly JsonNumber[] | null = null

  constructor(original: string) {
    this.#original = original
    const text = original.toLowerCase()
    this.length = text.length
    this.#views = [{ text, offsets: null }]
  }

  /** Where a lower-case text stands for itself, the first or the last time; null: nowhere. */
  bounded(value: string, isNumber: boolean, isLast: boolean): Found | null {
    return this.#find(value, isLast, (edges) => edges.every((e) => e === null), isNumber)
  }

  /** Where it stands as a part of something longer: of a word only when it is no short one, of a number never. */
  part(value: string, isNumber: boolean, isLast: boolean): Found | null {
    return this.#find(
      value,
      isLast,
      (edges) => !edges.includes('same') && (value.length >= SHORTEST_PART || !edges.includes('word')),
      isNumber,
    )
  }

  get numbers(): readonly SpelledNumber[] {
    this.#numbers ??= this.#all((view) => numbersOf(view.text).map((n) => ({ ...n, ...placed(view, n) })))
    return this.#numbers
  }

  get days(): readonly SpelledDay[] {
    this.#days ??= this.#all((view) => daysOf(view.text).map((d) => ({ ...d, ...placed(view, d) })))
    return this.#days
  }

  /** Numbers, also quoted ones, behind a quoted key; in a text that is JSON as a whole, those of lists as well. */
  get jsonNumbers(): readonly JsonNumber[] {
    if (this.#jsonNumbers) return this.#jsonNumbers
    // Looked at when the first number of a list is met: most texts that are JSON have none.
    let inLists: boolean | null = null
    const isInList = (): boolean => {
      inLists ??= /^\s*[[{]/.test(this.#original) && isJson(this.#original)
      return inLists
    }
    this.#jsonNumbers = this.#all((view) =>
      [...view.text.matchAll(JSON_NUMBER)].flatMap(({ index, 0: whole, 1: before, 3: number }) =>
        before!.startsWith('"') || isInList()
          ? [{ value: Number(number), ...placed(view, { at: index + before!.length, end: index + whole.length }) }]
          : [],
      ),
    )
    return this.#jsonNumbers
  }

  #find(value: string, isLast: boolean, isMatch: (edges: readonly Edge[]) => boolean, isNumber: boolean): Found | null {
    for (let level = 0; ; level++) {
      const view = this.#view(level)
      if (!view) return null
      let found: Found | null = null
      for (let at = view.text.indexOf(value); at >= 0; at = view.text.indexOf(value, at + 1)) {
        const end = at + value.length
        const edges = [edge(view.text, at, -1, isNumber), edge(view.text, end - 1, 1, isNumber)]
        if (!isMatch(edges)) continue
        found = placed(view, { at, end })
        if (!isLast) break
      }
      if (found) return found
    }
  }

  #all<T>(read: (view: View) => T[]): T[] {
    const found: T[] = []
    for (let level = 0; ; level++) {
      const view = this.#view(level)
      if (!view) return found
      found.push(...read(view))
    }
  }

  #view(level: number): View | null {
    const known = this.#views[level]
    if (known) return known
    const outer = this.#views.at(-1)!
    if (level > MAX_ENCODINGS || !outer.text.includes('\\')) return null
    const view = decoded(outer)
    this.#views.push(view)
    return view
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
const ESCAPE = /\\(?:u([0-9a-f]{4})|([\s\S]))/g

/** A view with one layer of JSON escapes taken away. */
function decoded({ text, offsets }: View): View {
  const parts: string[] = []
  const places = new Int32Array(text.length)
  let length = 0
  let from = 0
  const keep = (end: number) => {
    if (end > from) parts.push(text.slice(from, end))
    for (let at = from; at < end; at++) places[length++] = offsets ? offsets[at]! : at
  }
  for (const { index, 0: whole, 1: code, 2: char } of text.matchAll(ESCAPE)) {
    keep(index)
    from = index + whole.length
    const plain =
      code === undefined ? (ESCAPED[char!] ?? char!) : lowerCase(String.fromCharCode(Number.parseInt(code, 16)))
    parts.push(plain)
    places[length++] = offsets ? offsets[from - 1]! : from - 1
  }
  keep(text.length)
  return { text: parts.join(''), offsets: places.subarray(0, length) }
}

/** One code unit in lower case; the few that become two stay as they are, so that every offset holds. */
const lowerCase = (unit: string): string => (unit.toLowerCase().length === 1 ? unit.toLowerCase() : unit)

type Edge = 'same' | 'word' | 'joined' | null
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
function edge(text: string, at: number, direction: 1 | -1, isNumber: boolean): Edge {
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
