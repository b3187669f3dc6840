/** Other forms of a word that say it all the same: endings, what languages join to it, letters left out. */

/** What a word may have behind a term and still say it: "refunded", "skipping". */
const ENDING = /^\p{L}?(?:s|es|ed|d|ers?|ings?)?$/u
/** The same of a word of three letters, with which many others begin: "PINs", "betting", no "pink". */
const ENDING_OF_SHORT = /^(?:[aiouy][mnrs]?|es?|s|d|ed|ers?|ings?)?$/u

/** Does a word that begins with another one, and goes on with `rest`, say it? */
export const isEnding = (word: string, rest: string): boolean =>
  word.length <= 3 ? ENDING_OF_SHORT.test(rest.startsWith(word.at(-1)!) ? rest.slice(1) : rest) : ENDING.test(rest)

/**
 * Other forms of a word. One of `least` letters may differ in its last two: "Geburtsdatum", "Geburtsdaten". Of a term of several
 * words, where no other words are met by chance, each may have what languages join to it: "kartın numarasını", "dilewati".
 */
export function formsOf(word: string, least: number, isOfSeveral: boolean): (other: string) => boolean {
  // A last vowel, or a soft sign, which is folded to "b", gives way to an ending.
  const stem = word.length >= 5 ? word.replace(/[aeiouyбb]$/u, '') : word
  const long = word.length >= least ? word.slice(0, -2) : null
  const semitic = semiticForms(word)
  const changed = changedStem(word)
  const bare = withoutVowels(word)
  const joins = isOfSeveral && Number.isFinite(least) ? joinsTo(word) : null
  const isSlip = word.length >= 8 && Number.isFinite(least) ? slipsOf(word) : null
  return (other) => {
    if (semitic?.test(other) || bare?.(other) || joins?.(other)) return true
    if (changed !== null && other.startsWith(changed) && other.length - changed.length <= 6) return true
    if (long !== null && other.startsWith(long) && Math.abs(other.length - word.length) <= 2) return true
    if (!other.startsWith(stem)) return isSlip?.(other) ?? false
    if (stem === word)
      return isOfSeveral ? ENDING.test(other.slice(stem.length)) : isEnding(word, other.slice(stem.length))
    return other.length - stem.length <= (word.length < 6 ? 2 : 3)
  }
}

/** What endings are joined to where it is not the word: of Finnish "ilmaista" for "ilmainen", of Hungarian "jelszavakat" for "jelszó". */
function changedStem(word: string): string | null {
  if (word.length >= 7 && word.endsWith('nen')) return `${word.slice(0, -3)}s`
  return word.endsWith('szo') ? word.slice(0, -1) : null
}

/** Letters behind a word of four, behind the stem of a longer one, or before one of six; other vowels within: "übersprungen". */
function joinsTo(word: string): (other: string) => boolean {
  // Letters of Hangul, of which a particle has many.
  const most = /[ㄱ-ㅣ]/u.test(word) ? 9 : 3
  const own = consonants(word.slice(0, -2))
  const [stem, shorter, first] = [word.slice(0, -2), word.slice(0, -3), word.slice(0, 8)]
  const parts = PARTED.test(word)
  return (other) => {
    const more = other.length - word.length
    if (word.length >= 4 && more > 0 && more <= most && other.startsWith(word)) return true
    if (word.length >= 7 && more > 0 && more <= 4 && other.startsWith(stem)) return true
    if (word.length >= 6 && more > 0 && more <= 3 && other.endsWith(word)) return true
    if (word.length >= 8 && other.startsWith(shorter) && Math.abs(more) <= 4) return true
    if (word.length >= 10 && other.startsWith(first) && Math.abs(more) <= 4) return true
    if (word.length < 7 || word[0] !== other[0]) return false
    if (parts && other.replace(WITHIN, '').startsWith(stem)) return true
    return own.length >= 3 && Math.abs(more) <= 2 && consonants(other).startsWith(own)
  }
}

/** A participle has it within: "zugesagt" for "zusagen". */
const WITHIN = /(?<=^(?:an|zu|ab|auf|aus|ein|vor|nach))ge/u
const PARTED = /^(?:an|zu|ab|auf|aus|ein|vor|nach)/u

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

/** "psswrd": all consonants of a word, and no vowel. `i` is read for `l` too. Null: the word has too few. */
function withoutVowels(word: string): ((other: string) => boolean) | null {
  const own = consonants(word)
  if (word.length < 7 || own.length < 4) return null
  return (other) => other.length >= 4 && !/[aeou]/u.test(other) && consonants(other) === own
}
const consonants = (word: string): string => word.replace(/[aeiou]/gu, '')

/** As people read over it: the letters of a long word in another order behind the first ("passowrd"), or one left out ("passwrd"). */
function slipsOf(word: string): (other: string) => boolean {
  const letters = sorted(word)
  const shorter = new Set(Array.from(word, (_, i) => word.slice(0, i) + word.slice(i + 1)))
  return (other) =>
    other[0] === word[0] && (other.length === word.length ? sorted(other) === letters : shorter.has(other))
}

const sorted = (word: string): string => [...word].sort().join('')
