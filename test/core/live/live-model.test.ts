/** A live model as its owner signed it. */
import { describe, expect, test } from 'vitest'
import { identityOf, pinOf, signedBy } from '#core/live/live-model.ts'
import { LiveModel, type LivePin } from '#schemas/live-model.ts'
import { DOCUMENT } from '../../support/live-engine.ts'

const signed = signedBy(DOCUMENT, 'ana', '2026-11-29')

describe('a signature', () => {
  test('covers every word of the document, its owner and the day', () => {
    const { signed: word, ...words } = signed
    const changed: LiveModel[] = [
      { ...signed, model: { provider: 'openai', base_url: 'http://127.0.0.1:9/v1', model: 'large' } },
      { ...signed, model: { provider: 'openai', base_url: 'https://elsewhere.example/v1', model: 'small' } },
      { ...signed, max_tokens: 51 },
      { ...signed, temperature: 0 },
      { ...signed, seed: 8 },
      { ...signed, repeats: 3 },
      { ...signed, budget: { calls: 5001, cents: null } },
      { ...words, signed: { ...word!, owner: 'bob' } },
      { ...words, signed: { ...word!, on: '2026-11-30' } },
    ]
    for (const one of changed)
      expect(pinOf(one)).toEqual({ problem: expect.stringMatching(/no longer what \w+ signed/) })
    expect(pinOf(words)).toEqual({ problem: 'nobody signed it' })
    expect(pinOf(signed)).toMatchObject({ owner: 'ana', on: '2026-11-29', repeats: 2 })
  })

  test('holds after the file was read again, in another order of its fields', () => {
    const text = JSON.stringify(Object.fromEntries(Object.entries(signed).reverse()))
    expect(pinOf(LiveModel.parse(JSON.parse(text)))).toMatchObject({ owner: 'ana' })
  })
})

test('a higher budget and another signature ask the same model; another temperature does not', () => {
  const of = (document: LiveModel, by: string) => identityOf(pinOf(signedBy(document, by, '2026-11-30')) as LivePin)
  expect(of({ ...DOCUMENT, budget: { calls: 9, cents: 1 } }, 'bob')).toEqual(of(DOCUMENT, 'ana'))
  expect(of({ ...DOCUMENT, temperature: 1 }, 'ana')).not.toEqual(of(DOCUMENT, 'ana'))
})

describe('a document', () => {
  test.each([
    ['a key in it', { ...DOCUMENT, key: 'secret' }],
    ['a password in the URL', { ...DOCUMENT, model: { ...DOCUMENT.model, base_url: 'http://a:b@host/v1' } }],
    ['one draw', { ...DOCUMENT, repeats: 1 }],
    ['no budget', { ...DOCUMENT, budget: undefined }],
    ['a seed for Bedrock', { ...DOCUMENT, model: { provider: 'bedrock', model_arn: 'arn:aws:bedrock:x' } }],
  ])('with %s is refused', (_, document) => {
    expect(LiveModel.safeParse(document).success).toBe(false)
  })
})
