/** Rows of JSON documents of any length: a row an element of their lists, and one of what stands around those. */
import type { Bytes } from './bytes.ts'
import { DocumentSplitter, type Piece } from './document-splitter.ts'
import { jsonValue } from './json-value.ts'
import { withoutLists } from './lists.ts'
import type { Row, Source } from './source.ts'
import { decoded } from './text-lines.ts'

/**
 * An element comes in its own envelope, `{"resourceSpans":[ELEMENT]}`, with the scalar fields that stood before the list.
 * What no element says, such as `"has_more": true` behind the list, comes as a last row, in which the lists are empty. A
 * document without such a list is one row. Documents may stand one after the other.
 */
export async function* documentRows(
  source: Source,
  bytes: Bytes,
  maxBytes: number,
): AsyncGenerator<readonly Row[], void, undefined> {
  const splitter = new DocumentSplitter(source, maxBytes)
  const rows = new PieceRows(source)
  for await (const chunk of bytes) yield rows.of(splitter.push(chunk))
  splitter.end()
}

class PieceRows {
  readonly #source: Source
  /** What the elements of the document said of their envelope; null: there was none. */
  #said: unknown = null

  constructor(source: Source) {
    this.#source = source
  }

  of(pieces: readonly Piece[]): Row[] {
    const next = this.#source.at
    const rows = pieces.flatMap((piece) => this.#row(piece) ?? [])
    this.#source.at = next
    return rows
  }

  #row(piece: Piece): Row | null {
    const { at, bytes } = piece
    this.#source.at = at
    const what = piece.kind === 'element' ? 'the element' : 'the document'
    const text = decoded(this.#source, bytes, what)
    const value = jsonValue(this.#source, text, what)
    if (piece.kind === 'element') {
      this.#said ??= piece.list.envelope
      return this.#source.row(at, piece.list.wrap(value), text.length)
    }
    const said = this.#said
    this.#said = null
    if (Array.isArray(value)) return null
    if (said !== null && JSON.stringify(said) === JSON.stringify(withoutLists(value, piece.lists))) return null
    return this.#source.row(at, value, text.length)
  }
}
