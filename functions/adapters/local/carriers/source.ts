/** Where rows come from: a file or a member of one, and how far its reader is. */
import { ImportError } from '../import/import-error.ts'

/** One record as its carrier held it. */
export interface Row {
  /** The file as it was named, or as it was found in a folder that was named; `-` for the standard input. */
  readonly file: string
  /** Where in the file: `line 3`, `item 7 of data`, `row 12`, `member samples/1.json`. */
  readonly at: string
  readonly value: unknown
  /** Characters of its text, or bytes; 0: it had none of its own. */
  readonly chars: number
  /** What stood around the value in an event of a log, such as its time, stream and id. */
  readonly around?: Readonly<Record<string, unknown>>
}

/** Largest record accepted unless told otherwise: a hundred times the largest recorded run at hand. */
export const MAX_ROW_BYTES = 8 * 1024 * 1024

/** What a text that is no UTF-8 is told, whatever carries it. */
export const AS_UTF8 = 'Export the file again as UTF-8'

/** What a file that was cut or damaged on its way is told. */
export const AGAIN = 'Fetch or export the file again'

export class Source {
  readonly file: string
  readonly member: string | null
  /** Place that the reader looks at, as rows name it; null before the first one. */
  at: string | null = null

  constructor(file: string, member: string | null = null) {
    this.file = file
    this.member = member
  }

  row(at: string, value: unknown, chars = 0): Row {
    return { file: this.file, at: this.placeOf(at), value, chars }
  }

  /** A problem at the place that the reader looks at; `at: null` for one of the file as a whole. */
  refuse(problem: string, todo: string, at: string | null = this.at): ImportError {
    const line = this.member === null && at !== null ? lineOf(at) : null
    const place = at === null && this.member === null ? null : this.placeOf(at ?? WHOLE)
    return new ImportError({
      file: this.file,
      line,
      field: line === null ? place : null,
      problem,
      todo,
    })
  }

  placeOf(at: string): string {
    if (this.member === null) return at
    return at === WHOLE ? `member ${this.member}` : `member ${this.member}, ${at}`
  }
}

/** The line that a place names; null for any other place. */
export function lineOf(at: string): number | null {
  const line = /^line (\d+)$/.exec(at)?.[1]
  return line === undefined ? null : Number(line)
}

/** Place of a row that is a whole document. */
export const WHOLE = 'the document'
