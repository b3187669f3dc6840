/** Forbidden terms that a change adds to a prompt block, in whatever spelling. */
import { backwards, decodedText, shifted, withoutMarkup } from './decoded.ts'
import { folded, withoutRepeats, withoutSigns } from './fold.ts'

interface Reading {
  readonly as: string
  /** Letters that a term needs: a shorter one would be met by chance. */
  readonly least: number
  readonly text: (text: string) => string
  readonly term?: (term: string) => string
}

/** Ways in which a text is read; what is forbidden is so in each. */
const READINGS: readonly Reading[] = [
  { as: '', least: 1, text: folded },
  { as: ', with signs for letters', least: 3, text: (text) => folded(withoutSigns(folded(text))) },
  { as: ', once its markup is read', least: 1, text: (text) => folded(withoutMarkup(text)) },
  { as: ', in a code', least: 3, text: (text) => folded(decodedText(withoutMarkup(text))) },
  {
    as: ', with letters repeated',
    least: 3,
    text: (text) => withoutRepeats(folded(withoutSigns(withoutMarkup(text)))),
    term: withoutRepeats,
  },
  { as: ', backwards', least: 4, text: (text) => folded(backwards(text.normalize('NFKC'))) },
  ...Array.from({ length: 25 }, (_, i) => ({
    as: `, with letters shifted by ${i + 1}`,
    least: 5,
    text: (text: string) => folded(shifted(text.normalize('NFKC').toLowerCase(), 25 - i)),
  })),
]

/**
 * One reason for each term that `to` holds more often than `from` in any reading: a block that says a forbidden thing
 * already may be edited, and must not say it more. A term is met across spaces and punctuation, and with an ending.
 */
export function termProblems(from: string, to: string, terms: readonly string[]): string[] {
  const readings = READINGS.map((reading) => ({
    ...reading,
    before: marked(reading.text(from)),
    after: marked(reading.text(to)),
  }))
  return terms.flatMap((term) => {
    // Of signs alone ("###") nothing is left to fold: it is what it is.
    if (wordsOf(term).length === 0)
      return to.split(term).length > from.split(term).length ? [`the block holds the forbidden term "${term}"`] : []
    const added = readings.find(({ least, before, after, term: own = (t) => t }) => {
      const letters = wordsOf(own(folded(term))).join('')
      return letters.length >= least && timesOf(letters, after) > timesOf(letters, before)
    })
    return added ? [`the block holds the forbidden term "${term}"${added.as}`] : []
  })
}

const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? []

/** Words run together, and at which places one begins or ends. */
interface Marked {
  readonly text: string
  readonly starts: ReadonlySet<number>
  readonly ends: readonly number[]
}

function marked(text: string): Marked {
  const words = wordsOf(text)
  const starts = new Set<number>()
  const ends: number[] = []
  let at = 0
  for (const word of words) {
    starts.add(at)
    at += word.length
    ends.push(at)
  }
  return { text: words.join(''), starts, ends }
}

/** Letters that a word may have behind a term and still say it: "refunded", "skipping". */
const ENDING = 4

/**
 * How often a text says a term. Within one word it may stand anywhere when it has five letters or is of a script without
 * spaces, otherwise at the start; over several words it begins where one begins and ends, but for an ending, where one ends.
 */
function timesOf(term: string, { text, starts, ends }: Marked): number {
  const anywhere = term.length >= 5 || UNSPACED.test(term)
  let times = 0
  let word = 0
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1)) {
    while (ends[word]! <= at) word++
    const end = at + term.length
    if (end <= ends[word]!) times += anywhere || starts.has(at) ? 1 : 0
    else if (starts.has(at)) {
      let last = word
      while (ends[last]! < end) last++
      times += ends[last]! - end <= ENDING ? 1 : 0
    }
  }
  return times
}

const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}\p{Script=Myanmar}]/u
