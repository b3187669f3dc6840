/**
 * How a model is named and asked, so that the same words name it everywhere: in a request, in the digest of its answer, in
 * what an owner signs. A key is never part of it.
 */
import * as z from 'zod'
import { isPrintable } from './patterns.ts'

const Word = z.string().min(1).max(300).refine(isPrintable, 'a name holds no control characters')

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
    model_arn: Word.meta({ description: 'ARN of a foundation model or inference profile in Amazon Bedrock.' }),
  }),
  z.strictObject({
    provider: z.literal('openai'),
    base_url: z
      .string()
      .max(500)
      .refine(
        isBaseUrl,
        'a base URL is http(s)://HOST/PATH in lower case without user, password, "?", "#" and slash at its end, e.g. http://127.0.0.1:8080/v1',
      )
      .meta({ description: 'Any OpenAI-compatible endpoint, e.g. https://api.openai.com/v1.' }),
    model: Word.meta({ description: 'Name under which the endpoint serves it.' }),
  }),
])
export type PinnedModel = z.infer<typeof PinnedModel>

/** Holds of every document that pins a model with its parameters. */
export const bedrockTakesNoSeed = z.refine<{ readonly model: PinnedModel; readonly seed: number | null }>(
  ({ model, seed }) => model.provider !== 'bedrock' || seed === null,
  { path: ['seed'], message: 'Amazon Bedrock takes no seed: null' },
)

/** What is pinned of every call. An answer is at most `max_tokens` long; a seed is sent only where the endpoint offers one. */
export const ModelParameters = z
  .strictObject({
    model: PinnedModel,
    max_tokens: z.int().min(1).max(100_000),
    temperature: z.number().min(0).max(2),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .nullable()
      .meta({ description: 'Null: the endpoint offers none.' }),
  })
  .check(bedrockTakesNoSeed)
export type ModelParameters = z.infer<typeof ModelParameters>
