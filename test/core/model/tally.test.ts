import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CountedAnswer, NOTHING_ASKED, tallied, usageRows } from '#core/model/tally.ts'
import { usageLines } from '#core/model/usage-text.ts'
import { PURPOSES, type Purpose } from '#schemas/model-usage.ts'
import type { PriceTable } from '#schemas/pack.ts'

const prices: PriceTable = {
  price_table: 'prices@1.0.0',
  models: {
    a: { prompt_cents_per_million: 0.1, completion_cents_per_million: 0.2, cached_prompt_cents_per_million: 0.03 },
  },
}
const openai = (model: string) => ({ provider: 'openai', base_url: 'http://h/v1', model }) as const
const answer = (over: Partial<CountedAnswer> = {}): CountedAnswer => ({
  request: { model: openai('a') },
  usage: { prompt_tokens: 1_000_000, completion_tokens: 2_000_000 },
  at: '2026-11-30T00:00:00.000Z',
  paid: true,
  ...over,
})
const rowsOf = (answers: readonly (readonly [Purpose, CountedAnswer])[]) =>
  usageRows(
    answers.reduce((tally, [purpose, one]) => tallied(tally, purpose, one), NOTHING_ASKED),
    prices,
  )

describe('a tally', () => {
  it('keeps replay, judge and proposer apart, and models', () => {
    const rows = rowsOf([
      ['proposer', answer()],
      ['replay', answer({ request: { model: openai('b') } })],
      ['replay', answer()],
      ['replay', answer({ paid: false, at: '2026-11-29T00:00:00.000Z' })],
    ])
    expect(rows.map(({ purpose, model, answers, paid, cents }) => [purpose, model, answers, paid, cents])).toEqual([
      ['replay', openai('a'), 2, 1, 0.5],
      ['replay', openai('b'), 1, 1, null],
      ['proposer', openai('a'), 1, 1, 0.5],
    ])
    expect(rows[0]).toMatchObject({ first_at: '2026-11-29T00:00:00.000Z', last_at: '2026-11-30T00:00:00.000Z' })
  })

  it('does not measure what one endpoint did not tell', () => {
    const untold = answer({ usage: { prompt_tokens: null, completion_tokens: 1 }, at: null })
    expect(
      rowsOf([
        ['judge', answer()],
        ['judge', untold],
        ['judge', answer()],
      ])[0],
    ).toMatchObject({
      prompt_tokens: null,
      completion_tokens: 4_000_001,
      cents: null,
      first_at: null,
      last_at: null,
    })
  })

  it('counts a refusal, which costs no tokens, and what is kept from earlier runs', () => {
    expect(
      rowsOf([
        ['replay', answer({ usage: null })],
        ['replay', answer({ paid: false })],
      ])[0],
    ).toMatchObject({
      answers: 2,
      paid: 1,
      refused: 1,
      prompt_tokens: 0,
      cents: 0,
    })
  })

  it('is the same in whatever order the answers came', () => {
    const anyAnswer = fc.record({
      request: fc.record({ model: fc.constantFrom('a', 'b').map(openai) }),
      usage: fc.option(
        fc.record({
          prompt_tokens: fc.nat(1000),
          completion_tokens: fc.nat(1000),
          cached_prompt_tokens: fc.nat(1000),
        }),
      ),
      at: fc.integer({ min: 10, max: 59 }).map((s) => `2026-11-30T00:00:${s}.000Z`),
      paid: fc.boolean(),
    })
    const list = fc.array(fc.tuple(fc.constantFrom(...PURPOSES), anyAnswer), { maxLength: 20 })
    fc.assert(
      fc.property(
        list.chain((l) => fc.tuple(fc.constant(l), fc.shuffledSubarray(l, { minLength: l.length }))),
        ([given, turned]) => {
          expect(rowsOf(turned)).toEqual(rowsOf(given))
        },
      ),
    )
  })
})

it('is told in a sentence a model and purpose, what is not known as not known', () => {
  const untold = answer({ usage: { prompt_tokens: null, completion_tokens: 1 } })
  expect(
    usageLines(
      rowsOf([
        ['replay', answer()],
        ['replay', answer({ paid: false })],
        ['replay', answer({ usage: null })],
        ['judge', untold],
      ]),
    ),
  ).toEqual([
    'replay: 3 answers of a at http://h/v1, 1 of them (33 %) kept from earlier runs, 1 refused, 1000000 tokens in, 2000000 out, 0.5 cents',
    'judge: 1 answer of a at http://h/v1, tokens not told, cents not measured',
  ])
})
