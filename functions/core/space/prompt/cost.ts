/** What another text of a prompt block is, beside the one before: its size, and what of it had to stay. */
import type { PromptBounds } from '#schemas/surface.ts'
import { changedSentences, sentencesOf } from './sentences.ts'
import { estimatedTokens } from './tokens.ts'

export interface Sizes {
  readonly before: number
  readonly after: number
}

/** Both texts, measured. Tokens by estimate (`estimatedTokens`). */
export interface TextCost {
  readonly words: Sizes
  readonly sentences: Sizes & { readonly changed: number }
  readonly tokens: Sizes
  /** Sentences that must stay word for word, and whether they do. */
  readonly protected: readonly { readonly sentence: string; readonly kept: boolean }[]
}

export function textCost({ protected_sentences = [] }: PromptBounds, from: string, to: string): TextCost {
  const both = (size: (text: string) => number): Sizes => ({ before: size(from), after: size(to) })
  return {
    words: both((text) => text.split(/\s+/u).filter(Boolean).length),
    sentences: { ...both((text) => sentencesOf(text).length), changed: changedSentences(from, to) },
    tokens: both(estimatedTokens),
    protected: protected_sentences.map((sentence) => ({ sentence, kept: to.includes(sentence) })),
  }
}
