/** How often a folded text says a term: words that run together, fall apart or are inflected. */
import { folded } from './fold.ts'
import { formsOf, isEnding } from './forms.ts'

/** Words of a text, and the text without what stands between them. */
export interface Marked {
  readonly words: readonly string[]
  readonly text: string
  readonly starts: ReadonlySet<number>
  /** Where each word ends, in order. */
  readonly ends: readonly number[]
  /** Of each word, how many sentences ended before it. */
  readonly sentences: readonly number[]
}

/** Letters, marks and digits in a row. */
export const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? []

/** A text as it is looked through. */
export function marked(folded: string): Marked {
  const words: string[] = []
  const sentences: number[] = []
  let ended = 0
  for (const [run] of folded.matchAll(/[\p{L}\p{N}\p{M}]+|(?<![.!?;؟।\n])[.!?;؟।\n]+(?=\s|$)/gu)) {
    if (!/[\p{L}\p{N}\p{M}]/u.test(run)) ended++
    else {
      words.push(run)
      sentences.push(ended)
    }
  }
  const starts = new Set<number>()
  const ends: number[] = []
  let at = 0
  for (const word of words) {
    starts.add(at)
    at += word.length
    ends.push(at)
  }
  return { words, text: words.join(''), starts, ends, sentences }
}

/** Words of a term, which other words are forms of one, and how often a text says it. */
export interface Sought {
  readonly words: readonly string[]
  /** As one word, in each way in which that may be cut. */
  readonly joined: readonly string[]
  readonly form: typeof formsOf
  readonly times: (way: Way, text: Marked) => number
}

/** A way in which a text may say a term, counted. */
export type Way = (sought: Sought, text: Marked) => number

/** A term to look for in several texts: what was found out once of a word or a text is not asked again. */
export function soughtOf(words: readonly string[]): Sought {
  const known = new Map<string, (other: string) => boolean>()
  const counted = new Map<Way, Map<Marked, number>>()
  const sought: Sought = {
    words,
    joined: apart(words.join('')),
    form: (word, least, isOfSeveral) => {
      const key = `${word} ${least} ${isOfSeveral}`
      const is = known.get(key) ?? formsOf(word, least, isOfSeveral)
      known.set(key, is)
      return is
    },
    times: (way, text) => {
      const counts = counted.get(way) ?? new Map<Marked, number>()
      counted.set(way, counts)
      const times = counts.get(text) ?? way(sought, text)
      counts.set(text, times)
      return times
    },
  }
  return sought
}

/** A function of texts that answers the same again without work. */
export function remembered<T>(of: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const has = known.get(text)
    if (has !== undefined) return has
    const made = of(text)
    known.set(text, made)
    return made
  }
}

/** Scripts without spaces between words, for a class of characters. */
export const UNSPACED = ['Han', 'Hiragana', 'Katakana', 'Thai'].map((name) => `\\p{Script=${name}}`).join('')

/** The same, those in which people space as they like, and letters of syllables. */
const ANYWHERE = new RegExp(`[${UNSPACED}\\p{Script=Hangul}\\p{Script=Khmer}\\p{Script=Lao}\\p{Script=Myanmar}]`, 'u')

/** Letters of a term; one of a script without spaces says as much as a word does. */
export const spoken = (words: readonly string[]): number => {
  const term = words.join('')
  return ANYWHERE.test(term) ? term.length * 3 : term.length
}

/** Letters from which on nobody meets a term by chance, wherever it begins and ends. */
const LONG = 8

/**
 * From where a word begins to where one ends, but for an ending. Within one word it may stand anywhere when it has five
 * letters ("nonrefundable"), and anywhere at all when it is long or of a script without spaces.
 */
export const timesOf = ({ joined }: Sought, text: Marked): number =>
  joined.reduce((times, term) => times + timesAs(term, text), 0)

/** A folded term, and as it is where the two letters that one was read for stand apart: "C. V. V.", "inter-nal". */
const apart = (term: string): string[] => {
  const all = term.replaceAll('m', 'rn').replaceAll('w', 'vv')
  const each = Array.from(
    term.matchAll(/[mw]/gu),
    ({ 0: one, index }) => term.slice(0, index) + (one === 'm' ? 'rn' : 'vv') + term.slice(index + 1),
  )
  return [...new Set([term, ...each, all])]
}

function timesAs(term: string, { text, starts, ends }: Marked): number {
  const anywhere = term.length >= LONG || ANYWHERE.test(term)
  let times = 0
  let last = 0
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1)) {
    const end = at + term.length
    while (ends[last]! < end) last++
    const within = at >= (ends[last - 1] ?? 0)
    if (anywhere || (within && term.length >= 5)) times++
    else if (starts.has(at) && isEnding(term, text.slice(end, ends[last]))) times++
  }
  return times
}

/** Letters from which on a word of several, or one alone, may differ in its last two. */
const LONG_OF_SEVERAL = 5
const LONG_ALONE = 7

/**
 * Word by word, each with an ending of its own: "mots de passe", "waiving the fee", cases of Russian.
 * @param least letters of a word whose last two may be others
 */
