import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
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

test('no handler shares the name of a step: one is the function in AWS, the other what it calls', () => {
  const names = (room: string) =>
    readdirSync(new URL(`../../functions/${room}`, import.meta.url), { recursive: true, encoding: 'utf8' }).map(
      (file) => basename(file),
    )
  const steps = new Set(names('steps'))
  expect(names('handlers').filter((name) => steps.has(name))).toEqual([])
})
