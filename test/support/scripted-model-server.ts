/** An OpenAI-compatible endpoint on loopback that answers as a test says. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A chat completion request as it came in. */
export interface ChatAsked {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: {
    readonly model: string
    readonly messages: readonly { readonly role: string; readonly content: string }[]
    readonly temperature: number
    readonly max_tokens?: number
    readonly max_completion_tokens?: number
    readonly seed?: number
  }
  /** All that was sent, as one text. */
  readonly prompt: string
}

/** What happens to one request. */
export type Scripted =
  /** A completion with these words. `after`: milliseconds that it takes. */
  | { readonly says: string | null; readonly finish?: string; readonly refusal?: string; readonly after?: number }
  /** Any other answer; a body that is no text is sent as JSON. */
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** Half of an answer, and the connection ends. */
  | { readonly half: string }
  /** No answer at all, and the connection ends. */
  | { readonly reset: true }
  /** No answer, and the connection stays. */
  | { readonly hangs: true }

export interface ScriptedModelServer {
  readonly baseUrl: string
  /** Requests in the order in which they came. */
  readonly asked: ChatAsked[]
  /** Most that were under way at once. */
  readonly most: () => number
  close(): Promise<void>
}

/** @param script what becomes of the n-th request (from 0) */
export async function scriptedModelServer(
  script: (asked: ChatAsked, n: number) => Scripted,
): Promise<ScriptedModelServer> {
  const asked: ChatAsked[] = []
  let [underWay, most] = [0, 0]
  const server = createServer(async (request, response) => {
    most = Math.max(most, ++underWay)
    response.on('close', () => underWay--)
    const body = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString()) as ChatAsked['body']
    const prompt = body.messages.map(({ content }) => content).join('\n')
    const chat = { path: request.url!, headers: request.headers, body, prompt }
    asked.push(chat)
    await play(response, script(chat, asked.length - 1), chat)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    most: () => most,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function play(response: ServerResponse, step: Scripted, { body, prompt }: ChatAsked): Promise<void> {
  if ('hangs' in step) return
  if ('reset' in step) return void response.socket!.resetAndDestroy()
  if ('half' in step) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': step.half.length * 2 })
    return void response.write(step.half, () => response.socket!.destroy())
  }
  if ('status' in step) {
    const { status, headers, body: said = '' } = step
    response.writeHead(status, headers)
    return void response.end(typeof said === 'string' ? said : JSON.stringify(said))
  }
  if (step.after) await new Promise((resolve) => setTimeout(resolve, step.after))
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(completion(body.model, prompt, step)))
}

/** As llama.cpp and vLLM word it; a token is four characters. */
const completion = (
  model: string,
  prompt: string,
  { says, finish = 'stop', refusal }: Extract<Scripted, { says: string | null }>,
) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 0,
  model,
  choices: [
    { index: 0, finish_reason: finish, message: { role: 'assistant', content: says, ...(refusal && { refusal }) } },
  ],
  usage: {
    prompt_tokens: Math.ceil(prompt.length / 4),
    completion_tokens: Math.ceil((says ?? '').length / 4),
    total_tokens: Math.ceil(prompt.length / 4) + Math.ceil((says ?? '').length / 4),
  },
})
