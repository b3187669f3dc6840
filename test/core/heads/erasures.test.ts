/** What tombstones excuse: what the last of them left, and nothing on the way there. */
import { expect, test } from 'vitest'
import { digestOfBytes } from '#core/canonical.ts'
import { Erasures, erasedBy } from '#core/heads/erasures.ts'

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(digestOfBytes) as [string, string, string, string]
const run = (name: string) => ({ run: name.padEnd(32, '0'), family: name.padEnd(32, '1'), record: null })
const by = (person: string) => ({ kind: 'erased' as const, reason: 'asked', person, runs: [run(person)] })

const after = (...replaced: readonly (readonly [string, string | null])[]): Erasures => {
  const erasures = new Erasures()
  for (const [i, [was, is]] of replaced.entries())
    erasures.add({ ...by(`p${i}`), replaced: [{ was, is }] }, `2026-0${i + 1}`)
  return erasures
}

test.each<[what: string, replaced: [string, string | null][], was: string, found: string | null, by: string | null]>([
  ['nothing in place of what was taken', [[a, null]], a, null, 'p0'],
  ['what it wrote in its place', [[a, b]], a, b, 'p0'],
  [
    'what the last of two wrote',
    [
      [a, b],
      [b, c],
    ],
    a,
    c,
    'p1',
  ],
  [
    'nothing, where the last took it',
    [
      [a, b],
      [b, null],
    ],
    a,
    null,
    'p1',
  ],
  [
    'what the first of two wrote: not any more',
    [
      [a, b],
      [b, c],
    ],
    a,
    b,
    null,
  ],
  ['what was erased itself: no', [[a, b]], a, a, null],
  ['something else: no', [[a, b]], a, d, null],
  ['nothing, where something was written: no', [[a, b]], a, null, null],
  ['what no tombstone names: no', [[a, b]], c, null, null],
  [
    'a ring of tombstones: nothing at all',
    [
      [a, b],
      [b, a],
    ],
    a,
    c,
    null,
  ],
])('excuses %s', (_, replaced, was, found, person) => {
  expect(after(...replaced).explains(was, found)?.person ?? null).toBe(person)
})

test('the first tombstone of a run stands, and a run is found by its family', () => {
  const erasures = new Erasures()
  erasures.add({ ...by('ana'), replaced: [] }, '2026-01-01T00:00:00.000Z')
  erasures.add({ ...by('ben'), runs: [run('ana')], replaced: [] }, '2026-02-01T00:00:00.000Z')
  expect(erasures.count).toBe(1)
  expect(erasedBy(erasures.ofRun(run('ana').run)!)).toBe('erased on 2026-01-01 by ana: asked')
  expect(erasures.ofFamily(run('ana').family)).toHaveLength(1)
  expect(erasures.ofRun(run('ben').run)).toBeNull()
})
