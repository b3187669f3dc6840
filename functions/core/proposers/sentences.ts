/** `sentences`: a prompt block without one of its sentences, each in turn. What is protected is never among them. */
import type { PromptBounds } from '#schemas/surface.ts'
import { type Sentence, sentencesOf } from '../space/prompt/sentences.ts'
import { costOfText } from './cost-of-text.ts'
import type { PureProposer } from './proposer.ts'

export const sentences: PureProposer = {
  name: 'sentences',
  propose: (input) =>
    input.fields.flatMap(({ surface, path, baseline }) => {
      if (surface.layer !== 'prompt') return []
      const text = String(baseline)
      return withoutOne(text, surface.bounds).map(({ to, left }) => ({
        patch: { [path]: to },
        rationale: `does "${clipped(left)}" do anything? The block without it`,
        prediction: costOfText(input, text, to),
      }))
    }),
}

/** Every text that lacks one sentence and nothing else, in the order of the sentences. */
function withoutOne(text: string, { protected_sentences = [] }: PromptBounds): { to: string; left: string }[] {
  const all = sentencesOf(text)
  return all.flatMap((one, i) => {
    if (all.length === 1 || protected_sentences.some((kept) => kept.includes(one.text) || one.text.includes(kept)))
      return []
    const to = cut(text, one)
    const rest = all.filter((_, k) => k !== i).map((other) => other.text)
    // Where sentences run together without a space, what is left may read otherwise.
    return sentencesOf(to)
      .map((other) => other.text)
      .join('\n') === rest.join('\n')
      ? [{ to, left: one.text }]
      : []
  })
}

/** A text without a sentence; a line that held nothing else goes with it, its mark included. */
function cut(text: string, { start, end }: Sentence): string {
  const from = text.lastIndexOf('\n', start - 1) + 1
  const next = text.indexOf('\n', end)
  const until = next < 0 ? text.length : next
  const isMark = /^\s*(?:[-*+•>#]+|\(?\d{1,3}[.)]|\(?[a-z][.)])?\s*$/u.test(text.slice(from, start))
  if (isMark && text.slice(end, until).trim() === '')
    return next < 0 ? text.slice(0, Math.max(0, from - 1)) : text.slice(0, from) + text.slice(next + 1)
  const behind = text.slice(end).replace(/^[ \t]+/u, '')
  return behind === '' || behind.startsWith('\n')
    ? text.slice(0, start).trimEnd() + behind
    : text.slice(0, start) + behind
}

const clipped = (sentence: string): string => (sentence.length > 120 ? `${sentence.slice(0, 120)}…` : sentence)
