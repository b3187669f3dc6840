/** A file that holds no records is told in the words of its carrier, not as lines that are no JSON. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { tryImport } from '../../functions/embedded/import-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'no-records-'))
afterAll(() => rmSync(folder, { recursive: true }))

test.each([
  ['a database', `SQLite format 3\0${'\0'.repeat(99)}`, 'this is a SQLite database. Export its table as CSV'],
  ['a page', '<!DOCTYPE html><html>Sign in</html>', 'this is a web page, perhaps one to sign in at'],
  ['a table that is cut', 'id;type\na;b\nc\n', 'the table cannot be read'],
  ['a list of none', '[]', 'no record is in it'],
  ['nothing', 'null', 'which is no record. Give JSON'],
  ['a line that is none', '{"run_id":"r1",}\n{"a":1}\n', 'the line is no JSON'],
])('%s', async (_, content, words) => {
  const file = join(folder, 'export')
  writeFileSync(file, content)
  await expect(tryImport([file], { map: null })).rejects.toThrow(words)
})
