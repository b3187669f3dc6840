import { expect, test } from 'vitest'
import { sayingWhatDiffers, whereTheyDiffer } from '#core/space/where-they-differ.ts'
import { patchWords } from '../../../functions/pages/report/words.ts'

const room = { most: 24, before: 8, mark: '… ' }
const LONG = 'Find the order and the line before you promise anything. Name the clause.'

test.each([
  ['short values, whole', '10', '6', ['10', '6']],
  ['long ones that differ at once', `A ${LONG}`, `B ${LONG}`, [`A ${LONG}`, `B ${LONG}`]],
  [
    'long ones that begin alike, from the words before they differ',
    LONG,
    LONG.replace('clause', 'paragraph'),
    ['… Name the clause.', '… Name the paragraph.'],
  ],
  [
    'one that loses its end',
    LONG,
    LONG.replace(' Name the clause.', ''),
    ['… anything. Name the clause.', '… anything.'],
  ],
])('%s', (_, from, to, said) => {
  expect(whereTheyDiffer(from, to, room)).toEqual(said)
})

test('a change of a prompt in a report does not say the same on both sides', () => {
  const patch = { 'prompt.instruction_block': { from: LONG, to: LONG.replace('clause', 'paragraph') } }
  expect(patchWords(patch)).toBe('instruction_block … Name the clause. → … Name the paragraph.')
})

test('a reason that names a text nobody recorded says the part that a patch changes, of which its beginning says nothing', () => {
  const to = `${LONG} It is long, and longer than eighty characters. Say it twice.`
  const patch = { 'prompt.block': { from: to.replace(' Say it twice.', ''), to } }
  const reason = `3 of 8 cases cannot be replayed: no recording under prompt.block = ${to.slice(0, 80)}`
  expect(sayingWhatDiffers(reason, patch)).toBe(
    '3 of 8 cases cannot be replayed: no recording under prompt.block with "… than eighty characters. Say it twice." in place of "… than eighty characters."',
  )
  for (const other of ['no recording under prompt.other = x', 'no recording under prompt.block = x', 'policy'])
    expect(sayingWhatDiffers(other, { 'prompt.block': { from: 'y', to: 'x' } })).toBe(other)
})
