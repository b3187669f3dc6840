/** Forbidden terms that a change adds to a prompt block, in whatever spelling. */
import {
  backwards,
  decodedText,
  mirrored,
  otherKeyboard,
  quotedParts,
  shifted,
  turned,
  withoutMarkup,
} from './decoded.ts'
import { folded, withoutDigits, withoutRepeats, withoutSigns } from './fold.ts'
import { inflected, type Marked, marked, masked, spoken, timesOf, wordsOf } from './occurrences.ts'

interface Reading {
  readonly as: string
  /** Letters that a term needs: a shorter one would be met by chance. */
  readonly least: number
  readonly text: (text: string) => string
  readonly term?: (term: string) => string
}

const plain = (text: string): string => text.normalize('NFKC').toLowerCase()

/** Ways in which a text is read; what is forbidden is so in each. */
const READINGS: readonly Reading[] = [
  { as: '', least: 1, text: folded },
  { as: ', with signs for letters', least: 3, text: (text) => folded(withoutSigns(folded(text))) },
  { as: ', once its markup is read', least: 1, text: (text) => folded(withoutMarkup(text)) },
  { as: ', in a code', least: 3, text: (text) => folded(decodedText(withoutMarkup(text))) },
  {
    as: ', with letters repeated',
    least: 3,
    text: (text) => withoutRepeats(folded(withoutRepeats(withoutSigns(withoutMarkup(text))))),
    term: withoutRepeats,
  },
  { as: ', with digits between', least: 4, text: (text) => folded(withoutDigits(text)) },
  { as: ', typed on another keyboard', least: 4, text: (text) => folded(otherKeyboard(plain(text))) },
  { as: ', in quoted parts', least: 4, text: (text) => folded(quotedParts(text)) },
  { as: ', backwards', least: 4, text: (text) => folded(backwards(text.normalize('NFKC'))) },
  { as: ', with letters from the other end', least: 4, text: (text) => folded(mirrored(plain(text))) },
  { as: ', with signs moved on by 47', least: 4, text: (text) => folded(turned(text)) },
  ...Array.from({ length: 25 }, (_, i) => ({
    as: `, with letters shifted by ${i + 1}`,
    least: 4,
    text: (text: string) => folded(shifted(plain(text), 25 - i)),
  })),
]

/**
 * One reason for each term that `to` holds more often than `from` in any reading: a block that says a forbidden thing
 * already may be edited, and must not say it more. A term is met across spaces and punctuation, and with an ending.
 */
export function termProblems(from: string, to: string, terms: readonly string[]): string[] {
  // Most readings hold no term at all: what stood there before is read only where one does.
  const readings = READINGS.map((reading) => {
    let before: Marked | null = null
    return {
      ...reading,
      after: marked(reading.text(to)),
      before: () => {
        before ??= marked(reading.text(from))
        return before
      },
    }
  })
  const masks = { before: masked(folded(from)), after: masked(folded(to)) }
  return terms.flatMap((term) => {
    // Of signs alone ("###") nothing is left to fold: it is what it is.
    if (wordsOf(term).length === 0)
      return to.split(term).length > from.split(term).length ? [`the block holds the forbidden term "${term}"`] : []
    const added = readings.find(({ least, before, after, term: own = (t) => t }) =>
      [term, withoutUmlauts(term)].some((spelling) => {
        const words = wordsOf(own(folded(spelling)))
        if (spoken(words) < least) return false
        return [timesOf, inflected].some((times) => {
          const has = times(words, after)
          return has > 0 && has > times(words, before())
        })
      }),
    )
    const hides = (all: readonly RegExp[]) => all.filter((mask) => mask.test(wordsOf(folded(term)).join(''))).length
    if (hides(masks.after) > hides(masks.before))
      return [`the block holds the forbidden term "${term}", with signs over letters`]
    return added ? [`the block holds the forbidden term "${term}"${added.as}`] : []
  })
}

/** As it is written where keys for them are missing. */
const withoutUmlauts = (term: string): string => term.replace(/[äöüÄÖÜ]/gu, (char) => `${char.normalize('NFD')[0]}e`)
