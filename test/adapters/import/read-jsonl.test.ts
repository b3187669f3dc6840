import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { TextLine } from '#adapters/local/carriers/text-lines.ts'
import { ImportError } from '#adapters/local/import/import-error.ts'
import { readJsonl } from '#adapters/local/import/read-jsonl.ts'
import { Folder } from './support.ts'

async function readAll(file: string, options?: { maxLineBytes: number }): Promise<TextLine[]> {
  const lines: TextLine[] = []
  for await (const line of readJsonl(file, options)) lines.push(line)
  return lines
}

async function refusal(file: string, options?: { maxLineBytes: number }): Promise<ImportError> {
  const error = await readAll(file, options).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(ImportError)
  return error as ImportError
}

describe('readJsonl', () => {
  test('numbers lines from 1, skips empty ones and needs no newline at the end', async () => {
    using folder = new Folder()
    const file = folder.write('in.jsonl', '{"a":1}\r\n\n  \n{"b":"ö\u2028"}')
    const lines = await readAll(file)
    expect(lines.map(({ line }) => line)).toEqual([1, 4])
    expect(lines.map(({ text }) => JSON.parse(text))).toEqual([{ a: 1 }, { b: 'ö\u2028' }])
  })

  test('accepts a byte order mark', async () => {
    using folder = new Folder()
    expect(await readAll(folder.write('in.jsonl', '\ufeff{"a":1}\n'))).toEqual([{ line: 1, text: '{"a":1}' }])
  })

  test('reads gzip across chunks', async () => {
    using folder = new Folder()
    const texts = Array.from({ length: 5_000 }, (_, i) => JSON.stringify({ i, word: 'ü'.repeat(i % 300) }))
    const file = folder.write('in.jsonl.gz', gzipSync(texts.join('\n')))
    expect((await readAll(file)).map(({ text }) => text)).toEqual(texts)
  })

  test('an empty file has no lines', async () => {
    using folder = new Folder()
    expect(await readAll(folder.write('in.jsonl', ''))).toEqual([])
  })

  test('fails on a missing file', async () => {
    using folder = new Folder()
    const error = await refusal(`${folder.path}/none.jsonl`)
    expect(error).toMatchObject({ file: `${folder.path}/none.jsonl`, line: null, problem: 'there is no such file' })
  })

  test('fails on a directory', async () => {
    using folder = new Folder()
    expect(await refusal(folder.path)).toMatchObject({ line: null, problem: 'this is a directory' })
  })

  test('fails on truncated gzip, at the line where the data ends', async () => {
    using folder = new Folder()
    const whole = gzipSync(Array.from({ length: 20_000 }, () => JSON.stringify({ x: Math.sin(1) })).join('\n'))
    const error = await refusal(folder.write('in.jsonl.gz', whole.subarray(0, whole.length - 20)))
    expect(error.problem).toContain('truncated')
    expect(error.line).toBeGreaterThan(1)
  })

  test('knows what is compressed by its bytes, not by its name', async () => {
    using folder = new Folder()
    for (const bytes of [Buffer.from('{"a":1}\n'), gzipSync('{"a":1}\n'), zstdCompressSync('{"a":1}\n')])
      for (const name of ['in.jsonl', 'in.jsonl.gz', 'in.zst'])
        expect(await readAll(folder.write(name, bytes))).toEqual([{ line: 1, text: '{"a":1}' }])
  })

  test('fails on corrupt gzip', async () => {
    using folder = new Folder()
    const bytes = gzipSync(Array.from({ length: 2000 }, (_, i) => `${Math.sin(i)}\n`).join(''))
    bytes[3000]! ^= 0xff
    const error = await refusal(folder.write('in.jsonl.gz', bytes))
    expect(error).toMatchObject({ line: 1, problem: expect.stringContaining('corrupt') })
  })

  test('fails on a long line without reading to its end', async () => {
    using folder = new Folder()
    const file = folder.write('in.jsonl', `{"a":1}\n"${'x'.repeat(50_000_000)}`)
    const error = await refusal(file)
    expect(error).toMatchObject({ file, line: 2, problem: 'the line is longer than 8388608 bytes' })
  })

  test('counts the limit in bytes of one line', async () => {
    using folder = new Folder()
    const file = folder.write('in.jsonl', '"1234567"\n"12345678"\n')
    expect((await refusal(file, { maxLineBytes: 9 })).line).toBe(2)
    expect(await readAll(file, { maxLineBytes: 10 })).toHaveLength(2)
  })

  test.each([
    ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d, 0x0a]), 'not valid UTF-8'],
    ['a NUL byte', Buffer.from('{"a":"\0"}\n'), 'NUL byte'],
  ])('fails on %s', async (_, line, problem) => {
    using folder = new Folder()
    const error = await refusal(folder.write('in.jsonl', Buffer.concat([Buffer.from('{}\n'), line])))
    expect(error).toMatchObject({ line: 2, problem: expect.stringContaining(problem) })
  })

  test('says where, what and what to do in one sentence each', () => {
    const where = { file: 'runs.jsonl', line: 7, field: 'steps[2].name' }
    const error = new ImportError({ ...where, problem: 'expected a string', todo: 'Correct the record' })
    expect(error.message).toBe('runs.jsonl:7: steps[2].name: expected a string. Correct the record')
    expect(error.name).toBe('ImportError')
  })
})
