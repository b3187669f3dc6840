import { afterEach, describe, expect, it } from 'vitest'
import { type OpenAiOptions, openAiModel } from '#adapters/openai/openai-model.ts'
import type { ModelRequest } from '#core/model/request.ts'
import {
  type ChatAsked,
  type Scripted,
  type ScriptedModelServer,
  scriptedModelServer,
} from '../../support/scripted-model-server.ts'

const KEY = 'sk-very-secret-1234567890'
const OK: Scripted = { says: 'yes' }

let server: ScriptedModelServer
let waits: number[]
afterEach(() => server.close())

/** Steps in their order, the last one for ever. */
const steps =
  (...list: readonly Scripted[]) =>
  (_: ChatAsked, n: number) =>
    list[Math.min(n, list.length - 1)]!

async function start(script: Parameters<typeof scriptedModelServer>[0], options: Partial<OpenAiOptions> = {}) {
  server = await scriptedModelServer(script)
  waits = []
  const model = openAiModel({ env: {}, sleep: async (ms) => waits.push(ms), random: () => 0, ...options })
  return (over: Partial<ModelRequest> = {}) =>
    model.converse({
      model: { provider: 'openai', base_url: server.baseUrl, model: 'small' },
      prompt: 'refund?',
      max_tokens: 100,
      temperature: 0,
      seed: null,
      sample: 0,
      ...over,
    })
}

const thrown = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => {
      throw new Error('it did not throw')
    },
    (error: Error) => error,
  )

describe('a request', () => {
  it('holds the seed of its draw, and no seed where none is pinned', async () => {
    const ask = await start(steps(OK))
    await ask()
    await ask({ seed: 7 })
    await ask({ seed: 7, sample: 2, temperature: 0.5 })
    expect(server.asked.map(({ body }) => body)).toEqual([
      expect.not.objectContaining({ seed: expect.anything() }),
      expect.objectContaining({ seed: 7, temperature: 0 }),
      expect.objectContaining({ seed: 9, temperature: 0.5 }),
    ])
    expect(server.asked[0]!.path).toBe('/v1/chat/completions')
  })

  it('names the longest answer anew for a model that wants it so, and remembers', async () => {
    const old = {
      message:
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      type: 'invalid_request_error',
      param: 'max_tokens',
      code: 'unsupported_parameter',
    }
    const ask = await start(({ body }) => (body.max_tokens === undefined ? OK : { status: 400, body: { error: old } }))
    expect(await ask()).toMatchObject({ content: 'yes' })
    expect(await ask({ prompt: 'again' })).toMatchObject({ content: 'yes' })
    expect(server.asked.map(({ body }) => [body.max_tokens, body.max_completion_tokens])).toEqual([
      [100, undefined],
      [undefined, 100],
      [undefined, 100],
    ])
  })
})

describe('a fault that passes', () => {
  it.each([
    ['429', { status: 429 }],
    ['500', { status: 500 }],
    ['502 as a page', { status: 502, body: '<html>Bad Gateway</html>' }],
    ['503', { status: 503 }],
    ['504', { status: 504 }],
    ['a reset connection', { reset: true }],
    ['half a body', { half: '{"choices":[{"mess' }],
    ['half an answer that ends as a whole one', { status: 200, body: '{"choices":[{"mess' }],
  ] as [string, Scripted][])('is tried again: %s', async (_, fault) => {
    const ask = await start(steps(fault, fault, OK))
    expect(await ask()).toMatchObject({ content: 'yes' })
    expect(server.asked).toHaveLength(3)
    expect(waits).toEqual([250, 500])
  })

  it('ends after five attempts, and says that nothing is lost', async () => {
    const ask = await start(steps({ status: 503, body: { error: { message: 'loading model' } } }))
    const error = await thrown(ask())
    expect(error.name).toBe('UserError')
    expect(error.message).toMatch(/^model small at .*: status 503, 5 times \(it says: loading model\)\. .* kept/)
    expect(server.asked).toHaveLength(5)
    expect(waits).toEqual([250, 500, 1000, 2000])
  })

  it('waits as long as it is told, by seconds or by a date, but not for ever', async () => {
    const ask = await start(steps({ status: 429, headers: { 'retry-after': '7' } }, OK))
    await ask()
    expect(waits).toEqual([7000])
    await server.close()
    const byDate = await start(steps({ status: 429, headers: { 'retry-after': new Date(0).toUTCString() } }, OK))
    await byDate()
    expect(waits).toEqual([250])
    await server.close()
    const long = await start(steps({ status: 429, headers: { 'retry-after': '3600' } }))
    expect((await thrown(long())).message).toContain('again in 3600 s')
    expect(waits).toEqual([])
  })

  it('spreads those who were turned away together', async () => {
    const ask = await start(steps({ status: 500 }, OK), { random: () => 0.999 })
    await ask()
    expect(waits).toEqual([500])
  })
})

