/** `autotune export`: a folder of tables that an auditor may have, beside a store and never in it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { aWorld } from '../support/builders.ts'
import { namesIn, sealedNames } from '../support/sealed-names.ts'
import { bytesOf, placeOfEachTest, ran, ready } from './command-line.ts'

const place = placeOfEachTest()

test('writes tables, views and queries, again only what changed, and nothing into the store', async () => {
  await ready(place)
  await ran(place, 'r')
  const before = bytesOf(place.store)
  const dir = join(place.dir, 'audit')
  const first = await place.at('export', '--jsonl', dir, '--json')
  expect(first.err).toBe('')
  expect(first.json()).toMatchObject({ rows: { runs: 1, questions: 1 }, removed: 0 })
  expect(readdirSync(join(dir, 'queries'))).toHaveLength(8)
  expect(readFileSync(join(dir, 'tables.sql'), 'utf8')).toContain('VIEW runs')
  const bytes = bytesOf(dir)
  const again = await place.at('export', '--jsonl', dir)
  expect(again.out).toMatch(/wrote {4}0 of \d+ files/)
  expect(bytesOf(dir)).toEqual(bytes)
  expect(bytesOf(place.store)).toEqual(before)
})

test('of a version that stands no sealed name is told', async () => {
  // Too few families to answer anything: nothing is asked, and the version stands.
  await ready(place, aWorld({ search: 6, heldout: 4 }))
  await ran(place, 'r')
  const names = await sealedNames(join(place.store, 'vault'))
  expect(names.size).toBeGreaterThan(4)
  const dir = join(place.dir, 'audit')
  expect((await place.at('export', '--jsonl', dir, '--json')).json()).toMatchObject({ rows: { runs: 1 } })
  const text = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n')
  expect(namesIn(text, names)).toEqual([])
})

test('refuses a place in the store, a folder of somebody else, an intent and a day that there are not', async () => {
  await ready(place)
  const mine = join(place.dir, 'mine')
  mkdirSync(mine)
  writeFileSync(join(mine, 'letter.txt'), 'dear')
  const out = join(place.dir, 'audit')
  const link = join(place.dir, 'link')
  symlinkSync(place.store, link)
  for (const [argv, why] of [
    [['--jsonl', join(place.store, 'audit')], /lies in the store/],
    [['--jsonl', join(link, 'audit')], /lies in the store/],
    [['--jsonl', mine], /holds files and is no export/],
    [['--jsonl', out, '--intent', 'support.refnd'], /no such intent/],
    [['--jsonl', out, '--since', '2026-13-01'], /no day/],
    [['--jsonl', ' '], /--jsonl is empty/],
  ] as const) {
    const { code, err } = await place.at('export', ...argv)
    expect([code, err]).toEqual([2, expect.stringMatching(why)])
  }
  expect(readdirSync(mine)).toEqual(['letter.txt'])
  expect(existsSync(out)).toBe(false)
})

test('says what of the store is not as its journal of heads has it', async () => {
  await ready(place)
  await ran(place, 'r')
  rmSync(join(place.store, 'autotune', 'runs', 'r'), { recursive: true })
  const { code, out } = await place.at('export', '--jsonl', join(place.dir, 'audit'))
  expect([code, out]).toEqual([2, expect.stringContaining('CHANGED  run r is missing')])
})
