/** How long a prompt block is, in tokens: by the tokenizer that its bounds name, by estimate where they name none. */
import type { ContextPack } from '#schemas/pack.ts'
import type { Tokenizer } from '#schemas/surface.ts'

/** Tokens of a text, a whole number. Throws RangeError for a tokenizer that was not loaded. */
export type CountTokens = (text: string, tokenizer: Tokenizer | undefined) => number

/**
 * Tokens of a text by estimate: a quarter of its characters, the rule for every text without recorded tokens, and a third
 * of its UTF-8 bytes where they are not in Latin letters: 200 Han characters are no 50 tokens. A whole number, rounded up.
 */
export function estimatedTokens(text: string): number {
  const others = text.match(/[^\p{Script=Latin}\p{M}\p{Cc}\u0020-\u00ff\u2010-\u2044]+/gu)?.join('') ?? ''
  return Math.ceil((text.length - others.length) / 4 + Buffer.byteLength(others, 'utf8') / 3)
}

/** Loading one takes a tenth of a second: only a pack that names it pays for that. */
const LOAD = {
  o200k_base: async () => (await import('gpt-tokenizer/encoding/o200k_base')).countTokens,
} as const satisfies Record<Tokenizer, () => Promise<unknown>>

/** What a text holds counts as text, also where it looks like a mark of the model's own. */
const AS_TEXT = { disallowedSpecial: new Set<string>() }

/** A counter with the tokenizers that the surfaces of a pack name. */
export async function tokenCounter(pack: Pick<ContextPack, 'tunable_surfaces'>): Promise<CountTokens> {
  const loaded = new Map<Tokenizer, (text: string) => number>()
  for (const surface of pack.tunable_surfaces) {
    const name = surface.layer === 'prompt' ? surface.bounds.tokenizer : undefined
    if (name === undefined || loaded.has(name)) continue
    const count = await LOAD[name]()
    loaded.set(name, (text) => count(text, AS_TEXT))
  }
  return (text, tokenizer) => {
    if (tokenizer === undefined) return estimatedTokens(text)
    const count = loaded.get(tokenizer)
    if (!count) throw new RangeError(`the tokenizer ${tokenizer} was not loaded for this pack`)
    return count(text)
  }
}
