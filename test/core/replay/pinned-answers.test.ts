import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonical } from '#core/canonical.ts'
import { pinRecording } from '#core/replay/harness-pinned.ts'
import { jsonKey, pinnedAnswers, UnpinnedCall } from '#core/replay/pinned-answers.ts'
import { type aRun, modelCall, offersInOrder, retrieval, said, toolCall, toolResult } from '../../support/builders.ts'
import { LOOKUP, REFUND, refund, SETTINGS } from './refund-run.ts'

describe('pinned answers', () => {
  const hops = (over: Parameters<typeof aRun>[1] = {}) =>
    pinnedAnswers(
      pinRecording(
        refund({
          evidence: [...offersInOrder(2), { ...offersInOrder(3)[2]!, hop: 2, ranks: { as_ranked: 1 } }],
          steps: [retrieval(1, 80), retrieval(2, 90)],
          ...over,
        }),
        null,
      ),
    )

  test('a retrieval gives the passages of a hop by rank, or of all hops, without labels', () => {
    const answers = hops()

    expect(answers.retrieve('orders', { hop: 1 }).map((p) => p.evidence_ref)).toEqual(['ref1', 'ref2'])
    expect(answers.retrieve('orders').map((p) => p.evidence_ref)).toEqual(['ref1', 'ref2', 'ref3'])
    expect(Object.keys(answers.retrieve('orders')[0]!).sort()).toEqual([
      'bucket',
      'evidence_ref',
      'hop',
      'ranks',
      'source',
      'text',
      'tokens',
    ])
    expect(answers.served).toEqual([0, 1])
  })

  test('a hop beyond the recorded ones is known only where the recording ended by itself', () => {
    const setting = (max_hops: number) => ({ ...SETTINGS, 'evidence.orders.max_hops': max_hops })
    expect(hops({ settings: setting(3) }).retrieve('orders', { hop: 4 })).toEqual([])
    expect(() => hops({ settings: setting(2) }).retrieve('orders', { hop: 3 })).toThrow(/hop 3 is beyond the 2/)
  })

  test('a store that held no more answers any top_k', () => {
    const offers = (exhausted: boolean) => hops({ offers: { orders: { depth: 2, exhausted } } })
    expect(offers(true).retrieve('orders', { hop: 1, top_k: 9 })).toHaveLength(2)
    expect(() => offers(false).retrieve('orders', { hop: 1, top_k: 3 })).toThrow(/top_k 3 is beyond the 2/)
  })

  test('a tool is answered by name and arguments, whatever their order, each result once', () => {
    const answers = pinnedAnswers(
      pinRecording(
        refund({
          steps: [
            toolCall('a', { x: 1, y: [2] }),
            toolResult('a', 'first'),
            toolCall('b', { y: [2], x: 1 }),
            toolResult('b', 'second'),
            toolCall('c', { x: 2 }),
          ],
        }),
        null,
      ),
    )

    expect(answers.tool('orders.read', { y: [2], x: 1 }).content).toBe('first')
    expect(answers.tool('orders.read', { x: 1, y: [2] }).content).toBe('second')
    expect(() => answers.tool('orders.read', { x: 1, y: [2] })).toThrow(/recorded 2 times, asked once more/)
    expect(() => answers.tool('orders.read', { x: 2 })).toThrow(/not with these arguments/)
    expect(answers.unpinned()).toMatch(/asked once more/)
  })

  test('a model call gives what followed it, in order, while the prompt holds what its calls took', () => {
    const answers = pinnedAnswers(pinRecording(refund(), null))

    expect(() => answers.model({ prompt: 'an order' })).toThrow(/used "ord-1", which the prompt does not hold/)
    expect(answers.model({ prompt: 'about ORD-1' })).toMatchObject({
      tool_calls: [LOOKUP],
      content: null,
      completion_tokens: 50,
    })
    // The amount stood in the user's message, the payment in the lookup.
    expect(() => answers.model({ prompt: 'PAY-7' })).toThrow(/used "900"/)
    expect(answers.model({ prompt: 'pay-7, 900' })).toMatchObject({ tool_calls: [REFUND] })
    expect(() => answers.model({ prompt: 'pay-7, 900' })).toThrow(/only 2 model calls were recorded/)
  })
})

describe('a model call is answered only where the prompt holds what its calls took', () => {
  const chosen = (args: Parameters<typeof toolCall>[1], read: string, rules?: number) =>
    pinRecording(
      refund({ evidence: [], offers: {}, steps: [said('user', read), modelCall(), toolCall('t1', args)] }),
      null,
      rules as never,
    )
  test.each<[string, Parameters<typeof toolCall>[1], string, string, boolean]>([
    ['an id by itself', { id: 'R-7' }, 'refund R-7', 'order R-7.', true],
    ['not in a longer id', { id: 'R-7' }, 'refund R-7', 'orders R-71 and R-77', false],
    ['a number by itself', { amount: 1200 }, 'pay 1200', 'pay 1200!', true],
    ['not in a longer number', { amount: 1200 }, 'pay 1200', 'pay 11200 or 1200.50', false],
    ['a small number as a value of JSON', { qty: 2 }, '{"qty": 2}', 'lines: {"qty":2}', true],
    ['not as text, where it stands everywhere', { qty: 2 }, '{"qty": 2}', 'take 2 of them', false],
    ['a part of a longer text, in a longer text', { id: 'ABC-123' }, 'file xABC-123y', 'file xABC-123y', true],
    ['another spelling, as it was spelled', { amount: 1200.5 }, 'pay 1,200.50', 'pay 1,200.50 now', true],
  ])('%s', (_what, args, read, prompt, isAnswered) => {
    const ask = () => pinnedAnswers(chosen(args, read)).model({ prompt })
    if (isAnswered) expect(ask().tool_calls).toHaveLength(1)
    else expect(ask).toThrow(UnpinnedCall)
  })

  test('by plain text in a set that was compiled by the first rules, or pinned before', () => {
    const pinned = chosen({ id: 'R-7' }, 'refund R-7', 1)
    expect(pinned.models[0]).not.toHaveProperty('parts')
    expect(pinnedAnswers(pinned).model({ prompt: 'R-71' }).tool_calls).toHaveLength(1)
  })
})

test('a call is named by the JSON of RFC 8785, without its library', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(jsonKey(value)).toBe(canonical(value))
    }),
  )
  expect(jsonKey({ b: undefined, a: new Date(0) })).toBe('{"a":"1970-01-01T00:00:00.000Z"}')
  expect(() => jsonKey({ a: Number.NaN })).toThrow('NaN has no JSON form')
})
