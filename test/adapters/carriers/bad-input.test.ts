/** What is no record, damaged, cut or too large is refused with file, place and what to do; nothing is read to its end for it. */
import { existsSync, readdirSync, symlinkSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { expect, test } from 'vitest'
import { readRows } from '#adapters/local/carriers/read-rows.ts'
import { ImportError } from '#adapters/local/import/import-error.ts'
import { shell } from '../../attacks/shell.ts'
import { Folder } from '../import/support.ts'
import { rowsOf, toldOf, zipOf } from './support.ts'

const LINES = Buffer.from(Array.from({ length: 3000 }, (_, i) => `{"n":${Math.sin(i)}}\n`).join(''))
const AGAIN = 'Fetch or export the file again'
const KNOWN = 'Give JSON, JSON lines, CSV, parquet, OTLP protobuf, or a zip, gzip or zstd of them'
const MEND = 'Mend it, or export the file again; every record is one JSON value'

function damaged(bytes: Uint8Array, at: number, bits = 0xff): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt8(copy.readUInt8(at) ^ bits, at)
  return copy
}

const parquet = Buffer.from(
  parquetWriteBuffer({
    columnData: [{ name: 'text', type: 'STRING', data: Array.from({ length: 2000 }, (_, i) => `t${Math.sin(i)}`) }],
  }),
)
const zip = zipSync({ 'a.jsonl': LINES })
const stored = zipOf([{ name: 'a.json', data: LINES, plain: LINES, method: 0 }])
const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`

const ROWS: readonly (readonly [string, string | Uint8Array, string])[] = [
  ['an empty file', '', 'FILE: the file is empty. Name a file of records'],
  ['an empty gzip', gzipSync(''), 'FILE: the file is empty. Name a file of records'],
  [
    'prose',
    'Dear reader\nthis is a letter\n',
    `FILE: this is a text that begins with "Dear reader\\nthis is ", which is no record. ${KNOWN}`,
  ],
  ['a page', '<!doctype html>\n<p>', 'FILE: this is a web page, perhaps one to sign in at. Fetch the export itself'],
  [
    'a picture',
    Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
    `FILE: this is no text, and nothing else that records come in. ${KNOWN}`,
  ],
  ['zeros', new Uint8Array(100_000), `FILE: this is no text, and nothing else that records come in. ${KNOWN}`],
  ['UTF-16', Buffer.from('\ufeff{"a":1}', 'utf16le'), 'FILE: this is text in UTF-16. Export the file again as UTF-8'],
  [
    'UTF-16 without its mark',
    Buffer.from('[{"a":1}]', 'utf16le'),
    'FILE: this is text in UTF-16. Export the file again as UTF-8',
  ],
  ['UTF-16, the other way round', Buffer.from('{"a":1}', 'utf16le').swap16(), 'FILE: this is text in UTF-16.'],
  [
    'a SQLite database',
    `SQLite format 3\0${'\0'.repeat(99)}`,
    'FILE: this is a SQLite database. Export its table as CSV or JSON lines',
  ],
  [
    'a sheet',
    zipSync({ '[Content_Types].xml': LINES, 'xl/workbook.xml': LINES }),
    'FILE: this is a file of an office program. Export its sheet as CSV',
  ],
  ['a tar archive', `a.json${'\0'.repeat(251)}ustar\0`, 'FILE: this is a tar archive. Unpack it, and import the files'],
  ['an xz archive', Buffer.from('fd377a585a000004', 'hex'), 'FILE: this is an xz archive. Unpack it'],
  ['a bzip2 archive', Buffer.from('425a6839314159265359', 'hex'), 'FILE: this is a bzip2 archive. Unpack it'],
  ['a PDF', '%PDF-1.4\n', 'FILE: this is a PDF file. Export the records as JSON or CSV'],
  ['Avro', 'Obj\x01\x04\x14avro.codec', 'FILE: this is an Avro or ORC file. Export the records as parquet'],
  ['a lone value', '12\n', `FILE: this is a text that begins with "12\\n", which is no record. ${KNOWN}`],
  [
    'nothing but empty lines',
    '\n'.repeat(100_000),
    'FILE: the file begins with nothing but white space. Name a file of records',
  ],
  [
    'truncated gzip',
    gzipSync(LINES).subarray(0, -20),
    'the compressed data ends too early: the file is truncated. Fetch or export the file again',
  ],
  ['corrupt gzip', damaged(gzipSync(LINES), 500), 'the compressed data is corrupt ('],
  [
    'truncated zstd',
    zstdCompressSync(LINES).subarray(0, -20),
    'the compressed data ends too early: the file is truncated',
  ],
  ...(
    [
      ['a text', Buffer.from('garbage')],
      ['a damaged frame', damaged(zstdCompressSync(LINES), 1)],
    ] as const
  ).map(
    ([what, rest]) =>
      [
        `${what} behind a frame of zstd`,
        Buffer.concat([zstdCompressSync(LINES), rest]),
        `FILE:3000: the compressed data is corrupt (what stands behind a frame is none). ${AGAIN}`,
      ] as const,
  ),
  ['corrupt zstd', damaged(zstdCompressSync(LINES), 8), 'FILE: the compressed data is corrupt ('],
  [
    'a NUL byte in a line',
    '{"a":1}\n{"a":"\0"}\n',
    'FILE:2: the line holds a NUL byte. Export the file again as UTF-8',
  ],
  [
    'a NUL byte in a document',
    `[{"a":1},\n{"a":"${'x'.repeat(70_000)}\0"}]`,
    'FILE: item 2: the element holds a NUL byte. Export the file again as UTF-8',
  ],
  [
    'wrong UTF-8 in a line',
    Buffer.from('{"a":1}\n{"a":"\xe9"}\n', 'latin1'),
    'FILE:2: the line is not valid UTF-8. Export the file again as UTF-8',
  ],
  [
    'wrong UTF-8 in a document',
    Buffer.from('{"data":[{"a":1},{"a":"\xe9"}]}', 'latin1'),
    'FILE: item 2 of data: the element is not valid UTF-8. Export the file again as UTF-8',
  ],
  [
    'half of a surrogate pair',
    '{"a":"\\ud83d"}\n{"a":1}\n',
    `FILE:1: "a" holds half of a surrogate pair, which has no UTF-8 form. ${MEND}`,
  ],
  ['a key __proto__', '[{"__proto__":{}}]', `FILE: item 1: the key "__proto__" is not allowed. ${MEND}`],
  [
    'the same spelled with an escape',
    '[{"\\u005f_proto__":{}}]',
    `FILE: item 1: the key "__proto__" is not allowed. ${MEND}`,
  ],
  ['101 levels in a line', `{"a":${deep(100)}}\n{}\n`, `FILE:1: it nests deeper than 100 levels. ${MEND}`],
  ['100,000 levels in a document', deep(100_000), `FILE: item 1: it nests deeper than 100 levels. ${MEND}`],
  [
    '100,000 levels that do not end',
    '['.repeat(100_000),
    'FILE: item 1: the document ends in the middle: the file is truncated. Fetch or export the file again',
  ],
  [
    'a table with a short row',
    'a,b\n1,2\n3\n',
    'FILE:3: the table cannot be read (Invalid Record Length: columns length is 2, got 1 on line 3). Export it again as CSV with a first line of names',
  ],
  ['a table with an open quote', 'a,b\n1,"2\n', 'FILE:2: the table cannot be read (Quote Not Closed: '],
  [
    'a table with a column twice',
    'a,b,a\n1,2,3\n',
    'FILE:1: the table names "a" twice in its first line. Give every column a name of its own',
  ],
  [
    'a table with a column without a name',
    'a,,b\n1,2,3\n',
    'FILE:1: the table names "" as a column in its first line. Give every column a name of its own',
  ],
  [
    'a table that is not UTF-8',
    Buffer.from('a,b\n1,\xe9\n', 'latin1'),
    'FILE: the table is not valid UTF-8. Export the file again as UTF-8',
  ],
  [
    'a long table that is not UTF-8',
    Buffer.from(`a,b\n1,\xe9\n${'1,2\n'.repeat(99)}`, 'latin1'),
    'FILE: the text is not valid UTF-8. Export the file again as UTF-8',
  ],
  ['parquet without its end', parquet.subarray(0, -100), 'FILE: the parquet data is damaged ('],
  ['parquet of four bytes', 'PAR1', 'FILE: the parquet data is damaged ('],
  ['parquet with a damaged page', damaged(parquet, 30), 'FILE: row 1: the parquet data is damaged ('],
  ['a zip without its end', zip.subarray(0, -30), 'FILE: the zip data is damaged ('],
  ['a zip with a damaged member', damaged(stored, 100), `FILE: member a.json, line 4: the line is not valid UTF-8`],
  [
    'a zip whose member is not what its checksum says',
    damaged(stored, stored.indexOf('8414'), 1),
    `the zip data is damaged: it is not what its checksum says. ${AGAIN}`,
  ],
  [
    'a zip with a member that is cut',
    zipOf([{ name: 'a', data: deflateRawSync(LINES).subarray(0, -9), plain: LINES, method: 8 }]),
    'the compressed data ends too early',
  ],
  [
    'a zip with a password',
    zipOf([{ name: 'a', data: Buffer.concat([Buffer.alloc(12), LINES]), plain: LINES, method: 0, flags: 1 }]),
    'FILE: member a: it is encrypted. Unpack it, and import the files',
  ],
  [
    'a zip with an old compression',
    zipOf([{ name: 'a', data: LINES, plain: LINES, method: 12 }]),
    'FILE: member a: its compression (method 12) is not known. Unpack the file',
  ],
  [
    'a zip in a zip',
    zipSync({ 'b.zip': zip }),
    'FILE: member b.zip: this is a zip file in a zip file. Unpack the outer one',
  ],
  [
    'prose in a zip',
    zipSync({ 'a.txt': Buffer.from('Hello') }),
    `FILE: member a.txt: this is a text that begins with "Hello", which is no record. ${KNOWN}`,
  ],
]

test.each(ROWS)('%s', async (_, bytes, told) => {
  expect(await toldOf(bytes)).toContain(told)
})

test.each([
  [
    'a line',
    `{"a":1}\n{"a":"${'x'.repeat(90)}"}\n`,
    'FILE:2: the line is longer than 80 bytes. Split the record, or leave out what no map reads',
  ],
  [
    'an element',
    `{"data":[1,{"a":"${'x'.repeat(90)}"}]}`,
    'FILE: item 2 of data: the element is longer than 80 bytes. Split it into smaller records',
  ],
  [
    'a document without a list',
    `{"a":"${'x'.repeat(90)}"}`,
    'FILE: the document: what stands around the lists of the document is longer than 80 bytes',
  ],
  ['a row', `a,b\n1,${'x'.repeat(90)}\n`, 'FILE:2: the row is longer than 80 bytes'],
])('%s over the limit is refused by its place', async (_, text, told) => {
  expect(await toldOf(text, { maxRowBytes: 80 })).toContain(told)
})

test('an element without end is refused before it was read', async () => {
  using folder = new Folder()
  const file = folder.write('endless.json', `{"data":[1,"${'x'.repeat(100_000)}`)
  truncateSync(file, 2 ** 30) // a gibibyte that takes no room on the disk
  const before = process.memoryUsage().rss
  await expect(rowsOf(file)).rejects.toThrow('endless.json: item 2 of data: the element is longer than 8388608 bytes')
  expect(process.memoryUsage().rss - before).toBeLessThan(400e6)
})

