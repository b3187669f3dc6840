/** Protected sentences: they survive word for word, stand for themselves, and nothing beside them takes them back. */
import { folded } from './fold.ts'
import { UNSPACED, wordsOf } from './occurrences.ts'
import { type Sentence, sentencesOf, without } from './sentences.ts'
import {
  FORBIDDING,
  givesLeave,
  isException,
  isNeedless,
  NEGATING,
  pointsAside,
  spares,
  speaksAboutOthers,
} from './taking-back.ts'

/**
 * Why an edit harms a protected sentence of the block: it is gone or changed, it stands in quotes, brackets, markup or
 * behind a colon, a sentence says it again in other words, makes an exception to it, or speaks about what others say.
 * Sentences that `from` holds already are nobody's change. No rule knows every paraphrase: cases that must be refused do.
 */
export function protectedProblems(from: string, to: string, protectedSentences: readonly string[]): string[] {
  if (protectedSentences.length === 0) return []
  const [before, after] = [sentencesOf(from), sentencesOf(to)]
  const added = without(after, before).map((one) => ({ ...one, topics: topicsOf(one.text) }))
  const long = added.filter(({ text }) => text.length > LONGEST)
  if (long.length > 0)
    return long.map(
      ({ text }) =>
        `"${text.slice(0, 60)}..." has ${text.length} characters without an end: beside protected sentences one has at most ${LONGEST}`,
    )
  // What the rest of the block speaks of as well says nothing of which sentence is meant.
  const elsewhere = before
    .filter(({ text }) => !protectedSentences.some((one) => one.includes(text)))
    .flatMap(({ text }) => [...topicsOf(text)])
  const isAdded = new Set(without(after, before))
  return [
    ...protectedSentences.flatMap((one) => {
      const [stood, stands] = [standing(from, one), standing(to, one)]
      if (stands < stood)
        return [
          to.includes(one)
            ? `the protected sentence "${one}" does not stand for itself any more: it is quoted, put aside or part of another`
            : `the protected sentence "${one}" must stay word for word`,
        ]
      const topics = topicsOf(one)
      const forbidden = forbiddenBy(one)
      const moved = headings(to, one).filter((heading) => !headings(from, one).includes(heading))
      return [
        ...moved.map(
          (heading) =>
            `the protected sentence "${one}" stands under another heading${heading && `: "${heading.trim()}"`}`,
        ),
        ...added
          .filter(
            (sentence) =>
              !one.includes(sentence.text) &&
              (saysAgain(sentence, topics, elsewhere) || bids(sentence, forbidden, elsewhere)),
          )
          .map(({ text }) => `"${text}" says the protected sentence "${one}" in other words`),
        ...besides(after, one)
          .filter((sentence) => isAdded.has(sentence))
          .flatMap(({ text }) => besideProblem(text, one) ?? []),
      ]
    }),
    ...added
      .filter(({ text }) => speaksAboutOthers(text))
      .map(({ text }) => `"${text}" speaks about what other sentences say: beside protected ones no sentence may`),
  ]
}

/** Why a sentence may not be put beside a protected one; null: it may. */
function besideProblem(text: string, one: string): string | null {
  if (isException(text)) return `"${text}" makes an exception to the protected sentence "${one}"`
  return pointsAside(text)
    ? `"${text}" may speak of the protected sentence beside it, "${one}": put it elsewhere, or name what it speaks of`
    : null
}

