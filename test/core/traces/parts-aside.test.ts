/** Parts that lay aside are the parts that were put there, and messages that were one are one again. */
import { expect, test } from 'vitest'
import { asideOf, partsIn } from '#core/traces/parts-aside.ts'
import { type Message, type Part, spanOf } from '#core/traces/span.ts'

type Told = Parameters<typeof asideOf>[0][number]

const where = { file: 'f', at: 'line 1' }
const said = (text: string): Message => ({ role: 'user', text, calls: [], results: [], omitted: {} })
const call = { id: 'c', name: 'look', arguments: { order: [] } }
const back = (parts: readonly Told[]): Part[] => partsIn(JSON.parse(JSON.stringify(asideOf(parts))))

test('every field of a span comes back, those that say nothing too', () => {
  const full = spanOf(
    { trace: 't', span: 'a', where },
    {
      parent: 'p',
      name: 'chat',
      kind: 'call',
      status: 'error',
      cut: ['x'],
      settings: { 'model.name': 'm' },
      scores: [{ name: 's', value: 0, label: null, kind: 'judge', annotator: null, comment: null }],
      named: { path: [1] },
      first_token_ms: 0,
      open: true,
      input: [said('one'), { ...said('two'), omitted: { image: 1 } }, { ...said(''), calls: [call], results: [] }],
      output: [],
    },
  )
  const elsewhere = spanOf({ trace: 't', span: 'b', where: { file: 'g', at: 'line 9' } })
  const parts: Told[] = [
    { kind: 'span', span: full },
    { kind: 'span', span: elsewhere },
    { kind: 'about', about: { trace: 't', name: 'n', where } },
    { kind: 'more', more: { trace: 't', span: 'a', time: '1', said: { output: [said('late')] }, where } },
  ]
  expect(back(parts)).toEqual(parts)
})

test('a message that two calls read stands once, and is one message again', () => {
  const history = [said('hello'), said('again')]
  const spans = ['a', 'b'].map(
    (span) => ({ kind: 'span', span: spanOf({ trace: 't', span, where, input: history }) }) as const,
  )
  expect(asideOf(spans).messages).toEqual(history.map(({ role, text }) => [role, text]))
  const [first, second] = back(spans).map((part) => (part.kind === 'span' ? part.span.input![0] : null))
  expect(first).toBe(second)
})
