/** What is known of a list that was opened before is not read anew, and no text is read as another value than JSON has for it. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonOfText } from '#core/replay/json-text.ts'
import { listOfText, madeOf } from '#core/traces/histories.ts'
import { messagesOf } from '#core/traces/messages.ts'

test('whatever texts came before, each is what its JSON says', () => {
  const piece = fc.constantFrom(
    '[1',
    '[',
    '1',
    ',',
    ']',
    ',2',
    '{"a":1}',
    '"]"',
    '"',
    '\\',
    ' ',
    '[2]',
    '12345678901234567890',
  )
  fc.assert(
    fc.property(fc.array(fc.array(piece, { maxLength: 6 }), { maxLength: 12 }), (texts) => {
      for (const text of texts.map((pieces) => `[${pieces.join('')}`))
        expect(listOfText(text)).toEqual(jsonOfText(text))
    }),
  )
})

test.each(['[1]1]', '[1]]', '[1],2]', '[1,]', '[1,,2]', '[1', '[1]', '[1 ,2]', '[1,{"__proto__":1}]'])(
  'behind a list that it begins with, %s is what its JSON says',
  (text) => {
    listOfText('[1]')
    expect(listOfText(text)).toEqual(jsonOfText(text))
  },
)

test('a list that goes on holds the same items, and what was made of them is the same', () => {
  const made = (list: unknown) =>
    madeOf<object>(list as unknown[], 'box', (items, before) => [...before, ...items.map((item) => ({ item }))])
  const first = listOfText('[{"a":1},{"b":2}]') as unknown[]
  const boxes = made(first)
  const second = listOfText('[{"a":1},{"b":2},{"c":3}]') as unknown[]
  expect(second.slice(0, 2).every((item, i) => item === first[i])).toBe(true)
  expect(
    made(second)
      .slice(0, 2)
      .every((box, i) => box === boxes[i]),
  ).toBe(true)
  expect(made(second)).toEqual([...boxes, { item: { c: 3 } }])
  expect(made(first)).toHaveLength(2)
})

const said = (n: number) =>
  Array.from({ length: n }, (_, i) => ({ role: i % 3 ? 'assistant' : 'user', content: `${i}` }))

test('messages of a history that grew are those of the whole, also where an answer goes on', () => {
  for (const n of [1, 2, 3, 5, 6]) {
    const text = JSON.stringify(said(n))
    expect(messagesOf(text, 'user')).toEqual(messagesOf(said(n), 'user'))
  }
})
