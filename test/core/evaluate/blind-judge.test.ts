/** What a judge is shown: nothing in it tells the baseline from a candidate, and a comparison holds the recorded run beside it. */
import { expect, test } from 'vitest'
import { blinded, CASE_VIEW, isBlind, type ViewName } from '#schemas/case-view.ts'

test('names and fields that tell the arm are not among what it may read', () => {
  const shown = (Object.keys(CASE_VIEW) as ViewName[]).filter(isBlind)
  for (const name of ['label', 'decided_as_recorded', 'recorded_settings'] as const) expect(shown).not.toContain(name)
  expect(blinded('context', { kept: [], tokens: 3, as_recorded: true })).toEqual({ kept: [], tokens: 3 })
  expect(blinded('approvals', [{ gate: 'refund', asked: true, skipped: true }])).toEqual([
    { gate: 'refund', asked: true },
  ])
  expect(blinded('outcome', { status: 'DECIDED' })).toEqual({ status: 'DECIDED' })
})

test('every field of the view that compares a replay with its record is named here or hidden', () => {
  // A new name of the view has to be looked at: does it tell the arm?
  const seen = [
    'attributes',
    'recorded_settings',
    'outcome',
    'outputs',
    'label',
    'actions',
    'arguments',
    'approvals',
    'context',
    'decided_as_recorded',
    'tokens',
    'cents',
  ]
  expect(seen).toEqual(expect.arrayContaining(Object.keys(CASE_VIEW)))
})