export function inflected({ words, form }: Sought, text: Marked, least?: number): number {
  const full = words.filter((word) => !SMALL.has(word))
  const own = full.length > 1 ? full : words
  const forms = own.map((word) => form(word, least ?? (own.length > 1 ? LONG_OF_SEVERAL : LONG_ALONE), own.length > 1))
  let times = 0
  for (let at = 0; at + forms.length <= text.words.length; at++) if (saysFrom(at, forms, text.words)) times++
  // As one word: "Gebührenerlass".
  const before = own.slice(0, -1).join('')
  if (before.length >= LONG_OF_SEVERAL)
    times += text.words.filter((word) => word.startsWith(before) && forms.at(-1)!(word.slice(before.length))).length
  return times
}

/** Other words, a sentence that ends counted as three, that words of a term may have between them and still say it. */
const MOST_BETWEEN = 3

/**
 * All words of a term beside one another in another order: "the verification can be skipped", "refunds are guaranteed". Counted by
 * the word that one of them begins with. Of a term of four Han characters its halves, which are words there.
 */
export function otherOrder({ words, form }: Sought, text: Marked, least = LONG_OF_SEVERAL): number {
  const full = words.filter((word) => !SMALL.has(word))
  // Of three words and more, one of two letters joins the others ("на").
  const own = full.length > 2 && Number.isFinite(least) ? full.filter((word) => word.length > 2) : full
  if (own.length < 2) return words.length === 1 ? swapped(words[0]!, text.text) : 0
  const forms = own.map((word) => form(word, least, true))
  return text.words.filter((_, at) => begins(at, forms, text)).length
}

/** What comes behind it, and behind another word, is a phrase of its own: "the discount of Monday and the code". */
const AND = new Set(
  'and or y e o et ou und oder en of i oraz lub и или ve veya och og'.split(' ').map((word) => folded(word)),
)

function begins(at: number, forms: readonly ((word: string) => boolean)[], { words, sentences }: Marked): boolean {
  const left = forms.map((is, place) => ({ is, place }))
  let [between, turned, last] = [0, false, -1]
  for (let next = at; next < words.length; next++) {
    if (next > at) between += 3 * (sentences[next]! - sentences[next - 1]!)
    if (between > MOST_BETWEEN) return false
    const found = left.findIndex(({ is }) => is(words[next]!))
    if (found >= 0) {
      const { place } = left.splice(found, 1)[0]!
      turned ||= place < last
      last = place
    } else if (next === at) return false
    else if (AND.has(words[next]!)) between += between > 0 ? MOST_BETWEEN : 1
    else if (!SMALL.has(words[next]!)) between++
    // In its own order, and with words between that are not small, it is another phrase: "always check the refund".
    if (left.length === 0) return turned
  }
  return false
}

/** "费用免除" for "免除费用". */
function swapped(term: string, text: string): number {
  if (!/^\p{Script=Han}{4}$/u.test(term)) return 0
  const [first, second] = [term.slice(0, 2), term.slice(2)]
  return text.match(new RegExp(`${second}.{0,${MOST_BETWEEN}}${first}`, 'gu'))?.length ?? 0
}

/** Word by word from one on; before all but the first may stand three small ones: "skip the verification". */
function saysFrom(at: number, forms: readonly ((word: string) => boolean)[], words: readonly string[]): boolean {
  let next = at
  for (const [i, is] of forms.entries()) {
    for (
      let small = 0;
      i > 0 && small < 3 && next < words.length && !is(words[next]!) && SMALL.has(words[next]!);
      small++
    )
      next++
    if (next >= words.length || !is(words[next]!)) return false
    next++
  }
  return true
}

/** Articles, pronouns and the like, folded: they change nothing of what is said. */
const SMALL: ReadonlySet<string> = new Set(
  [
    'the a an any this that all every your our their his her its some of to for de la le les el los las der die das den dem des ein eine einen un une una il lo gli i os as o di da do van het een',
    'is are be was were will can just simply fully entirely completely over out off up further more zu te att å',
    'werden wird wurde wurden worden kannst können kann darf darfst dürfen auch mal bitte est sont sera être peut peux peuvent es son ser puede pueden é são pode è essere può wordt kan är blir',
    'boleh bisa dapat yang का के की को से में ने ο η το οι τα του της των τον την τις τους všech wszystkich всех все усіх всі',
  ]
    .join(' ')
    .split(' ')
    .map((word) => folded(word)),
)

/** By its sounds a word is another one as soon as its last two letters are. */
export const saidAlike = (sought: Sought, text: Marked): number =>
  Math.max(inflected(sought, text, Number.POSITIVE_INFINITY), otherOrder(sought, text, Number.POSITIVE_INFINITY))

/** Words in which signs stand for letters: "p*ssw*rd". */
export const masked = (text: string): RegExp[] =>
  (text.match(/[\p{L}*_•#]{4,}/gu) ?? [])
    .filter(
      (word) => /\p{L}/u.test(word) && /[*_•#]/u.test(word) && word.replace(/\P{L}/gu, '').length * 2 > word.length,
    )
    .map((word) => new RegExp(`^${word.replace(/[*_•#]/gu, '.')}$`, 'u'))