describe('a fault that a person must mend', () => {
  it.each([
    ['no key', { status: 401 }, 'Set AUTOTUNE_MODEL_KEY'],
    ['no right', { status: 403 }, 'it wants a key'],
    ['a wrong path', { status: 404 }, 'ends before /chat/completions'],
    ['a quota that is spent', { status: 429, body: { error: { message: 'm', code: 'insufficient_quota' } } }, 'quota'],
    ['a model that is not there', { status: 400, body: { error: { message: 'm', code: 'model_not_found' } } }, '400'],
    [
      'a temperature it has not',
      { status: 400, body: { error: { message: 'only 1', param: 'temperature' } } },
      'only 1',
    ],
    ['another service', { status: 200, body: '<html>Welcome</html>' }, 'no chat completion: "<html>Welcome'],
    ['no choices', { status: 200, body: { choices: [] } }, 'no chat completion'],
    ['a redirect', { status: 307, headers: { location: 'http://127.0.0.1:1/' } }, 'a key must not follow'],
    ['a teapot', { status: 418 }, 'status 418'],
  ] as [string, Scripted, string][])('is told at once: %s', async (_, fault, words) => {
    const ask = await start(steps(fault))
    const error = await thrown(ask())
    expect(error.name).toBe('UserError')
    expect(error.message).toContain(words)
    expect(server.asked).toHaveLength(1)
  })

  it('is told at once: nothing listens there', async () => {
    const ask = await start(steps(OK))
    const gone = server.baseUrl
    await server.close()
    const model = { provider: 'openai', base_url: gone, model: 'm' } as const
    expect((await thrown(ask({ model }))).message).toContain('nothing listens there')
    expect(waits).toEqual([])
  })

  it('is told when the time is up: no answer, or one that trickles', async () => {
    for (const slow of [{ hangs: true }, { says: 'late', after: 5000 }] as const) {
      const ask = await start(steps(slow), { limitMs: 60 })
      expect((await thrown(ask())).message).toContain('did not answer within 0.06 s')
      expect(server.asked).toHaveLength(1)
      if ('hangs' in slow) await server.close()
    }
  })

  it('is told when an answer has no end', async () => {
    const ask = await start(steps({ status: 200, body: 'x'.repeat(8_000_001) }))
    expect((await thrown(ask())).message).toContain('more than 8 MB')
  })
})

describe('a refusal', () => {
  it.each([
    ['in its own field', { says: null, refusal: 'no' }, 'no'],
    ['by a filter, in the midst', { says: 'wel', finish: 'content_filter' }, 'a content filter'],
    [
      'by a filter, before',
      { status: 400, body: { error: { message: 'filtered', code: 'content_filter' } } },
      'filtered',
    ],
    [
      'too long (OpenAI)',
      { status: 400, body: { error: { message: 'long', code: 'context_length_exceeded' } } },
      'long',
    ],
    [
      'too long (llama.cpp)',
      { status: 400, body: { error: { message: 'x', type: 'exceed_context_size_error' } } },
      'x',
    ],
    ['too large', { status: 413 }, 'status 413'],
  ] as [string, Scripted, string][])('is an answer: %s', async (_, fault, words) => {
    const ask = await start(steps(fault))
    expect(await ask()).toEqual({ refused: expect.stringContaining(words) })
    expect(server.asked).toHaveLength(1)
  })
})

