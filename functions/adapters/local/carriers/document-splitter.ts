/**
 * Cuts a stream of JSON documents into the elements of their lists and what stands around those, as bytes. It knows strings,
 * brackets and commas; what it hands out is parsed, and so checked, by whoever takes it. (The streaming parsers at hand
 * read 24 MB/s where `JSON.parse` reads 150: a large document would take six times as long as the same records in lines.)
 */
import { ByteParts } from './byte-parts.ts'
import { jsonValue, strictJson } from './json-value.ts'
import { HERE, LISTS, type ListPlace, type OpenList, openedList, withoutLists } from './lists.ts'
import { AGAIN, type Source, WHOLE } from './source.ts'

export type Piece =
  | { readonly kind: 'element'; readonly list: OpenList; readonly at: string; readonly bytes: Buffer }
  /** What a document is without the elements of the lists that were handed out; those stand in it empty. */
  | { readonly kind: 'around'; readonly lists: readonly OpenList[]; readonly at: string; readonly bytes: Buffer }

const [QUOTE, COMMA, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [
  0x22, 0x2c, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d,
] as const

/** How often a list is looked for in one document. */
const MOST_TRIES = 100

/** Feed chunks with `push`, and say `end` when nothing follows. */
export class DocumentSplitter {
  readonly #source: Source
  readonly #maxBytes: number
  #documents = 0
  #level = 0
  #inString = false
  #escaped = false
  readonly #around = new ByteParts()
  readonly #element = new ByteParts()
  #lists: OpenList[] = []
  #tries = 0
  #list: OpenList | null = null
  /** Level at which the elements of the open list are parted by commas; 0: none is open. */
  #listLevel = 0
  #index = 0
  /** Cuts the element at hand, which is too long to be one row, and knows where it ends. */
  #inner: DocumentSplitter | null = null
  /** Index behind the end of the element that this one cuts, in the chunk that held it; null: it goes on. */
  #over: number | null = null
  readonly #places: readonly ListPlace[]
  /** Place of the element that this one cuts; null for documents. */
  readonly #within: string | null
  readonly #levels: number

  constructor(source: Source, maxBytes: number, places: readonly ListPlace[] = LISTS, within: string | null = null) {
    this.#source = source
    this.#maxBytes = maxBytes
    this.#places = places
    this.#within = within
    this.#levels = Math.max(...places.map(({ path }) => path.length))
    source.at = this.#ofDocument(WHOLE)
  }

  /** @throws ImportError: an element, or what stands around the lists, is longer than `maxBytes` */
  push(chunk: Buffer): Piece[] {
    const pieces: Piece[] = []
    let begin = this.#cutOn(chunk, pieces)
    let level = this.#level
    let listLevel = this.#listLevel
    for (let i = this.#inString ? this.#endOfString(chunk, begin) : begin; i < chunk.length; i++) {
      const byte = chunk[i]!
      if (byte === QUOTE && level > 0) {
        i = this.#endOfString(chunk, i + 1) - 1
      } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        if (listLevel === 0 && byte === OPEN_LIST && level <= this.#levels) {
          this.#keep(chunk.subarray(begin, i), pieces)
          begin = i
          if (this.#openList(level)) {
            this.#keep(chunk.subarray(i, i + 1), pieces)
            begin = i + 1
            listLevel = level + 1
            this.#begin(listLevel)
          }
        }
        level++
      } else if (level === 0) {
        if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) throw this.#stray(chunk, i)
        begin = i + 1
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        level--
        if (level < listLevel) {
          this.#keep(chunk.subarray(begin, i), pieces)
          this.#endElement(pieces, true)
          begin = i
          listLevel = 0
          this.#begin(0)
        }
        if (level > 0) continue
        this.#keep(chunk.subarray(begin, i + 1), pieces)
        begin = i + 1
        this.#endDocument(pieces)
        if (this.#within === null) continue
        this.#over = begin
        break
      } else if (byte === COMMA && level === listLevel) {
        this.#keep(chunk.subarray(begin, i), pieces)
        this.#endElement(pieces, false)
        begin = i + 1
      }
    }
    if (this.#over === null) this.#keep(chunk.subarray(begin), pieces)
    this.#level = level
    return pieces
  }

  /** Index behind what an element that is cut has of a chunk: nobody but who cuts it looks at those bytes. */
  #cutOn(chunk: Buffer, pieces: Piece[]): number {
    const inner = this.#inner
    if (inner === null) return 0
    const wasOver = inner.#over !== null
    if (!wasOver) this.#cut(inner.push(chunk), pieces)
    if (inner.#over === null) return chunk.length
    this.#level = this.#listLevel
    this.#inString = this.#escaped = false
    return wasOver ? 0 : inner.#over
  }

  /** Index behind the closing quote of a string that goes on at `from`; the chunk's length if it does not end in it. */
  #endOfString(chunk: Buffer, from: number): number {
    let escaped = this.#escaped
    for (let i = from; i < chunk.length; i++) {
      const byte = chunk[i]
      if (escaped) escaped = false
      else if (byte === BACKSLASH) escaped = true
      else if (byte === QUOTE) {
        this.#inString = this.#escaped = false
        return i + 1
      }
    }
    this.#inString = true
    this.#escaped = escaped
    return chunk.length
  }

  end(): void {
    if (this.#level > 0) throw this.#source.refuse('the document ends in the middle: the file is truncated', AGAIN)
  }

  #keep(bytes: Buffer, pieces: Piece[]): void {
    if (this.#inner !== null) {
      this.#cut(this.#inner.push(bytes), pieces)
      return
    }
    const parts = this.#listLevel > 0 ? this.#element : this.#around
    parts.push(bytes)
    if (parts.bytes <= this.#maxBytes) return
    const inner = this.#listLevel > 0 ? this.#list!.inner : []
    if (inner.length === 0) throw this.#tooLong()
    this.#inner = new DocumentSplitter(this.#source, this.#maxBytes, inner, this.#at(this.#index + 1))
    this.#cut(this.#inner.push(parts.take()), pieces)
  }

  #tooLong() {
    const isElement = this.#listLevel > 0 || this.#within !== null
    const what = isElement ? 'the element' : 'what stands around the lists of the document'
    const todo = 'Split it into smaller records: a list of records is read one by one, whatever its length'
    return this.#source.refuse(`${what} is longer than ${this.#maxBytes} bytes`, todo)
  }

  /** Parts of the element at hand, each in the envelope of the element, and that in the envelope of the list. */
  #cut(parts: readonly Piece[], pieces: Piece[]): void {
    const list = this.#list!
    for (const part of parts) {
      if (part.kind === 'around') this.#checkLate(part)
      const wrap = (value: unknown) => list.wrap(part.kind === 'around' ? value : part.list.wrap(value))
      pieces.push({ kind: 'element', list: { ...list, wrap }, at: part.at, bytes: part.bytes })
    }
  }

  /** What stands behind the list in an element that is cut cannot be said of the parts that were handed out before. */
  #checkLate({ bytes, lists, at }: Piece & { readonly kind: 'around' }): void {
    const value = jsonValue(this.#source, bytes.toString('utf8'), 'the element')
    const all = withoutLists(value, lists) as Record<string, unknown>
    const said = (lists[0]?.envelope ?? all) as Record<string, unknown>
    const late = Object.keys(all).find((key) => typeof all[key] === 'object' && all[key] !== null && !(key in said))
    if (late === undefined) return
    const problem = `the element is longer than ${this.#maxBytes} bytes, and names ${JSON.stringify(late)} behind its list`
    throw this.#source.refuse(problem, 'Export in smaller batches', at)
  }

  /** Whether the list that begins here is one at which a document is split. */
  #openList(level: number): boolean {
    this.#list = level === 0 ? this.#opened(HERE) : this.#namedList(level)
    if (this.#list === null) return false
    this.#lists.push(this.#list)
    return true
  }

  #opened(outer: unknown): OpenList | null {
    return openedList(outer, this.#places, this.#within !== null)
  }

  #namedList(level: number): OpenList | null {
    const name = /"([^"\\]*)"\s*:\s*$/.exec(this.#around.tail(128))?.[1]
    if (!this.#places.some(({ path }) => path.at(-1) === name) || this.#tries++ >= MOST_TRIES) return null
    try {
      return this.#opened(strictJson(`${this.#around.text()}${JSON.stringify(HERE)}${'}'.repeat(level)}`))
    } catch {
      return null // what is wrong there is told when all of it is parsed
    }
  }

  /** Elements of a list begin, or, at level 0, what follows it. */
  #begin(listLevel: number): void {
    this.#listLevel = listLevel
    this.#index = 0
    this.#source.at = listLevel > 0 ? this.#at(1) : this.#aroundLists()
  }

  #endElement(pieces: Piece[], last: boolean): void {
    if (this.#inner !== null) {
      this.#inner = null
      this.#index++
      this.#source.at = this.#at(this.#index + 1)
      return
    }
    const bytes = this.#element.take()
    if (last && this.#index === 0 && isBlank(bytes)) return
    this.#index++
    pieces.push({ kind: 'element', list: this.#list!, at: this.#source.at!, bytes })
    this.#source.at = this.#at(this.#index + 1)
  }

  #endDocument(pieces: Piece[]): void {
    pieces.push({ kind: 'around', lists: this.#lists, at: this.#aroundLists(), bytes: this.#around.take() })
    this.#documents++
    this.#lists = []
    this.#tries = 0
    this.#source.at = this.#ofDocument(WHOLE)
  }

  #at(item: number): string {
    const name = this.#list!.path.join('.')
    return this.#ofDocument(name === '' ? `item ${item}` : `item ${item} of ${name}`)
  }

  #aroundLists(): string {
    const names = this.#lists.map(({ path }) => path.join('.'))
    return this.#ofDocument(names.length === 0 ? WHOLE : `around ${names.join(', ')}`)
  }

  #ofDocument(at: string): string {
    if (this.#within !== null) return at === WHOLE ? this.#within : `${this.#within}, ${at}`
    if (this.#documents === 0) return at
    return at === WHOLE ? `document ${this.#documents + 1}` : `${at} in document ${this.#documents + 1}`
  }

  #stray(chunk: Buffer, at: number) {
    if (this.#within !== null) return this.#tooLong()
    const text = JSON.stringify(chunk.toString('latin1', at, at + 20))
    const todo = 'Give one JSON document, or one record a line'
    return this.#source.refuse(`${text} stands where a document should begin`, todo)
  }
}

const isBlank = (bytes: Buffer): boolean => !/\S/.test(bytes.toString('latin1'))
