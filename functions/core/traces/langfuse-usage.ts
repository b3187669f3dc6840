/** Langfuse's counts of tokens: parts beside each other, save where their names say that they came from elsewhere. */
import type { Usage } from './span.ts'
import { usageIncluding, usageOfParts } from './usage.ts'
import { countOf, type Fields, fieldsIn, isFields, opened } from './values.ts'

/** @param details `usageDetails` @param legacy the older `usage`, whose unit may be characters */
export function langfuseUsage(details: unknown, legacy: unknown): Usage | null {
  const given = fieldsIn(details)
  if (Object.keys(given).length > 0) return fromDetails(given)
  const old = opened(legacy)
  if (!isFields(old) || (typeof old.unit === 'string' && !/token/i.test(old.unit))) return null
  return usageIncluding({
    prompt: countOf(old.input ?? old.promptTokens),
    completion: countOf(old.output ?? old.completionTokens),
  })
}

function fromDetails(details: Fields): Usage | null {
  const sum = (fits: (name: string) => boolean): number | null => {
    const counts = Object.keys(details).flatMap((name) => (fits(name) ? [countOf(details[name])] : []))
    const known = counts.filter((n) => n !== null)
    return known.length === 0 ? null : known.reduce((a, b) => a + b, 0)
  }
  const prompt = countOf(details.input ?? details.input_tokens ?? details.prompt_tokens ?? details.promptTokens)
  const completion = countOf(
    details.output ?? details.output_tokens ?? details.completion_tokens ?? details.completionTokens,
  )
  const parts = {
    prompt,
    completion,
    cached: sum((name) => /cache/.test(name) && !/creation|write/.test(name)),
    cache_write: sum((name) => /cache/.test(name) && /creation|write/.test(name)),
    reasoning: sum((name) => /reasoning/.test(name)),
  }
  // Audio and what else has a price of its own.
  const inputs = sum((name) => /^input_(?!.*cache)(?!tokens)/.test(name)) ?? 0
  const outputs = sum((name) => /^output_(?!.*reasoning)(?!tokens)/.test(name)) ?? 0
  const total = countOf(details.total ?? details.total_tokens)
  // Names of other conventions, and a total that leaves no room beside input and output, say that the details are parts of them.
  const within = Object.keys(details).some((name) =>
    /^(prompt|completion|input|output)_(tokens_)?details\.|_tokens_details/.test(name),
  )
  const isWhole = total !== null && prompt !== null && completion !== null && prompt + completion === total
  if (within || isWhole) return usageIncluding(parts)
  return usageOfParts({
    ...parts,
    prompt: prompt === null ? null : prompt + inputs,
    completion: completion === null ? null : completion + outputs,
  })
}
