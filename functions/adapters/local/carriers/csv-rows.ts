/** Rows of a table in text: names in the first line, a record a line below; commas, semicolons or tabs between the cells. */
import { Readable } from 'node:stream'
import { type Bytes, withHead } from './bytes.ts'
import { isPythonFields, jsonOfPython, looksLikePython } from './python-text.ts'
import { AS_UTF8, type Row, type Source } from './source.ts'

const BATCH = 500
const BATCH_CHARS = 4_000_000

/** Every cell stays the text that it is, but what Python printed is JSON: that, and numbers, are read by whoever knows the column. */
export async function* csvRows(
  source: Source,
  bytes: Bytes,
  maxBytes: number,
): AsyncGenerator<readonly Row[], void, undefined> {
  const { CsvError, parse } = await import('csv-parse') // only who imports a table pays for its reader
  const { head, all } = await withHead(bytes, (head) => head.includes(0x0a) || head.length > maxBytes)
  const parser = parse({
    bom: true,
    delimiter: delimiterOf(head),
    from_line: SEPARATOR.test(firstLine(head)) ? 2 : 1,
    max_record_size: maxBytes,
    skip_empty_lines: true,
    columns: (names: string[]) => {
      for (const name of names)
        if (name.trim() === '' || names.indexOf(name) !== names.lastIndexOf(name))
          throw source.refuse(
            `the table names ${JSON.stringify(name)} ${name.trim() === '' ? 'as a column' : 'twice'} in its first line`,
            'Give every column a name of its own',
            'line 1',
          )
      return names
    },
  })
  const input = Readable.from(checked(source, all), { objectMode: false })
  input.on('error', (error) => parser.destroy(error))
  input.pipe(parser)
  let rows: Row[] = []
  let row = 0
  let held = 0
  try {
    for await (const record of parser as AsyncIterable<Record<string, string>>) {
      row++
      source.at = `row ${row}`
      const chars = Object.values(record).reduce((sum, cell) => sum + cell.length, 0)
      held += chars
      rows.push(source.row(source.at, withoutPython(record, source), chars))
      if (rows.length === BATCH || held >= BATCH_CHARS) {
        yield rows
        rows = []
        held = 0
      }
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const problem =
      error.code === 'CSV_MAX_RECORD_SIZE'
        ? `the row is longer than ${maxBytes} bytes`
        : `the table cannot be read (${error.message})`
    throw source.refuse(problem, 'Export it again as CSV with a first line of names', `line ${error.lines}`)
  } finally {
    input.destroy()
  }
  yield rows
}

/** By convention what stands there is text, whatever it looks like. */
const IS_TEXT = /(^|\.)(input|output)\.value$/

/** A row whose lists and dictionaries are JSON; where one is Python's, so are its other words. */
function withoutPython(record: Record<string, string>, source: Source): Record<string, string> {
  const made = Object.entries(record).flatMap(([name, cell]): [string, string][] => {
    if (!looksLikePython(cell) || IS_TEXT.test(name)) return []
    const json = jsonOfPython(cell)
    if (json === null && isPythonFields(cell))
      throw source.refuse(
        `column ${JSON.stringify(name)} holds a value as Python prints it, which cannot be read to its end`,
        'Write such columns with json.dumps, or the table with DataFrame.to_json(orient="records", lines=True)',
        source.at,
      )
    return json === null ? [] : [[name, json]]
  })
  if (made.length === 0) return { ...record }
  const words = Object.entries(record).flatMap(([name, cell]): [string, string][] =>
    cell in WORDS ? [[name, WORDS[cell]!]] : [],
  )
  return { ...record, ...Object.fromEntries(words), ...Object.fromEntries(made) }
}

const WORDS: Readonly<Record<string, string>> = { None: '', True: 'true', False: 'false' }

/** As spreadsheets say in a line of its own what stands between the cells. */
const SEPARATOR = /^\ufeff?sep=(.)\r?$/i

const firstLine = (head: Buffer): string => head.toString('utf8').split('\n', 1)[0]!

/** The one that the file names; else, of the usual ones, the one that the first line holds most often. */
export function delimiterOf(head: Buffer): string {
  const line = firstLine(head)
  const named = SEPARATOR.exec(line)?.[1]
  if (named !== undefined) return named
  const count = (delimiter: string) => line.split(delimiter).length
  return [',', ';', '\t'].reduce((best, next) => (count(next) > count(best) ? next : best))
}

/** The same bytes, as long as they are UTF-8 without a NUL byte. */
async function* checked(source: Source, bytes: Bytes): AsyncGenerator<Buffer, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const refuse = (what: string) => source.refuse(`the table ${what}`, AS_UTF8)
  const decode = (chunk?: Buffer) => {
    try {
      decoder.decode(chunk, { stream: chunk !== undefined })
    } catch {
      throw refuse('is not valid UTF-8')
    }
  }
  for await (const chunk of bytes) {
    if (chunk.includes(0)) throw refuse('holds a NUL byte')
    decode(chunk)
    yield chunk
  }
  decode()
}
