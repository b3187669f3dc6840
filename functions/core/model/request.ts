/** One request to a model, and what its answer is kept under. */
import type { ModelParameters } from '#schemas/model.ts'
import { digestOf } from '../canonical.ts'

/** Every field is part of its identity; nothing else is. */
export interface ModelRequest extends ModelParameters {
  /** All that is sent, as one message of the user. */
  readonly prompt: string
  /**
   * Which draw of the same question, from 0: at a temperature above 0 each draw has an answer of its own. Never sent; where
   * there is a seed, the draws have seed, seed + 1, ...
   */
  readonly sample: number
}

/**
 * What the digest of a request is taken over. A request that Bedrock could be asked before there were seeds, draws and other
 * providers has the bytes that it had then, so answers of a deployment stay valid.
 */
export function requestIdentity({ model, prompt, max_tokens, temperature, seed, sample }: ModelRequest) {
  const { provider: _, ...named } = model
  return {
    ...named,
    prompt,
    max_tokens,
    temperature,
    ...(seed !== null && { seed }),
    ...(sample !== 0 && { sample }),
  }
}

type RequestIdentity = ReturnType<typeof requestIdentity>

/** The request of an identity: what `requestIdentity` left out was null or 0. */
export function requestOf(identity: RequestIdentity): ModelRequest {
  const { prompt, max_tokens, temperature, seed = null, sample = 0, ...named } = identity
  const model: ModelRequest['model'] =
    'model_arn' in named ? { provider: 'bedrock', ...named } : { provider: 'openai', ...named }
  return { model, prompt, max_tokens, temperature, seed, sample }
}

/** Digest by which an answer is found. */
export const requestDigest = (request: ModelRequest): string => digestOf(requestIdentity(request))

/** A question that no endpoint refuses: one that does not answer it answers nothing. */
export const PROBE = 'Answer with the single word "yes".'

/** The seed that is sent for a draw; null: none. */
export const seedOf = ({ seed, sample }: ModelRequest): number | null =>
  seed === null ? null : (seed + sample) % 2 ** 31
