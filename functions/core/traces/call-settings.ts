/** Settings that a call states, under the paths that a pack gives them. Every dialect knows where its own stand; what is made of them stands here. */
import { numberOf, textOf } from './values.ts'
import { wordOf } from './words.ts'

/** As a dialect found them; absent or null: the call does not say. */
export interface Stated {
  readonly model: unknown
  readonly temperature: unknown
  readonly top_p: unknown
  readonly max_tokens: unknown
  /** Name of the prompt, and its version. */
  readonly prompt?: readonly [name: unknown, version: unknown]
}

export function callSettings({ model, prompt, ...numbers }: Stated): Record<string, string | number> {
  const settings: Record<string, string | number> = {}
  const name = textOf(model)
  if (name !== null) settings['model.name'] = name
  for (const word of ['temperature', 'top_p', 'max_tokens'] as const) {
    const value = numberOf(numbers[word])
    if (value !== null) settings[`model.${word}`] = value
  }
  const [named, version] = prompt ?? []
  const word = wordOf(textOf(named))
  if (word && (typeof version === 'string' || typeof version === 'number')) settings[`prompt.${word}.version`] = version
  return settings
}