describe('what is called not valid', () => {
  const said: readonly [string, Scripted, string][] = [
    ['in words (Ollama)', { status: 400, body: { error: 'bad request' } }, 'bad request'],
    [
      'too long, as vLLM says it',
      { status: 400, body: { object: 'error', message: 'maximum context', code: 400 } },
      'maximum',
    ],
    ['a page', { status: 400, body: '<h1>Bad Request</h1>' }, 'Bad Request'],
    [
      'a credit that is spent',
      { status: 400, body: { error: { message: 'Your credit balance is too low' } } },
      'credit',
    ],
    ['by a validator', { status: 422, body: { detail: 'unprocessable' } }, 'unprocessable'],
  ]

  it.each(said)('is a refusal of these words where others are answered: %s', async (_, fault, words) => {
    const ask = await start(({ prompt }) => (prompt === 'refund?' ? fault : OK))
    expect(await ask({ seed: 7 })).toEqual({ refused: expect.stringContaining(words) })
    expect(server.asked).toHaveLength(2)
    const [first, other] = server.asked.map(({ body: { messages: _, ...parameters } }) => parameters)
    expect(other).toEqual(first)
  })

  it.each(said)('is for a person to mend where nothing is answered: %s', async (_, fault, words) => {
    const ask = await start(steps(fault))
    const error = await thrown(ask())
    expect([error.name, error.message]).toEqual(['UserError', expect.stringContaining(words)])
    expect(server.asked).toHaveLength(2)
  })

  it('is for a person to mend where the other words find a fault that passes', async () => {
    const ask = await start(({ prompt }) => (prompt === 'refund?' ? { status: 400 } : { status: 503 }))
    expect((await thrown(ask())).message).toContain('status 400')
  })
})

describe('the key', () => {
  const env = { AUTOTUNE_MODEL_KEY: KEY }

  it('is sent in one header, and none is sent where none is set', async () => {
    const ask = await start(steps(OK), { env })
    await ask()
    expect(server.asked[0]!.headers.authorization).toBe(`Bearer ${KEY}`)
    expect(JSON.stringify(server.asked[0]!.body)).not.toContain(KEY)
    await server.close()
    await (await start(steps(OK), { env: { OPENAI_API_KEY: KEY } }))()
    expect(server.asked[0]!.headers).not.toHaveProperty('authorization')
  })

  it.each([
    { status: 401, body: { error: { message: `Incorrect API key provided: ${KEY}` } } },
    { status: 500, body: `no ${KEY}` },
    { status: 200, body: KEY },
    { status: 302, headers: { location: `http://127.0.0.1:1/?k=${KEY}` } },
    { reset: true },
  ] as Scripted[])('stands in no error: %j', async (fault) => {
    const error = await thrown((await start(steps(fault), { env }))())
    expect(`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain(KEY)
  })

  it('stands in no refusal', async () => {
    const ask = await start(steps({ status: 400, body: { error: { message: `bad ${KEY}` } } }, OK), { env })
    expect(await ask()).toEqual({ refused: 'bad [key]' })
  })

  it('does not follow a redirect', async () => {
    const other = await scriptedModelServer(() => OK)
    const ask = await start(steps({ status: 307, headers: { location: `${other.baseUrl}/chat/completions` } }), { env })
    await thrown(ask())
    expect(other.asked).toEqual([])
    await other.close()
  })
})

it('an error echoes no prompt: it is printed, and a prompt may be sealed', async () => {
  const prompt = 'customer 4711 asks for a refund of order 99 because the parcel never came to her new address'
  const ask = await start(steps({ status: 404, body: { error: { message: `invalid: ${prompt}` } } }))
  const { message } = await thrown(ask({ prompt }))
  expect(message).not.toContain('4711')
  expect(message).toContain('[the request]')
})

it('so many are asked at once, and a fault leaves its place to the next', async () => {
  const ask = await start((_, n) => (n % 5 === 4 ? { status: 404 } : { says: 'yes', after: 10 }), { atOnce: 4 })
  const all = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => ask({ prompt: `p${i}` })))
  expect(all.filter(({ status }) => status === 'rejected')).toHaveLength(4)
  expect(server.asked).toHaveLength(20)
  expect(server.most()).toBe(4)
})
