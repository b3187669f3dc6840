import { expect, it } from 'vitest'
import { keyVariableOf, modelKey } from '#adapters/openai/model-key.ts'

const OPENAI = 'https://api.openai.com/v1'
const OTHER = 'https://api.mistral.ai/v1'

it.each([
  [OPENAI, { OPENAI_API_KEY: 'a' }, 'a'],
  [OPENAI, { OPENAI_API_KEY: 'a', AUTOTUNE_MODEL_KEY: 'b' }, 'b'],
  [OPENAI, { AUTOTUNE_MODEL_KEY: 'b', AUTOTUNE_MODEL_KEY_API_OPENAI_COM: 'c' }, 'c'],
  [OTHER, { AUTOTUNE_MODEL_KEY: 'b', AUTOTUNE_MODEL_KEY_API_OPENAI_COM: 'c' }, 'b'],
  [OPENAI, { AUTOTUNE_MODEL_KEY: '' }, null],
  [OPENAI, {}, null],
])('%s takes its key from %j', (url, env, key) => expect(modelKey(url, env)).toBe(key))

it('the key of OpenAI goes to OpenAI alone, also where a name looks like it', () => {
  for (const host of ['api.mistral.ai', 'api.openai.com.example.com', 'xapi.openai.com', '127.0.0.1'])
    expect(modelKey(`https://${host}/v1`, { OPENAI_API_KEY: 'a' })).toBeNull()
})

it('a key that no header can hold is refused, and not told', () => {
  for (const key of ['sk-1\n', 'two words', 'schlüssel'])
    expect(() => modelKey(OTHER, { AUTOTUNE_MODEL_KEY: key })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(key) }),
    )
})

it('a key goes in the clear to this machine alone', () => {
  const env = { AUTOTUNE_MODEL_KEY: 'k' }
  for (const host of ['127.0.0.1:8080', 'localhost', '[::1]:8080']) expect(modelKey(`http://${host}/v1`, env)).toBe('k')
  for (const host of ['10.0.0.1', 'vllm.internal', '127.0.0.1.example.com'])
    expect(() => modelKey(`http://${host}/v1`, env)).toThrow('in the clear')
  expect(modelKey('http://10.0.0.1/v1', {})).toBeNull()
})

it('no key for this machine goes to a proxy, unless that spares it', () => {
  const env = { AUTOTUNE_MODEL_KEY: 'k', HTTP_PROXY: 'http://proxy:3128' }
  const proxied = { ...env, NODE_USE_ENV_PROXY: '1' }
  const url = 'http://127.0.0.1:8080/v1'
  for (const given of [proxied, { ...env, NODE_OPTIONS: '--use_env_proxy' }, { ...proxied, NO_PROXY: 'localhost' }])
    expect(() => modelKey(url, given)).toThrow('put 127.0.0.1 into NO_PROXY')
  expect(modelKey(url, env)).toBe('k')
  expect(modelKey(url, { ...proxied, NO_PROXY: 'localhost, 127.0.0.1' })).toBe('k')
  expect(modelKey(OTHER, proxied)).toBe('k')
})

it('each endpoint may have a variable of its own, and no other host reads it, however alike they are spelled', () => {
  expect(keyVariableOf('https://api.mistral.ai/v1')).toBe('AUTOTUNE_MODEL_KEY_API_MISTRAL_AI')
  expect(keyVariableOf('https://shop-1.openai.azure.com/v1')).toBe('AUTOTUNE_MODEL_KEY_SHOP__1_OPENAI_AZURE_COM')
  const env = { AUTOTUNE_MODEL_KEY_API_MISTRAL_AI: 'a', AUTOTUNE_MODEL_KEY_API__MISTRAL_AI: 'b' }
  for (const host of ['api.mistral-ai', 'api-mistral-ai', 'api_mistral.ai', 'api..mistral.ai', 'api-.mistral.ai'])
    expect(modelKey(`https://${host}/v1`, env)).toBeNull()
  expect(modelKey('https://api-mistral.ai/v1', env)).toBe('b')
  expect(modelKey('https://api.mistral.ai:8443/v1', env)).toBe('a')
})
