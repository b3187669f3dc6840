/** What an endpoint may send that is no honest answer: it ends nothing for ever, and leaves no key and no prompt behind. */
import { afterEach, describe, expect, it } from 'vitest'
import { answerCache } from '#adapters/model-cache.ts'
import { openAiModel } from '#adapters/openai/openai-model.ts'
import type { ModelRequest } from '#core/model/request.ts'
import { contents, memory } from '../steps/stores.ts'
import { type Scripted, type ScriptedModelServer, scriptedModelServer } from '../support/scripted-model-server.ts'

const KEY = 'sk-very/secret"1234567890'
let server: ScriptedModelServer
afterEach(() => server.close())

/** What is kept of an answer to one prompt, or the error that a person is told. */
async function told(scripted: Scripted, { prompt = 'refund?', key = KEY } = {}): Promise<string> {
  server = await scriptedModelServer(() => scripted)
  const model = openAiModel({ env: { AUTOTUNE_MODEL_KEY: key }, sleep: async () => {}, random: () => 0 })
  const store = memory()
  const request: ModelRequest = {
    model: { provider: 'openai', base_url: server.baseUrl, model: 'small' },
    prompt,
    max_tokens: 100,
    temperature: 0,
    seed: null,
    sample: 0,
  }
  return await answerCache(store.objects, store.clock)
    .ask(request, model)
    .then(
      async () => Object.values(await contents(store)).join(),
      (error: Error) => `${error.name}: ${error.message}`,
    )
}
const chat = (message: object, more: object = {}): Scripted => ({
  status: 200,
  body: { choices: [{ message, finish_reason: 'stop' }], ...more },
})
const calls = (text: string) => ({ tool_calls: [{ function: { name: 'refund', arguments: text } }] })

describe('an answer without a canonical form was paid for, and is kept', () => {
  it.each([
    ['half a character', chat({ content: 'well\ud83d' }), '"content":"well\ufffd"'],
    ['half a character in a refusal', chat({ refusal: 'no\ud83d' }), '"refused":"no\ufffd"'],
    ['half a character in a name', chat({ content: 'a' }, { model: 'm\ud83d' }), '"model":"m\ufffd"'],
    ['a number without end', chat(calls('{"amount":1e999}')), '"arguments":{"amount":null}'],
    ['arguments that nest without end', chat(calls('['.repeat(200_000) + ']'.repeat(200_000))), '[[[null]]]'],
  ] as [string, Scripted, string][])('%s', async (_, answer, kept) => expect(await told(answer)).toContain(kept))
})

describe('a key that an endpoint echoes', () => {
  it.each([
    ['in its words', chat({ content: `you sent ${KEY}` })],
    ['in a refusal', chat({ refusal: `you sent ${KEY}` })],
    ['in the arguments of a call', chat(calls(JSON.stringify({ key: KEY })))],
    ['with a slash as some spell it', { status: 200, body: `{"choices":[{"message":{"content":"${spelled()}"}}]}` }],
    ['where an error is cut', { status: 401, body: { error: { message: `${'x'.repeat(290)}${KEY}` } } }],
    ['where an answer that is none is cut', { status: 200, body: `${'x'.repeat(70)}${KEY}` }],
  ] as [string, Scripted][])('is neither kept nor told: %s', async (_, answer) => {
    const text = await told(answer)
    expect(text).not.toMatch(/sk-very|1234567/)
  })

  it('but a word that stands for none is a word of the answer', async () => {
    expect(await told(chat({ content: 'the shelf is EMPTY' }), { key: 'EMPTY' })).toContain('the shelf is EMPTY')
  })

  function spelled(): string {
    return JSON.stringify(KEY).slice(1, -1).replaceAll('/', '\\/')
  }
})

describe('tokens that no call can have used are not told, and a missing measurement blocks', () => {
  const used = (prompt: unknown, completion: unknown) =>
    chat({ content: 'a' }, { usage: { prompt_tokens: prompt, completion_tokens: completion } })
  it.each([
    ['none of a prompt that holds words (a server that had it at hand)', used(0, 3), '"prompt_tokens":null'],
    ['more than anybody has', used(2 ** 53 - 1, 3), '"prompt_tokens":null'],
    ['more than anybody has, answered', used(3, 1e12), '"completion_tokens":null'],
    ['fewer than none', used(3, -1), '"completion_tokens":null'],
    ['parts of one', used(3, 0.5), '"completion_tokens":null'],
    [
      'a number without end',
      { status: 200, body: `${'{"choices":[{"message":{"content":"a"}}]'},"usage":{"prompt_tokens":1e999}}` },
      '"prompt_tokens":null',
    ],
    ['none of an answer without words', used(3, 0), '"completion_tokens":0'],
  ] as [string, Scripted, string][])('%s', async (_, answer, kept) => expect(await told(answer)).toContain(kept))
})

it('a name without end is cut', async () => {
  expect((await told(chat({ content: 'a' }, { model: 'x'.repeat(100_000) }))).length).toBeLessThan(1000)
})

describe('a prompt that an endpoint echoes in an error is not told', () => {
  const lines = 'name: Bob Smith\nIBAN: "DE99"\nreason: it never came'
  it.each([
    ['in other lines', { status: 404, body: { error: { message: `no: ${lines}` } } }, lines],
    ['as JSON spells it', { status: 200, body: JSON.stringify({ echo: lines }) }, lines],
    ['short', { status: 404, body: { error: { message: 'no: Bob Smith 77' } } }, 'Bob Smith 77'],
  ] as [string, Scripted, string][])('%s', async (_, answer, prompt) => {
    const text = await told(answer, { prompt })
    expect(text).not.toContain('Smith')
    expect(text).toContain('[the request]')
  })
})
