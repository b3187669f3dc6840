/**
 * A model behind any endpoint that speaks OpenAI's chat completions: vLLM, Ollama, llama.cpp, LiteLLM, Azure (its v1 API) and
 * OpenAI itself.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { ModelRefusal, ModelReply } from '#core/model/reply.ts'
import { type ModelRequest, seedOf } from '#core/model/request.ts'
import type { ModelPort } from '#ports'
import { UserError } from '../../errors.ts'
import { jsonOf } from '../../streams/read-object.ts'
import { refusesWords } from '../refused-words.ts'
import { replyOf, type Told, toldOf } from './chat-answer.ts'
import { modelKey } from './model-key.ts'
import { type Posted, post } from './post.ts'

export interface OpenAiOptions {
  /** Where keys are looked up. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Calls at once, over all endpoints. @default 256, as many as a command may start processes that ask */
  readonly atOnce?: number
  /** Longest that one attempt may take, in milliseconds. */
  readonly limitMs?: number
  readonly fetcher?: typeof fetch
  /** Waits so many milliseconds. */
  readonly sleep?: (ms: number) => Promise<unknown>
  /** Milliseconds since any moment. */
  readonly now?: () => number
  /** From 0 up to 1. */
  readonly random?: () => number
}

const ATTEMPTS = 5
const FIRST_WAIT_MS = 500
/** No wait is longer: an endpoint that asks for more is told to a person. */
const LONGEST_WAIT_MS = 60_000
const AGAIN = new Set([429, 500, 502, 503, 504])

export function openAiModel({
  env,
  atOnce = 256,
  limitMs = 120_000,
  fetcher = fetch,
  sleep = wait,
  now = () => performance.now(),
  random = Math.random,
}: OpenAiOptions): ModelPort {
  const turn = turns(atOnce)
  /** Models that take the longest answer under its newer name only, as they said themselves. */
  const newer = new Set<string>()

  async function answer(request: ModelRequest): Promise<ModelReply | ModelRefusal> {
    if (request.model.provider !== 'openai') throw new UserError('Amazon Bedrock is asked under the rights of AWS')
    const { base_url, model } = request.model
    const url = `${base_url}/chat/completions`
    const key = modelKey(base_url, env)
    const fail = (why: string): never => {
      throw new UserError(`model ${model} at ${base_url}: ${withoutEcho(withoutKey(why, key), request.prompt)}`)
    }
    for (let attempt = 1; ; attempt++) {
      const started = now()
      const body = bodyOf(request, model, newer.has(url + model))
      const posted = whole(await post(url, body, key, limitMs, fetcher))
      if ('broke' in posted) {
        if (!posted.again) return fail(posted.broke)
        if (attempt === ATTEMPTS) return fail(`${posted.broke}, ${ATTEMPTS} times. ${RESUME}`)
        await sleep(backoff(attempt))
        continue
      }
      const { status, retryAfter } = posted
      // Before anything is cut or kept: half of a key would not be found.
      const text = key !== null && key.length >= SHORTEST_SECRET ? withoutKey(posted.text, key) : posted.text
      if (status === 200) {
        const reply = replyOf(text, model, Math.max(0, Math.round(now() - started)))
        return reply ?? fail(`it answered what is no chat completion: "${text.slice(0, 80)}". Is the base URL right?`)
      }
      const told = toldOf(text)
      if (status === 400 && wantsNewerName(told) && !newer.has(url + model)) {
        newer.add(url + model)
        continue
      }
      if (isRefusal(status, told) || (isInvalid(status, told) && (await refusesWords(request, { converse: answer }))))
        return { refused: withoutKey(told.message, key) || `status ${status}` }
      if (!AGAIN.has(status) || told.code.includes('insufficient_quota'))
        return fail(`${meaning(status, key)}${said(told)}`)
      if (attempt === ATTEMPTS) return fail(`status ${status}, ${ATTEMPTS} times${said(told)}. ${RESUME}`)
      const asked = waitAsked(retryAfter)
      if (asked !== null && asked > LONGEST_WAIT_MS)
        return fail(`it is to be asked again in ${Math.ceil(asked / 1000)} s. ${RESUME}`)
      await sleep(Math.max(asked ?? 0, backoff(attempt)))
    }
  }

  /** A share of the wait, so that those who were turned away together do not come back together. */
  const backoff = (attempt: number): number => Math.round(FIRST_WAIT_MS * 2 ** (attempt - 1) * (0.5 + random() / 2))

  return { converse: (request) => turn(() => answer(request)) }
}

