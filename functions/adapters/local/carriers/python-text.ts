/**
 * Lists and dictionaries as Python prints them (`{'a': None}`): a table that `pandas` or `csv` wrote without making JSON of its cells holds
 * them.
 */

/** Does a text begin as a dictionary, or a list of them, of Python, which JSON cannot? */
export const looksLikePython = (text: string): boolean => /^\s*(\{|\[[[\s]*\{?)\s*'/.test(text)

/** Is it beyond doubt meant as one: does it begin with a name and a colon? */
export const isPythonFields = (text: string): boolean => /^\s*[[\s]*\{\s*'[\w.]+'\s*:/.test(text)

/** What a text of Python says, as JSON; null: it is none, to its end. */
export function jsonOfPython(text: string): string | null {
  try {
    const reader = new Reader(text)
    const value = reader.value(0)
    return reader.isAtEnd() ? JSON.stringify(value) : null
  } catch (error) {
    if (error instanceof NoPython) return null
    throw error
  }
}

class NoPython extends Error {}

const DEEPEST = 200
const SPACE = /[\s]*/y
const NUMBER = /[-+]?(\d[\d_]*(\.\d*)?|\.\d+)(e[-+]?\d+)?/iy
const NAME = /[A-Za-z_][\w.]*/y
const PLAIN = /[^'"\\]+/y
const WORDS: Readonly<Record<string, unknown>> = { None: null, True: true, False: false, nan: null, NaT: null }
const ESCAPES: Readonly<Record<string, string>> = {
  ...{ n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', a: '\u0007', '0': '\0', '\n': '' },
}
const CODE: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  isAtEnd(): boolean {
    this.#take(SPACE)
    return this.#at === this.#text.length
  }

  value(depth: number): unknown {
    if (depth > DEEPEST) throw new NoPython()
    this.#take(SPACE)
    const sign = this.#text[this.#at]
    if (sign === '{') return this.#braces(depth)
    if (sign === '[') return this.#items(']', depth)
    if (sign === '(') return this.#items(')', depth)
    if (sign === "'" || sign === '"') return this.#string(sign)
    if (sign === '<') return this.#member(depth)
    const number = this.#take(NUMBER)
    if (number) return Number(number.replaceAll('_', ''))
    const name = this.#take(NAME)
    if (!name) throw new NoPython()
    if (name in WORDS) return WORDS[name]
    return this.#made(name, depth)
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }

  #eat(sign: string): boolean {
    this.#take(SPACE)
    if (this.#text[this.#at] !== sign) return false
    this.#at++
    return true
  }

  /** A dictionary; a set is a list. */
  #braces(depth: number): unknown {
    this.#at++
    const fields: [string, unknown][] = []
    const items: unknown[] = []
    while (!this.#eat('}')) {
      const key = this.value(depth + 1)
      if (this.#eat(':')) fields.push([String(key), this.value(depth + 1)])
      else items.push(key)
      if (!this.#eat(',') && this.#text[this.#at] !== '}') throw new NoPython()
    }
    if (items.length > 0 && fields.length > 0) throw new NoPython()
    return items.length > 0 ? items : Object.fromEntries(fields)
  }

  /** Between the items of an array of numpy stands no comma. */
  #items(end: string, depth: number): unknown[] {
    this.#at++
    const items: unknown[] = []
    while (!this.#eat(end)) {
      items.push(this.value(depth + 1))
      this.#eat(',')
    }
    return items
  }

  #string(quote: string): string {
    this.#at++
    let text = ''
    for (;;) {
      text += this.#take(PLAIN)
      const sign = this.#text[this.#at++]
      if (sign === undefined) throw new NoPython()
      if (sign === quote) return text
      if (sign !== '\\') text += sign
      else text += this.#escaped()
    }
  }

  #escaped(): string {
    const sign = this.#text[this.#at++] ?? ''
    const digits = CODE[sign]
    if (digits === undefined) return ESCAPES[sign] ?? sign
    const code = this.#text.slice(this.#at, this.#at + digits)
    this.#at += digits
    const point = /^[\da-f]+$/i.test(code) ? Number.parseInt(code, 16) : 0x110000
    if (code.length < digits || point > 0x10ffff) throw new NoPython()
    return String.fromCodePoint(point)
  }

  /** Of an enumeration, `<Kind.llm: 'llm'>`: its value. */
  #member(depth: number): unknown {
    this.#at++
    this.#take(NAME)
    if (!this.#eat(':')) throw new NoPython()
    const value = this.value(depth + 1)
    if (!this.#eat('>')) throw new NoPython()
    return value
  }

  /** What a class made: an instant, one value in its wrapping (`UUID('…')`, `array([…])`), or fields by name (`HumanMessage(content='…')`). */
  #made(name: string, depth: number): unknown {
    if (!this.#eat('(')) {
      if (/^(datetime\.timezone\.)?utc$/i.test(name)) return name
      throw new NoPython()
    }
    const given: unknown[] = []
    const named: [string, unknown][] = []
    while (!this.#eat(')')) {
      this.#take(SPACE)
      const before = this.#at
      const key = this.#take(NAME)
      if (key && this.#eat('=')) named.push([key, key === 'dtype' ? this.#take(NAME) : this.value(depth + 1)])
      else {
        this.#at = before
        given.push(this.value(depth + 1))
      }
      if (!this.#eat(',') && this.#text[this.#at] !== ')') throw new NoPython()
    }
    if (name.endsWith('datetime')) return instantOf(given, named)
    if (given.length === 1 && named.every(([key]) => key === 'dtype' || key === 'tz')) return given[0]
    if (given.length > 0 || named.length === 0) throw new NoPython()
    return { type: name.slice(name.lastIndexOf('.') + 1), ...Object.fromEntries(named) }
  }
}

/** Without a zone it is UTC, as exports mean it; of another zone than that nothing is guessed. */
function instantOf(given: readonly unknown[], named: readonly (readonly [string, unknown])[]): string {
  const zone = named.find(([key]) => key === 'tzinfo')?.[1] ?? null
  if (zone !== null && !/^(0|(datetime\.timezone\.)?utc)$/i.test(String(zone))) throw new NoPython()
  const [year, month, day, hour = 0, minute = 0, second = 0, micro = 0] = given.map(Number)
  const of = (n: number | undefined, digits: number) => String(n).padStart(digits, '0')
  return `${of(year, 4)}-${of(month, 2)}-${of(day, 2)}T${of(hour, 2)}:${of(minute, 2)}:${of(second, 2)}.${of(micro, 6)}Z`
}
