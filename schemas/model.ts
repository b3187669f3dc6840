/**
 * How a model is named and asked, so that the same words name it everywhere: in a request, in the digest of its answer, in
 * what an owner signs. A key is never part of it.
 */
import * as z from 'zod/mini'
import { isPrintable } from './patterns.ts'

const Word = z
  .string()
  .check(z.minLength(1), z.maxLength(300), z.refine(isPrintable, 'a name holds no control characters'))

/** Is it a URL in its one spelling, of a folder that `/chat/completions` is appended to, with no place for a secret? */
export function isBaseUrl(text: string): boolean {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return false
  return !/[?#]/.test(text) && text === url.href.replace(/\/$/, '')
}

/** A model by where it is asked. What is not named here cannot be asked. */
export const PinnedModel = z.discriminatedUnion('provider', [
  z.strictObject({
    provider: z.literal('bedrock'),
    model_arn: Word.check(z.meta({ description: 'ARN of a foundation model or inference profile in Amazon Bedrock.' })),
  }),
  z.strictObject({
    provider: z.literal('openai'),
    base_url: z
      .string()
      .check(
        z.maxLength(500),
        z.refine(
          isBaseUrl,
          'a base URL is http(s)://HOST/PATH in lower case without user, password, "?", "#" and slash at its end, e.g. http://127.0.0.1:8080/v1',
        ),
        z.meta({ description: 'Any OpenAI-compatible endpoint, e.g. https://api.openai.com/v1.' }),
      ),
    model: Word.check(z.meta({ description: 'Name under which the endpoint serves it.' })),
  }),
])
export type PinnedModel = z.infer<typeof PinnedModel>

/** What is pinned of every call. An answer is at most `max_tokens` long; a seed is sent only where the endpoint offers one. */
export const ModelParameters = z
  .strictObject({
    model: PinnedModel,
    max_tokens: z.int().check(z.gte(1), z.lte(100_000)),
    temperature: z.number().check(z.gte(0), z.lte(2)),
    seed: z
      .nullable(z.int().check(z.gte(0), z.lte(2 ** 31 - 1)))
      .check(z.meta({ description: 'Null: the endpoint offers none.' })),
  })
  .check(
    z.refine(({ model, seed }) => model.provider !== 'bedrock' || seed === null, {
      path: ['seed'],
      message: 'Amazon Bedrock takes no seed: null',
    }),
  )
export type ModelParameters = z.infer<typeof ModelParameters>
