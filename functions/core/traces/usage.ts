/** Tokens of a call from a dialect's fields, in one meaning: whole input, whole output. */
import type { Usage } from './span.ts'
import { countOf, type Fields, field, fieldsIn } from './values.ts'

export interface UsageParts {
  readonly prompt: number | null
  readonly completion: number | null
  readonly cached?: number | null
  readonly cache_write?: number | null
  readonly reasoning?: number | null
}

/** The details are parts of the totals. Where they exceed their total, the exporter meant them beside it: then they are added, and it says so. */
export function usageIncluding(parts: UsageParts): Usage | null {
  const { prompt, completion, cached = null, cache_write = null, reasoning = null } = parts
  if (prompt === null && completion === null) return null
  const beside = prompt !== null && (cached ?? 0) + (cache_write ?? 0) > prompt
  return {
    prompt: beside ? prompt + (cached ?? 0) + (cache_write ?? 0) : prompt,
    completion: completion !== null && (reasoning ?? 0) > completion ? completion + reasoning! : completion,
    cached,
    cache_write,
    reasoning,
    disjoint: beside,
  }
}

/** Parts that lie beside each other: the fresh rest and what a cache held; `completion` still without its reasoning. */
export function usageOfParts(parts: UsageParts): Usage | null {
  const { prompt, completion, cached = null, cache_write = null, reasoning = null } = parts
  if (prompt === null && completion === null) return null
  const sum = (whole: number | null, ...rest: (number | null)[]) =>
    whole === null ? null : rest.reduce<number>((at, part) => at + (part ?? 0), whole)
  return {
    prompt: sum(prompt, cached, cache_write),
    completion: sum(completion, reasoning),
    cached,
    cache_write,
    reasoning,
    disjoint: false,
  }
}

/** As the clients of OpenAI and Anthropic count; of Anthropic's the input is the fresh rest, which the names of its caches tell. */
export function usageOfClient(counts: Fields): Usage | null {
  const [prompt, completion] = [fieldsIn(counts.prompt_tokens_details), fieldsIn(counts.completion_tokens_details)]
  const parts = {
    prompt: countOf(field(counts, 'prompt_tokens', 'input_tokens')),
    completion: countOf(field(counts, 'completion_tokens', 'output_tokens')),
    cached: countOf(prompt.cached_tokens ?? fieldsIn(counts.input_tokens_details).cached_tokens),
    reasoning: countOf(completion.reasoning_tokens ?? fieldsIn(counts.output_tokens_details).reasoning_tokens),
  }
  const isFresh = 'cache_read_input_tokens' in counts || 'cache_creation_input_tokens' in counts
  if (!isFresh) return usageIncluding(parts)
  return usageOfParts({
    ...parts,
    cached: countOf(counts.cache_read_input_tokens),
    cache_write: countOf(counts.cache_creation_input_tokens),
  })
}
