/** Sentences of a prompt block. */

/** A sentence, and where it stands (code units from 0, `end` behind it). */
export interface Sentence {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** Marks of a list or a heading, before a sentence. */
const MARK = /^(?:[-*+•>#]+|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+/u

/** Words that a full stop belongs to. A single letter is one, too ("z. B."). */
const ABBREVIATIONS = new Set(
  'mr mrs ms dr prof st no nr vs etc approx incl excl max min art tel fig vol ca bzw ggf vgl evtl inkl exkl usw str sog zzgl mme mlle ex env av sr sra srta ej pág núm aprox напр см стр руб тел ул гг itp np tzw godz seg ter qua qui sex sáb vb örn bkz dk डॉ रु श्री'.split(
    ' ',
  ),
)

const END =
  /(?<![.!?؟।…])[.!?؟।…]+["'”’»)\]]*(?=\s)|(?<=\p{Ll}{2})[.!?](?=\p{Lu}\p{Ll}*\s)|[。！？]+[”’」』）]*|(?=\})(?<=["\]]|"\s?:\s?[\d.]{1,20})\}+(?=\s)|\n|$/gu

/** Sentences end at a line, or at a full stop that a space follows (none does in Chinese and Japanese), or with an object of JSON. Marks of lists are none of it. */
export function sentencesOf(text: string): Sentence[] {
  const found: Sentence[] = []
  let from = 0
  for (const { 0: mark, index } of text.matchAll(END)) {
    if (mark === '.' && isAbbreviated(text.slice(from, index))) continue
    const piece = text.slice(from, index + mark.length)
    const lead = piece.length - piece.trimStart().length
    const start = from + lead + (MARK.exec(piece.trimStart())?.[0].length ?? 0)
    const said = text.slice(start, index + mark.length).trimEnd()
    if (said !== '') found.push({ text: said, start, end: start + said.length })
    from = index + mark.length
  }
  return found
}

/** A full stop behind this ends no sentence: it belongs to an abbreviation, or to the number of a list. */
function isAbbreviated(before: string): boolean {
  const word = /[\p{L}\p{M}]+$/u.exec(before)?.[0].toLowerCase()
  return word === undefined ? /^\s*\(?\d{1,3}$/u.test(before) : [...word].length === 1 || ABBREVIATIONS.has(word)
}

/** What `some` has and `others` has not, each as often as it is missing. */
export function missing<T>(some: readonly T[], others: readonly T[], textOf: (one: T) => string): T[] {
  const left = new Map<string, number>()
  for (const one of others) left.set(textOf(one), (left.get(textOf(one)) ?? 0) + 1)
  return some.filter((one) => {
    const times = left.get(textOf(one)) ?? 0
    left.set(textOf(one), times - 1)
    return times <= 0
  })
}

/** Sentences of `some` that `others` has not. */
export const without = (some: readonly Sentence[], others: readonly Sentence[]): Sentence[] =>
  missing(some, others, ({ text }) => text)

/** How many sentences of an edit the block did not hold: added ones, and those in place of others. */
export const newSentences = (from: string, to: string): number => without(sentencesOf(to), sentencesOf(from)).length

/** How many sentences an edit changes: one that is replaced counts once, one added or taken out likewise. */
export function changedSentences(from: string, to: string): number {
  const [before, after] = [sentencesOf(from), sentencesOf(to)]
  return Math.max(without(before, after).length, without(after, before).length)
}
