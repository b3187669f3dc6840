/** What a judge is shown: nothing in it tells the baseline from a candidate, and a comparison holds the recorded run beside it. */
import { expect, test } from 'vitest'
import { viewOf } from '#core/evaluate/case-view.ts'
import { replayTranscript } from '#core/replay/transcript.ts'
import { blinded, CASE_VIEW, isBlind, type Shape, type ViewName } from '#schemas/case-view.ts'
import { aCase, aFamily, aPack } from '../../support/builders.ts'

test('names and fields that tell the arm are not among what it may read', () => {
  const shown = (Object.keys(CASE_VIEW) as ViewName[]).filter(isBlind)
  for (const name of ['label', 'decided_as_recorded', 'recorded_settings'] as const) expect(shown).not.toContain(name)
  expect(blinded('context', { kept: [], tokens: 3, as_recorded: true })).toEqual({ kept: [], tokens: 3 })
  expect(blinded('approvals', [{ gate: 'refund', asked: true, skipped: true }])).toEqual([
    { gate: 'refund', asked: true },
  ])
  // Whether an action was right is a label, and of one that was never recorded nobody said it.
  expect(blinded('actions', [{ name: 'refund', correct: false }])).toEqual([{ name: 'refund' }])
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

const NAMES = Object.keys(CASE_VIEW) as ViewName[]
const fieldsOf = (shape: Shape): string[] | null => {
  if (typeof shape === 'string' || 'names' in shape) return null
  return Object.keys('fields' in shape ? shape.fields : shape.list).toSorted()
}

test.each(NAMES)('%s shows what its name says and nothing beside it: no label stands in an outcome', (name) => {
  const replayed = replayTranscript(
    aCase(aFamily('a', { side: 'search', required: 1, gold: 1 } as never)),
    aPack().settings,
  )
  if ('unreplayable' in replayed) throw new Error(replayed.unreplayable)
  const value = viewOf([name], replayed)[name]
  const fields = fieldsOf(CASE_VIEW[name].shape)
  if (fields !== null)
    for (const one of Array.isArray(value) ? value : [value])
      expect(Object.keys(one as object).toSorted()).toEqual(fields)
})
