/** How often a folded text says a term: words that run together, fall apart or are inflected. */
import { folded } from './fold.ts'

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

/** Scripts without spaces between words, for a class of characters. */
export const UNSPACED = ['Han', 'Hiragana', 'Katakana', 'Thai'].map((name) => `\\p{Script=${name}}`).join('')

/** The same, those in which people space as they like, and letters of syllables. */
const ANYWHERE = new RegExp(`[${UNSPACED}\\p{Script=Hangul}\\p{Script=Khmer}\\p{Script=Lao}\\p{Script=Myanmar}]`, 'u')

/** Letters of a term; one of a script without spaces says as much as a word does. */
export const spoken = (words: readonly string[]): number => {
  const term = words.join('')
  return ANYWHERE.test(term) ? term.length * 3 : term.length
}

/** What a word may have behind a term and still say it: "refunded", "skipping". */
const ENDING = /^\p{L}?(?:s|es|ed|d|ers?|ings?)?$/u

/** Letters from which on nobody meets a term by chance, wherever it begins and ends. */
const LONG = 8

/**
 * From where a word begins to where one ends, but for an ending. Within one word it may stand anywhere when it has five
 * letters ("nonrefundable"), and anywhere at all when it is long or of a script without spaces.
 */
export function timesOf(words: readonly string[], { text, starts, ends }: Marked): number {
  const term = words.join('')
  const anywhere = term.length >= LONG || ANYWHERE.test(term)
  let times = 0
  let last = 0
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1)) {
    const end = at + term.length
    while (ends[last]! < end) last++
    const within = at >= (ends[last - 1] ?? 0)
    if (anywhere || (within && term.length >= 5)) times++
    else if (starts.has(at) && ENDING.test(text.slice(end, ends[last]))) times++
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
export function inflected(words: readonly string[], text: Marked, least?: number): number {
  const full = words.filter((word) => !SMALL.has(word))
  const own = full.length > 1 ? full : words
  const forms = own.map((word) =>
    formsOf(word, least ?? (own.length > 1 ? LONG_OF_SEVERAL : LONG_ALONE), own.length > 1),
  )
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
export function otherOrder(words: readonly string[], text: Marked, least = LONG_OF_SEVERAL): number {
  const full = words.filter((word) => !SMALL.has(word))
  // Of three words and more, one of two letters joins the others ("на").
  const own = full.length > 2 && Number.isFinite(least) ? full.filter((word) => word.length > 2) : full
  if (own.length < 2) return words.length === 1 ? swapped(words[0]!, text.text) : 0
  const forms = own.map((word) => formsOf(word, least, true))
  return text.words.filter((_, at) => begins(at, forms, text)).length
}

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

/**
 * Other forms of a word. One of `least` letters may differ in its last two: "Geburtsdatum", "Geburtsdaten". Of a term of several
 * words, where no other words are met by chance, each may have what languages join to it: "kartın numarasını", "dilewati".
 */
function formsOf(word: string, least: number, isOfSeveral: boolean): (other: string) => boolean {
  // A last vowel, or a soft sign, which is folded to "b", gives way to an ending.
  const stem = word.length >= 5 ? word.replace(/[aeiouyбb]$/u, '') : word
  const long = word.length >= least ? word.slice(0, -2) : null
  const semitic = semiticForms(word)
  const changed = changedStem(word)
  const joined = isOfSeveral && Number.isFinite(least)
  return (other) => {
    if (semitic?.test(other) || isWithoutVowels(word, other)) return true
    if (joined && hasJoined(word, other)) return true
    if (changed !== null && other.startsWith(changed) && other.length - changed.length <= 6) return true
    if (long !== null && other.startsWith(long) && Math.abs(other.length - word.length) <= 2) return true
    if (!other.startsWith(stem)) return isShuffled(word, other) || isMissingOne(word, other)
    if (stem === word) return ENDING.test(other.slice(stem.length))
    return other.length - stem.length <= (word.length < 6 ? 2 : 3)
  }
}

/** What endings are joined to where it is not the word: of Finnish "ilmaista" for "ilmainen", of Hungarian "jelszavakat" for "jelszó". */
function changedStem(word: string): string | null {
  if (word.length >= LONG_ALONE && word.endsWith('nen')) return `${word.slice(0, -3)}s`
  return word.endsWith('szo') ? word.slice(0, -1) : null
}

/** Letters behind a word of four, behind the stem of a longer one, or before one of six; other vowels within: "übersprungen". */
const hasJoined = (word: string, other: string): boolean => {
  const more = other.length - word.length
  // Letters of Hangul, of which a particle has many.
  const most = /[ㄱ-ㅣ]/u.test(word) ? 9 : 3
  if (word.length >= 4 && more > 0 && more <= most && other.startsWith(word)) return true
  if (word.length >= 7 && more > 0 && more <= 4 && other.startsWith(word.slice(0, -2))) return true
  if (word.length >= 6 && more > 0 && more <= 3 && other.endsWith(word)) return true
  if (word.length >= 8 && other.startsWith(word.slice(0, -3)) && Math.abs(more) <= 4) return true
  if (word.length >= 10 && other.startsWith(word.slice(0, 8)) && Math.abs(more) <= 4) return true
  // A participle has "ge" within: "zugesagt" for "zusagen".
  if (word.length >= 7 && other.replace(/(?<=^(?:an|zu|ab|auf|aus|ein|vor|nach))ge/u, '').startsWith(word.slice(0, -2)))
    return true
  const own = consonants(word.slice(0, -2))
  return (
    word.length >= 7 &&
    own.length >= 3 &&
    Math.abs(more) <= 2 &&
    word[0] === other[0] &&
    consonants(other).startsWith(own)
  )
}

/** Arabic and Hebrew join small words to the next one, and endings: "وكلمات" for "كلمة". Null: the word is of neither. */
function semiticForms(word: string): RegExp | null {
  const of = (before: string, stem: string, behind: string) =>
    stem.length < 3 ? null : new RegExp(`^(?:${before})${stem}(?:${behind})?$`, 'u')
  if (/^\p{Script=Arabic}+$/u.test(word))
    return of(
      '[وفبكل]{0,2}(?:ال|ل)?',
      word.replace(/^ال(?=...)/u, '').replace(/[ها]$/u, ''),
      'ه|ا|ات|ان|ين|ون|ي|يه|نا|ها|هم|هن|ك|كم|تك|ته|تها|تهم|تكم|هاي|هايي|ش|شان|م|مان|ت|تان',
    )
  if (/^\p{Script=Hebrew}+$/u.test(word))
    return of('[והבכלמש]{0,2}', word.replace(/ה$/u, ''), 'ה|ות|אות|ים|י|ת|ך|ו|יה|תך|תו|תה|כם|תכם')
  return null
}

/** "psswrd": all consonants of a word, and no vowel. `i` is read for `l` too. */
const isWithoutVowels = (word: string, other: string): boolean =>
  word.length >= 7 &&
  other.length >= 4 &&
  !/[aeou]/u.test(other) &&
  consonants(other) === consonants(word) &&
  consonants(word).length >= 4
const consonants = (word: string): string => word.replace(/[aeiou]/gu, '')

/** The letters of a word in another order behind the first one, as people read over it: "passowrd". */
const isShuffled = (word: string, other: string): boolean =>
  word.length >= 8 && other.length === word.length && other[0] === word[0] && sorted(other) === sorted(word)

/** One letter of a long word is left out: "passwrd". */
const isMissingOne = (word: string, other: string): boolean =>
  word.length >= 8 &&
  other.length === word.length - 1 &&
  other[0] === word[0] &&
  Array.from(word, (_, i) => word.slice(0, i) + word.slice(i + 1)).includes(other)

const sorted = (word: string): string => [...word].sort().join('')

/** By its sounds a word is another one as soon as its last two letters are. */
export const saidAlike = (words: readonly string[], text: Marked): number =>
  Math.max(inflected(words, text, Number.POSITIVE_INFINITY), otherOrder(words, text, Number.POSITIVE_INFINITY))

/** Words in which signs stand for letters: "p*ssw*rd". */
export const masked = (text: string): RegExp[] =>
  (text.match(/[\p{L}*_•#]{4,}/gu) ?? [])
    .filter(
      (word) => /\p{L}/u.test(word) && /[*_•#]/u.test(word) && word.replace(/\P{L}/gu, '').length * 2 > word.length,
    )
    .map((word) => new RegExp(`^${word.replace(/[*_•#]/gu, '.')}$`, 'u'))
