/** What an artifact is without the names of erased runs: nothing about them, and everything else as it was. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ErasedNames } from '#core/experience/without-names.ts'

const names = (...all: readonly string[]) => new ErasedNames(new Set(all))

test.each<[what: string, name: string, value: unknown, without: unknown]>([
  ['a case in a list', 'case-1', { changed_runs: ['case-1', 'case-12'] }, { changed_runs: ['case-12'] }],
  ['a line about it', 'case-1', [{ case_id: 'case-1', x: 1 }, { case_id: 'c2' }], [{ case_id: 'c2' }]],
  ['a reason that begins with it', 'case-1', { reason: 'case-1: lost its passage' }, { reason: 'erased' }],
  ['an example', 'case-1', 'not_reproduced, e.g. case-1: other bytes', 'erased'],
  ['a note', 'c 1 "x"', 'c 1 "x" violates; at most 2 of 9 families may', 'erased'],
  ['another name that begins with it', 'case-1', 'case-12: lost', 'case-12: lost'],
  ['a ref that holds it', 'refund', { pack: 'evals.refund@2.4.0' }, { pack: 'evals.refund@2.4.0' }],
  ['a number that is a name too', '7', 'at most 7 of 50 families may', 'at most 7 of 50 families may'],
  ['a number as a case', '7', '7: lost its passage', 'erased'],
  ['a number that is a field', '7', { used: 7, of: '7' }, { used: 7, of: '7' }],
])('%s', (_, name, value, without) => {
  expect(names(name).without(value)).toEqual(without)
})

describe('whatever it is called', () => {
  const name = fc
    .string({ unit: 'grapheme', minLength: 4, maxLength: 20 })
    .filter((n) => n.trim() === n && !/^\d+$/.test(n))

  test('no list, no line and no sentence of ours names it any more, and a quick look misses none of them', () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        fc.pre(!other.includes(one) && !'lost its passage violates erased kept'.includes(one))
        const value = {
          list: [one, other],
          lines: [{ case_id: one }, { case_id: other }],
          reason: `${one}: lost its passage`,
        }
        const gone = names(one)
        expect(gone.mayStandIn(JSON.stringify(value))).toBe(true)
        expect(gone.without(value)).toEqual({ list: [other], lines: [{ case_id: other }], reason: 'erased' })
      }),
    )
  })
})
