/** Scars: cases that a candidate may not fail where the baseline passes them, beside every rate. */
import { expect, test } from 'vitest'
import { makePanel } from '#core/evaluate/panel.ts'
import { brokenScar, placeScars, scarLines } from '#core/search/scars.ts'
import { measuresLike } from '../../support/builders.ts'

const scar = (case_id: string) => ({ case_id, run_id: case_id, since: '2026-03-01' })
const passing = measuresLike()
const list = [
  passing,
  measuresLike({ utility_passed: false, utility_score: 0 }),
  measuresLike({ policy_violation: true }),
]
const cases = ['a', 'b', 'c'].map((case_id) => ({ case_id, family_id: case_id, digest: case_id }))
const panel = makePanel(cases, list)

test('must pass where the baseline passes, is open where it fails, and is missing where there is no such case', () => {
  expect(placeScars(['c', 'b', 'a', 'z'].map(scar), panel)).toEqual({
    must: [{ index: 0, case_id: 'a' }],
    open: ['b', 'c'],
    missing: 1,
  })
  expect(placeScars([scar('a')], makePanel(cases, [measuresLike({ utility_passed: null }), ...list.slice(1)]))).toEqual(
    {
      must: [],
      open: ['a'],
      missing: 0,
    },
  )
})

test.each([
  ['it passes', {}, null],
  ['it fails', { utility_passed: false }, /^a was corrected as failed, .* and fails here$/],
  ['it is not measured any more', { utility_passed: null }, /fails here/],
  ['it violates a floor', { safety_violation: true }, /violates safety_violation here/],
  ['a floor is not measured any more', { policy_violation: null }, /violates policy_violation/],
  ['it only costs more', { economics_tokens: 9999, utility_score: 0.2 }, null],
])('a candidate under which %s', (_, over, says) => {
  const { must } = placeScars([scar('a')], panel)
  const said = brokenScar(must, panel.baseline, [measuresLike(over), list[1]!, list[2]!])
  if (says === null) expect(said).toBeNull()
  else expect(said).toMatch(says)
})

test('what stands beside the figures names open ones, at most five, and nothing where there are no scars', () => {
  expect(scarLines({ must: [], open: [], missing: 0 })).toEqual([])
  const open = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  expect(scarLines({ must: [], open, missing: 2 }).join('\n')).toMatch(
    /^0 scars must pass.*\n7 scars open.*: a, b, c, d, e and 2 more\n2 scars not in the search set/,
  )
})
