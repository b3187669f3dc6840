/** How long a prompt block is, in tokens, where no tokenizer counted them. */

/**
 * Tokens of a text by estimate: ceil(characters / 4), the rule for every text without recorded tokens, or a third of its
 * UTF-8 bytes where it is not written in Latin letters: 200 Han characters are no 50 tokens.
 */
export function estimatedTokens(text: string): number {
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  const latin = text.match(/\p{Script=Latin}/gu)?.length ?? 0
  const byCharacters = Math.ceil(text.length / 4)
  return latin * 2 >= letters ? byCharacters : Math.max(byCharacters, Math.ceil(Buffer.byteLength(text, 'utf8') / 3))
}
