import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const page = readFileSync(new URL('../../docs/glossary.md', import.meta.url), 'utf8')
const rows = [
  ...page.matchAll(/^\| \*\*(?<word>[^*]+)\*\*(?<note>[^|]*) \| (?<says>[^|]+) \| (?<files>[^|]+) \|$/gm),
].map((m) => m.groups!)

test('every word has one meaning, and the file that it names defines it', () => {
  const words = rows.map(({ word, note }) => `${word}${note}`)
  expect(words.length).toBeGreaterThanOrEqual(30)
  expect(new Set(words).size).toBe(words.length)
  const files = rows.flatMap(({ files }) => [...files!.matchAll(/`([^`]+)`/g)].map((m) => m[1]!))
  expect(files.filter((file) => !existsSync(new URL(`../../${file}`, import.meta.url)))).toEqual([])
  for (const { word, files } of rows) expect(files, word).toMatch(/`/)
})
