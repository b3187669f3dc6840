/** A prompt block with its bounds, and why an edit of it is refused. */
import { promptProblems } from '#core/space/prompt/bounds.ts'
import { estimatedTokens } from '#core/space/prompt/tokens.ts'
import type { PromptBounds } from '#schemas/surface.ts'

/** The sentence of the block that must stay. */
export const PROTECTED = 'Never pay a refund without approval of a person.'
/** A block of instructions. */
export const BLOCK = `Find the order before you promise anything. Name the clause that applies. ${PROTECTED} Say the amount to {{customer}}.`
/** What an edit of it may not do. */
export const BOUNDS: PromptBounds = {
  max_added_tokens: 60,
  forbidden_terms: ['skip the policy', 'always refund', 'pin'],
  protected_sentences: [PROTECTED],
}
/** Why an edit of the block is refused. */
export const problems = (to: string, bounds: Partial<PromptBounds> = {}, from = BLOCK): string[] =>
  promptProblems({ ...BOUNDS, ...bounds }, from, to, estimatedTokens)
/** Why a text behind the block is refused. */
export const adding = (text: string): string[] => problems(`${BLOCK} ${text}`)
