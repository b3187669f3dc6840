/** Sentences of a prompt block. */

/** A sentence, and where it stands (code units from 0, `end` behind it). */
export interface Sentence {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** Marks of a list or a heading, before a sentence. */
const MARK = /^(?:[-*+•>#]+|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+/u

/** Sentences end at a line, or at a full stop that a space follows (none does in Chinese and Japanese). Marks of lists are none of it. */
export function sentencesOf(text: string): Sentence[] {
  const found: Sentence[] = []
  for (const { 0: piece, index } of text.matchAll(
    /[^\n]*?(?:(?<!^[ \t]*\(?\d{1,3})[.!?؟।…]+["'”’»)\]]*(?=\s)|[。！？]+[”’」』）]*|$)/gmu,
  )) {
    const lead = piece.length - piece.trimStart().length
    const mark = MARK.exec(piece.trimStart())?.[0].length ?? 0
    const start = index + lead + mark
    const said = text.slice(start, index + piece.length).trimEnd()
    if (said !== '') found.push({ text: said, start, end: start + said.length })
  }
  return found
}

/** Sentences of `some` that `others` has not, each as often as it is missing. */
export function without(some: readonly Sentence[], others: readonly Sentence[]): Sentence[] {
  const left = new Map<string, number>()
  for (const { text } of others) left.set(text, (left.get(text) ?? 0) + 1)
  return some.filter(({ text }) => {
    const times = left.get(text) ?? 0
    left.set(text, times - 1)
    return times <= 0
  })
}

/** How many sentences an edit changes: one that is replaced counts once, one added or taken out likewise. */
export function changedSentences(from: string, to: string): number {
  const [before, after] = [sentencesOf(from), sentencesOf(to)]
  return Math.max(without(before, after).length, without(after, before).length)
}