test('what is no file is refused at once', async () => {
  using folder = new Folder()
  const pipe = join(folder.path, 'pipe')
  await shell(`mkfifo '${pipe}'`)
  for (const name of ['/dev/zero', pipe])
    await expect(rowsOf(name)).rejects.toThrow(
      `${name}: this is a pipe or device. Name a file, or give it as "-" on stdin`,
    )
  await expect(rowsOf(folder.path)).rejects.toThrow('pipe: this is a pipe or device')
  const gone = join(folder.path, 'gone')
  await expect(rowsOf(gone)).rejects.toThrow(`${gone}: there is no such file. Check the path`)
})

test('what comes on the standard input is known by its content too, also where that is read from its end', async () => {
  using folder = new Folder()
  const reader = `import { readRows } from '#adapters/local/carriers/read-rows.ts'
    let rows = 0
    try { for await (const { file } of readRows(['-'])) if (file === '-') rows++ } catch (error) { console.log(error.message) }
    console.log(rows)`
  const script = folder.write('reader.mjs', reader)
  const told = async (content: string | Uint8Array) =>
    (
      await shell(
        `'${process.execPath}' --input-type=module -e "$(cat '${script}')" < '${folder.write('in', content)}'`,
      )
    ).out
  expect(await told(gzipSync(LINES))).toBe('3000\n')
  expect(await told(zip)).toBe('3000\n')
  expect(await told(parquet)).toBe('2000\n')
  expect(await told('Hello')).toBe(`-: this is a text that begins with "Hello", which is no record. ${KNOWN}\n0\n`)
})

test('a folder that leads back to itself is no endless one', async () => {
  using folder = new Folder()
  folder.write('a/a.json', '{"n":1}')
  symlinkSync(folder.path, join(folder.path, 'a', 'b'))
  await expect(rowsOf(folder.path)).rejects.toThrow('a/b: this is a directory. Name the files in it')
})

test.skipIf(!existsSync('/proc/self/fd'))(
  'nothing stays open behind what was refused, or read no further',
  async () => {
    using folder = new Folder()
    const prose = Buffer.from('Hello '.repeat(200_000))
    const bytes = [LINES, gzipSync(LINES), zip, parquet, prose, gzipSync(prose), zipSync({ a: prose })]
    const names = bytes.map((content, i) => folder.write(`${i}`, content))
    const open = () => readdirSync('/proc/self/fd').length
    const readOne = async () => {
      for (const name of names)
        try {
          for await (const _ of readRows([name])) break
        } catch (error) {
          expect(error).toBeInstanceOf(ImportError)
        }
    }
    await readOne()
    const before = open()
    for (let i = 0; i < 20; i++) await readOne()
    expect(open() - before).toBeLessThan(20)
  },
)
