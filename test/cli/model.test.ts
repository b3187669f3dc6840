/** `autotune model`: is the model there that a document pins? */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Scripted, type ScriptedModelServer, scriptedModelServer } from '../support/scripted-model-server.ts'
import { placeOfEachTest } from './command-line.ts'

const place = placeOfEachTest()
let server: ScriptedModelServer | null = null
afterEach(async () => {
  vi.unstubAllEnvs()
  await server?.close()
  server = null
})

const document = (base_url: string) => ({
  kind: 'live_model',
  model: { provider: 'openai', base_url, model: 'small' },
  max_tokens: 20,
  temperature: 0,
  seed: 1,
  repeats: 3,
})
async function asked(script: Scripted, key = '') {
  for (const name of ['AUTOTUNE_MODEL_KEY', 'OPENAI_API_KEY']) vi.stubEnv(name, name === 'OPENAI_API_KEY' ? '' : key)
  server = await scriptedModelServer(() => script)
  return place.at('model', place.file('live.json', document(server.baseUrl)))
}

describe('a model', () => {
  test('that answers is named with where it is, what it said and what it took', async () => {
    const { code, out } = await asked({ says: 'ready' }, 'sk-secret')
    expect(code).toBe(0)
    expect(out).toMatch(
      /^model {4}small at http:\/\/127\.0\.0\.1:\d+\/v1\nkey {6}AUTOTUNE_MODEL_KEY\nanswers {2}"ready"\n/,
    )
    expect(out).toMatch(/tokens {3}9 in, 2 out/)
    expect(out).not.toContain('sk-secret')
    expect(server!.asked).toHaveLength(1)
    expect(server!.asked[0]!.headers.authorization).toBe('Bearer sk-secret')
    expect(place.listing()).toEqual([])
  })

  test.each([
    ['says nothing', { says: null }, 'answers  nothing'],
    ['was cut before its first word', { says: null, finish: 'length' }, 'raise it'],
    ['refuses', { says: null, refusal: 'no' }, 'refused  no'],
  ] as [string, Scripted, string][])('that %s is no answer', async (_, script, says) => {
    const { code, out } = await asked(script)
    expect(code).toBe(3)
    expect(out).toContain(says)
  })

  test.each([
    ['wants a key', { status: 401 }, /small at .*: it wants a key\. Set AUTOTUNE_MODEL_KEY/],
    ['is not under this URL', { status: 404 }, /Is the base URL the one that ends before \/chat\/completions\?/],
    ['is another service', { status: 200, body: '<html>' }, /no chat completion: "<html>"/],
  ] as [string, Scripted, RegExp][])('that %s is told', async (_, script, says) => {
    const { code, err } = await asked(script)
    expect(code).toBe(2)
    expect(err.replace(/status \d+: /, '')).toMatch(says)
  })

  test('where nothing listens is told', async () => {
    const gone = await scriptedModelServer(() => ({ says: 'ready' }))
    await gone.close()
    const { code, err } = await place.at('model', place.file('live.json', document(gone.baseUrl)))
    expect([code, err]).toEqual([2, expect.stringContaining('nothing listens there')])
    const refused = await place.at('model', place.file('live.json', document('http://127.0.0.1:1/v1')))
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('port')])
  })
})

test.each([
  ['a URL with a key', document('https://h/v1?key=secret'), /model\.base_url: a base URL is/],
  ['no model', {}, /model: /],
  ['a list', [], /model: /],
])('a document with %s is refused by its field', async (_, content, says) => {
  const { code, err } = await place.at('model', place.file('live.json', content))
  expect(code).toBe(2)
  expect(err).toMatch(says)
  expect(err).not.toContain('secret')
})