/** JSON that ends in its midst is half of an answer, whatever the connection said. */
function whole(posted: Posted): Posted {
  const half =
    'status' in posted && posted.status === 200 && posted.text.startsWith('{') && jsonOf(posted.text) === undefined
  return half ? { broke: 'half of its answer is missing', again: true } : posted
}

const RESUME = 'What was answered so far is kept: begin again later'

function bodyOf(request: ModelRequest, model: string, newer: boolean): string {
  const { prompt, max_tokens, temperature } = request
  const seed = seedOf(request)
  return JSON.stringify({
    model,
    messages: [{ role: 'user', content: prompt }],
    [newer ? 'max_completion_tokens' : 'max_tokens']: max_tokens,
    temperature,
    ...(seed !== null && { seed }),
    stream: false,
  })
}

const wantsNewerName = ({ message }: Told): boolean => message.includes('max_completion_tokens')

/** Our own parameters or the model's name were not understood: every request would get this answer, whatever its words. */
const OURS = /^(max_tokens|max_completion_tokens|temperature|seed|stream|model|messages)$/
const NOT_FOUND = /model_not_found|deploymentnotfound|unsupported_(parameter|value)|invalid_api_key|not_found/

/** Is this request itself refused, for ever, as the endpoint says in a word of its own? Too long, too large, or filtered. */
const isRefusal = (status: number, { code }: Told): boolean =>
  status === 413 || ((status === 400 || status === 422) && /content_filter|context/.test(code))

/** Is it called not valid, for what may lie in its words? */
const isInvalid = (status: number, { code, param }: Told): boolean =>
  (status === 400 || status === 422) && !OURS.test(param) && !NOT_FOUND.test(code)

function meaning(status: number, key: string | null): string {
  if (status >= 300 && status < 400)
    return `status ${status}: it sends on to another place, and a key must not follow. Name that place`
  if (status === 401 || status === 403)
    return key === null
      ? `status ${status}: it wants a key. Set AUTOTUNE_MODEL_KEY`
      : `status ${status}: it does not take this key`
  if (status === 404)
    return `status 404: no such path or model there. Is the base URL the one that ends before /chat/completions?`
  if (status === 429) return 'status 429: the quota of this key is spent'
  return `status ${status}`
}

const said = ({ message }: Told): string => (message === '' ? '' : ` (it says: ${message})`)

/** Milliseconds that an endpoint asks to wait, by seconds or by a date; null: it does not say. */
function waitAsked(retryAfter: string | null): number | null {
  if (retryAfter === null) return null
  const ms = /^\d+(\.\d+)?$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : null
}

/** A shorter key is a word such as EMPTY, which a server of one's own is told and an answer may hold. */
const SHORTEST_SECRET = 16

/** Words of an endpoint without the key, also as JSON spells it. */
function withoutKey(words: string, key: string | null): string {
  if (key === null) return words
  const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)
  const spelled = inJson(key)
  return [inJson(spelled), spelled.replaceAll('/', '\\/'), spelled, key].reduce(
    (text, one) => text.replaceAll(one, '[key]'),
    words,
  )
}

/** Shortest run of characters of a prompt that is taken for an echo of it. */
const ECHO = 40
/** A prompt that is shorter is one as a whole, unless it is but a word. */
const SHORTEST_ECHO = 8

/** Words of an endpoint without what it echoes of the prompt, however it breaks lines: errors are printed, prompts may be sealed. */
function withoutEcho(words: string, prompt: string): string {
  const [said, asked] = [onOneLine(words), onOneLine(prompt).trim()]
  const length = Math.min(ECHO, Math.max(SHORTEST_ECHO, asked.length))
  for (let i = 0; i + length <= said.length; i++)
    if (asked.includes(said.slice(i, i + length))) return `${said.slice(0, i)}[the request]`
  return said
}

/** As it would stand without line breaks and without the escapes of JSON. */
const onOneLine = (text: string): string => text.replaceAll(/(?:\s|\\[nrt])+/g, ' ').replaceAll(/\\(["\\/])/g, '$1')

/** So many at once, in the order in which they came. */
function turns(atOnce: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let free = atOnce
  return async (work) => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}