/** Under which headings a sentence stands: a line that is marked as one, or that introduces with a colon. */
const headings = (text: string, one: string): string[] =>
  text
    .split(one)
    .slice(0, -1)
    .map(
      (before) =>
        before.split('\n').findLast((line) => /^\s*(?:#{1,6}\s|\*\*.*\*\*:?\s*$)|[:：]\s*$/u.test(line)) ?? '',
    )

/** How often a sentence stands for itself: between its neighbours, and in nothing that sets it aside. */
function standing(text: string, one: string): number {
  let times = 0
  for (let at = text.indexOf(one); at >= 0; at = text.indexOf(one, at + 1)) {
    const before = text.slice(0, at)
    const behind = text.slice(at + one.length)
    const begins =
      /(?:^|\n)[ \t]*(?:(?:[-*+•#]+|\(?\d{1,3}[.)])[ \t]+)?$|[.!?؟।…]["'”’»)\]]*\s+$|[。！？]\s*$|\}\s+$/u.test(before)
    const ends = behind === '' || /^\s/u.test(behind) || /[。！？]$/u.test(one)
    const introduced = /[:：]\s*$/u.test(before)
    if (begins && ends && !introduced && !setAside(before)) times++
  }
  return times
}

const PAIRS = ['()', '[]', '{}', '“”', '„“', '«»', '「」', '『』', '（）', '【】']
const TOGGLES = [/```/gu, /~~/gu, /(?<!`)`(?!`)/gu, /"/gu, /\$\$/gu]

/** Something is open before it: a quotation, a bracket, a comment, an element, code, what is struck out. */
function setAside(before: string): boolean {
  const times = (what: string) => before.split(what).length - 1
  const lastLine = before.slice(before.lastIndexOf('\n') + 1)
  return (
    PAIRS.some((pair) => times(pair[0]!) > times(pair[1]!)) ||
    TOGGLES.some((toggle) => (before.match(toggle) ?? []).length % 2 === 1) ||
    before.lastIndexOf('<!--') > before.lastIndexOf('-->') ||
    before.lastIndexOf('/*') > before.lastIndexOf('*/') ||
    openElements(before) > 0 ||
    /^\s*(?:>|\/\/|#\s|--\s|%\s)/u.test(lastLine)
  )
}

function openElements(before: string): number {
  let open = 0
  for (const [, close, rest] of before.matchAll(/<(\/?)[a-z][\w-]*((?:\s[^<>]*)?)>/giu)) {
    if (rest?.endsWith('/')) continue
    open += close ? -1 : 1
  }
  return open
}

/** Characters of a sentence that is added beside protected ones. What does not end is no sentence that anybody reads. */
const LONGEST = 2000

/** Share of what a protected sentence is about that makes another one speak of the same, and less where it gives leave or spares a duty. */
const SAME = 0.8
const SAME_WITH_LEAVE = 0.6
const SAME_SPARED = 0.5

/** Is a sentence about what a protected one is about? One word of its own is enough where it says that something need not be. */
function saysAgain(
  { text, topics: own }: { readonly text: string; readonly topics: ReadonlySet<string> },
  topics: ReadonlySet<string>,
  elsewhere: readonly string[],
): boolean {
  const same = sharedTopics(own, topics)
  if (isNeedless(text) && same.some((topic) => !elsewhere.some((other) => isSame(topic, other)))) return true
  const enough = spares(text) ? SAME_SPARED : givesLeave(text) ? SAME_WITH_LEAVE : SAME
  return same.length >= 2 && same.length / topics.size >= enough
}

/** What a protected sentence forbids: to do what, with what. */
interface Forbidden {
  readonly verb: string
  readonly topics: ReadonlySet<string>
}

/** Its first word is the verb ("Never ask", "Frage niemals"), where verbs come first; what it is about stands before a condition. Null: it forbids nothing. */
function forbiddenBy(one: string): Forbidden | null {
  const words = wordsOf(one.normalize('NFKC').toLowerCase())
  const verb = words.find((word) => !FORBIDDING.has(word))
  if (verb === undefined || !VERB_FIRST.test(verb) || !words.some((word) => NEGATING.has(word))) return null
  const what = wordsOf(one.split(CONDITION)[0]!.toLowerCase()).filter((word) => word !== verb && !PEOPLE.has(word))
  return { verb, topics: topicsOf(what.filter((word) => [...word].length >= 4).join(' ')) }
}

/** To whom a thing is not to be done: done to somebody else it is no less forbidden. */
const PEOPLE = new Set(
  'customer customers client clients user users anyone anybody someone somebody person people others kunde kunden kundin kundinnen jemand jemandem niemand personne personnes quelqu cliente clientes usuario usuarios nadie alguien persona personas utente utenti nessuno'.split(
    ' ',
  ),
)
const VERB_FIRST = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u
const CONDITION =
  /(?<=\S\s+\S+\s.*)(?<!\p{L})(?:without|unless|before|until|more than|ohne|bevor|bis|mehr als|sans|avant|plus de|sin|antes|más de|senza|prima|sem|без)(?!\p{L})/iu

/** Does a sentence that negates nothing bid to do it: with all that only the protected sentence speaks of? */
function bids(
  { text, topics: own }: { readonly text: string; readonly topics: ReadonlySet<string> },
  forbidden: Forbidden | null,
  elsewhere: readonly string[],
): boolean {
  if (forbidden === null) return false
  const words = wordsOf(text.normalize('NFKC').toLowerCase())
  if (words.some((word) => NEGATING.has(word)) || !words.some((word) => isForm(word, forbidden.verb))) return false
  const alone = [...forbidden.topics].filter((topic) => !elsewhere.some((other) => isSame(topic, other)))
  return alone.length > 0 && sharedTopics(own, new Set(alone)).length === alone.length
}

/** "asking" for "ask". */
const isForm = (word: string, verb: string): boolean => word.startsWith(verb) && word.length <= verb.length + 3

function sharedTopics(own: ReadonlySet<string>, topics: ReadonlySet<string>): string[] {
  const others = [...own]
  return [...topics].filter((topic) => others.some((other) => isSame(topic, other)))
}

/** A sentence that an edit adds, and the protected one that it shares most words with; null: none. */
export interface AddedSentence {
  readonly text: string
  readonly near: string | null
}

/** What a person has to read, since no rule reads meaning: those first that share words with a protected sentence. */
export function addedSentences(from: string, to: string, protectedSentences: readonly string[]): AddedSentence[] {
  const asked = protectedSentences.map((one) => ({ one, topics: topicsOf(one) }))
  const added = without(sentencesOf(to), sentencesOf(from)).map(({ text }) => {
    const own = topicsOf(text)
    const shares = asked
      .map(({ one, topics }) => ({ one, words: sharedTopics(own, topics).length }))
      .filter(({ words }) => words > 0)
      .toSorted((a, b) => b.words - a.words)
    return { text, near: shares[0]?.one ?? null }
  })
  return [...added.filter(({ near }) => near !== null), ...added.filter(({ near }) => near === null)]
}

const IS_UNSPACED = new RegExp(`[${UNSPACED}]`, 'u')

/** Words without those that forbid and small ones; where words are not spaced, pairs of letters. */
function topicsOf(text: string): ReadonlySet<string> {
  const plain = text.normalize('NFKC').toLowerCase()
  if (IS_UNSPACED.test(plain)) {
    const letters = [...plain.replace(/[^\p{L}\p{N}]/gu, '')]
    return new Set(letters.slice(1).map((letter, i) => letters[i] + letter))
  }
  const words = wordsOf(plain).filter((word) => !FORBIDDING.has(word) && !EMPTY.has(word))
  const long = words.filter((word) => [...word].length >= 4)
  return new Set((long.length >= 2 ? long : words).map((word) => folded(word)))
}

/** Words of four letters and more that a sentence is not about. */
const EMPTY = new Set(
  'yourself always before after more less than then when where while with within from into onto about that this these those them they their there your yours have been being will would should immer bevor nach mehr wenn oder und vor mit ohne dass diese dieser dieses toujours avant après plus que avec pour dans siempre antes después más que con para sempre prima dopo più'.split(
    ' ',
  ),
)

/** One word in two forms: they begin alike. */
const isSame = (a: string, b: string): boolean =>
  a === b || isWithin(a, b) || isWithin(b, a) || (a.length >= 5 && b.length >= 5 && a.slice(0, 5) === b.slice(0, 5))

/** "Termin" in "Liefertermin", and of four letters one with an ending: "case" in "cases", not "pass" in "password". */
const isWithin = (part: string, word: string): boolean =>
  part.length >= 5 ? word.includes(part) : part.length === 4 && word.startsWith(part) && word.length <= 7

/** The sentences right before and behind one. */
const besides = (all: readonly Sentence[], one: string): Sentence[] =>
  all.filter((_, i) => [all[i - 1], all[i + 1]].some((next) => next !== undefined && one.includes(next.text)))
