/** What a chat completion says: an answer, a refusal, or nothing that can be used. Held to shape before a word is believed. */
import * as z from 'zod/mini'
import type { ModelRefusal, ModelReply } from '#core/model/reply.ts'
import { jsonOf } from '../../streams/read-object.ts'

const text = z.nullish(z.string())
/** Most tokens that a call is believed to have used. */
const MOST_TOKENS = 1e9
const countFrom = (least: number) => z.catch(z.nullish(z.int().check(z.gte(least), z.lte(MOST_TOKENS))), null)
const count = countFrom(0)

/** Servers add fields of their own; those that are read have one meaning everywhere. */
const ChatCompletion = z.object({
  model: z.catch(text, null),
  choices: z
    .array(
      z.object({
        finish_reason: z.catch(text, null),
        message: z.object({
          /** Some servers answer in parts. */
          content: z.nullish(z.union([z.string(), z.array(z.object({ text: z.nullish(z.string()) }))])),
          refusal: z.catch(text, null),
          tool_calls: z.catch(
            z.nullish(
              z.array(z.object({ function: z.object({ name: z.string(), arguments: z.optional(z.unknown()) }) })),
            ),
            null,
          ),
        }),
      }),
    )
    .check(z.minLength(1)),
  usage: z.catch(
    z.nullish(
      z.object({
        // No prompt is empty: a server that has one at hand may say that it read nothing, and that is no price of it.
        prompt_tokens: countFrom(1),
        completion_tokens: count,
        prompt_tokens_details: z.catch(z.nullish(z.object({ cached_tokens: count })), null),
        completion_tokens_details: z.catch(z.nullish(z.object({ reasoning_tokens: count })), null),
      }),
    ),
    null,
  ),
})

/**
 * The reply in an answer of status 200; null: it is no chat completion.
 *
 * @param model name that was asked for: said where the endpoint names none
 */
export function replyOf(body: string, model: string, latencyMs: number): ModelReply | ModelRefusal | null {
  const parsed = ChatCompletion.safeParse(jsonOf(body))
  if (!parsed.success) return null
  const { choices, usage } = parsed.data
  const { message, finish_reason } = choices[0]!
  if (message.refusal) return { refused: message.refusal.slice(0, MOST_TOLD) }
  if (finish_reason === 'content_filter') return { refused: 'a content filter withheld the answer' }
  const cached = usage?.prompt_tokens_details?.cached_tokens
  const reasoning = usage?.completion_tokens_details?.reasoning_tokens
  return {
    model: (parsed.data.model || model).slice(0, MOST_TOLD),
    content: wordsOf(message.content),
    tool_calls: (message.tool_calls ?? []).map((call) => ({
      name: call.function.name,
      arguments: argumentsOf(call.function.arguments),
    })),
    prompt_tokens: usage?.prompt_tokens ?? null,
    completion_tokens: usage?.completion_tokens ?? null,
    latency_ms: latencyMs,
    ...(finish_reason === 'length' && { cut: true }),
    ...(cached ? { cached_prompt_tokens: cached } : {}),
    ...(reasoning ? { reasoning_tokens: reasoning } : {}),
  }
}

/** Longest words of an endpoint that are told to a person. */
const MOST_TOLD = 300

/** What an error says: its words and the code or kind that it is known by, in lower case. */
export interface Told {
  readonly message: string
  readonly code: string
  readonly param: string
}

const anything = z.optional(z.unknown())
const ErrorBody = z.object({ message: z.string(), code: anything, type: anything, param: anything })

/** An error as OpenAI, vLLM, llama.cpp, Ollama, LiteLLM and Azure word it; anything else is told as it stands, cut. */
export function toldOf(body: string): Told {
  const json = jsonOf(body) as { error?: unknown } | null | undefined
  const error = typeof json?.error === 'string' ? { message: json.error } : (json?.error ?? json)
  const { success, data } = ErrorBody.safeParse(error)
  const word = (value: unknown): string => (typeof value === 'string' ? value.toLowerCase() : '')
  const message = (success ? data.message : body).replace(/\s+/g, ' ').trim().slice(0, MOST_TOLD)
  return success
    ? { message, code: `${word(data.code)} ${word(data.type)}`.trim(), param: word(data.param) }
    : { message, code: '', param: '' }
}

function wordsOf(content: string | readonly { readonly text?: string | null | undefined }[] | null | undefined) {
  const words = typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('')
  return words === '' ? null : words
}

type Arguments = ModelReply['tool_calls'][number]['arguments']

/** Arguments are JSON in a text; what does not parse stays that text. */
function argumentsOf(value: unknown): Arguments {
  if (typeof value !== 'string') return (value ?? {}) as Arguments
  return (jsonOf(value) ?? value) as Arguments
}
