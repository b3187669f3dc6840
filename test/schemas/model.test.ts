import { describe, expect, it } from 'vitest'
import { type ModelRequest, requestDigest, requestIdentity, requestOf, seedOf } from '#core/model/request.ts'
import { ModelParameters, PinnedModel } from '#schemas/model.ts'

const openai = (base_url: string) => PinnedModel.safeParse({ provider: 'openai', base_url, model: 'm' }).success

describe('a pinned model', () => {
  it.each([
    'https://api.openai.com/v1',
    'http://127.0.0.1:11434/v1',
    'http://localhost',
    'https://shop.openai.azure.com/openai/v1',
    'https://host/a/b%20c',
  ])('is named by %s', (url) => expect(openai(url)).toBe(true))

  it.each([
    'https://api.openai.com/v1/',
    'https://user@host/v1',
    'https://user:secret@host/v1',
    'https://host/v1?api-key=secret',
    'https://host/v1?',
    'https://host/v1#',
    'https://HOST/v1',
    'https://host:443/v1',
    'https://host/v1/../v2',
    ' https://host/v1',
    'ftp://host/v1',
    'file:///etc/passwd',
    'host/v1',
    '',
  ])('is not named by "%s": another spelling, or room for a secret', (url) => expect(openai(url)).toBe(false))

  it('has nothing beside its name', () => {
    const model = { provider: 'openai', base_url: 'http://h/v1', model: 'm' }
    expect(PinnedModel.safeParse({ ...model, api_key: 'k' }).success).toBe(false)
    expect(PinnedModel.safeParse({ ...model, model: '' }).success).toBe(false)
    expect(PinnedModel.safeParse({ ...model, provider: 'bedrock' }).success).toBe(false)
  })

  it('is asked with a seed only where there is one', () => {
    const bedrock = { model: { provider: 'bedrock', model_arn: 'arn:m' }, max_tokens: 1, temperature: 0 }
    expect(ModelParameters.safeParse({ ...bedrock, seed: null }).success).toBe(true)
    expect(ModelParameters.safeParse({ ...bedrock, seed: 1 }).error!.issues[0]).toMatchObject({ path: ['seed'] })
    expect(ModelParameters.safeParse(bedrock).success).toBe(false)
    for (const temperature of [-1, 2.1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(ModelParameters.safeParse({ ...bedrock, temperature, seed: null }).success).toBe(false)
  })
})

describe('a request', () => {
  const request: ModelRequest = {
    model: { provider: 'openai', base_url: 'http://h/v1', model: 'm' },
    prompt: 'p',
    max_tokens: 1,
    temperature: 1,
    seed: 7,
    sample: 0,
  }

  it('has one digest, whatever the order of its fields', () => {
    const turned = Object.fromEntries(Object.entries(request).reverse()) as unknown as ModelRequest
    expect(requestDigest(turned)).toBe(requestDigest(request))
  })

  it('is found again in what its answer is kept under', () => {
    const bedrock = { provider: 'bedrock', model_arn: 'arn:m' } as const
    for (const over of [{}, { sample: 3 }, { seed: null }, { seed: 0 }, { seed: null, model: bedrock }])
      expect(requestOf(requestIdentity({ ...request, ...over }))).toEqual({ ...request, ...over })
  })

  it('has another seed for each draw, and none where none is offered', () => {
    expect([0, 1, 2].map((sample) => seedOf({ ...request, sample }))).toEqual([7, 8, 9])
    expect(seedOf({ ...request, seed: 2 ** 31 - 1, sample: 1 })).toBe(0)
    expect(seedOf({ ...request, seed: null, sample: 3 })).toBeNull()
  })
})
