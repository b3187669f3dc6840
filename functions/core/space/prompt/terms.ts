/** Forbidden terms that a change adds to a prompt block, in whatever spelling. */
import { withoutAsides, withoutJoining, withoutParticles } from './between.ts'
import {
  backwards,
  decodedText,
  mirrored,
  otherKeyboard,
  quotedParts,
  shifted,
  turned,
  withoutMarkup,
  withoutStruck,
} from './decoded.ts'
import { folded, withoutDigits, withoutRepeats, withoutSigns } from './fold.ts'
import {
  inflected,
  type Marked,
  marked,
  masked,
  otherOrder,
  saidAlike,
  spoken,
  timesOf,
  wordsOf,
} from './occurrences.ts'
import { romanised } from './romanised.ts'
import { sounded } from './sounds.ts'
import { fromPigLatin, initials, joinedLetters, joinedParts, upsideDown, withoutOneBetween } from './spellings.ts'

interface Reading {
  readonly as: string
  /** Letters that a term needs: a shorter one would be met by chance. */
  readonly least: number
  readonly text: (text: Text) => string
  /** A term as it would stand there (folded, where nothing else is said). */
  readonly term?: (term: string) => string
  readonly times?: readonly ((words: readonly string[], text: Marked) => number)[]
}

/** A text as it is, and what several readings begin with. */
interface Text {
  readonly raw: string
  readonly plain: string
  readonly shown: string
}

const textOf = (raw: string): Text => ({
  raw,
  plain: raw.normalize('NFKC').toLowerCase(),
  shown: withoutMarkup(raw),
})

/** Ways in which a text is read; what is forbidden is so in each. */
const READINGS: readonly Reading[] = [
  { as: '', least: 1, text: ({ raw }) => folded(raw) },
  { as: ', in another order', least: 6, text: ({ shown }) => folded(shown), times: [otherOrder] },
  { as: ', by its sound', least: 5, text: ({ raw }) => sounded(raw), term: sounded, times: [saidAlike] },
  {
    as: ', in letters of another script',
    least: 5,
    text: ({ raw }) => sounded(romanised(raw)),
    term: (term) => sounded(romanised(term)),
    times: [saidAlike],
  },
  { as: ', with words put between', least: 6, text: ({ shown }) => folded(withoutJoining(withoutAsides(shown))) },
  {
    as: ', with particles between',
    least: 6,
    text: ({ shown }) => folded(withoutParticles(shown)),
    term: (term) => folded(withoutParticles(term)),
  },
  { as: ', with signs for letters', least: 3, text: ({ raw }) => folded(withoutSigns(folded(raw))) },
  { as: ', once its markup is read', least: 1, text: ({ shown }) => folded(shown) },
  { as: ', without what is struck out', least: 3, text: ({ raw }) => folded(withoutStruck(raw)) },
  { as: ', letter by letter', least: 3, text: ({ shown }) => folded(joinedLetters(shown)) },
  { as: ', in a code', least: 3, text: ({ shown }) => folded(decodedText(shown)) },
  {
    as: ', with letters repeated',
    least: 3,
    text: ({ shown }) => withoutRepeats(folded(withoutRepeats(withoutSigns(shown)))),
    term: (term) => withoutRepeats(folded(term)),
  },
  { as: ', in a code of several parts', least: 4, text: ({ shown }) => folded(decodedText(joinedParts(shown))) },
  { as: ', in pig Latin', least: 4, text: ({ shown }) => folded(fromPigLatin(shown)) },
  { as: ', by initials', least: 4, text: ({ shown }) => folded(initials(shown)) },
  { as: ', upside down', least: 4, text: ({ raw }) => folded(upsideDown(raw.normalize('NFKC').toLowerCase())) },
  { as: ', with one letter between', least: 4, text: ({ raw }) => withoutOneBetween(folded(raw)) },
  { as: ', with digits between', least: 4, text: ({ raw }) => folded(withoutDigits(raw)) },
  { as: ', typed on another keyboard', least: 4, text: ({ plain }) => folded(otherKeyboard(plain)) },
  { as: ', in quoted parts', least: 4, text: ({ raw }) => folded(quotedParts(raw)) },
  { as: ', backwards', least: 4, text: ({ raw }) => folded(backwards(raw.normalize('NFKC'))) },
  { as: ', with letters from the other end', least: 4, text: ({ plain }) => folded(mirrored(plain)) },
  { as: ', with signs moved on by 47', least: 4, text: ({ raw }) => folded(turned(raw)) },
  ...Array.from({ length: 25 }, (_, i) => ({
    as: `, with letters shifted by ${i + 1}`,
    least: 4,
    text: ({ plain }: Text) => folded(shifted(plain, 25 - i)),
  })),
]

/**
 * One reason for each term that `to` holds more often than `from` in any reading: a block that says a forbidden thing
 * already may be edited, and must not say it more. A term is met across spaces and punctuation, and with an ending.
 */
export function termProblems(from: string, to: string, terms: readonly string[]): string[] {
  const [old, edited] = [textOf(from), textOf(to)]
  // Most readings hold no term at all: what stood there before is read only where one does.
  const readings = READINGS.map((reading) => {
    let stood: Marked | null = null
    const before = (): Marked => {
      stood ??= marked(reading.text(old))
      return stood
    }
    return { ...reading, before, after: marked(reading.text(edited)) }
  })
  const masks = { before: masked(folded(from)), after: masked(folded(to)) }
  return terms.flatMap((term) => {
    const says = `the block holds the forbidden term "${term}"`
    // Of signs alone ("###") nothing is left to fold: it is what it is.
    if (wordsOf(term).length === 0) return to.split(term).length > from.split(term).length ? [says] : []
    const spellings = [...new Set([term, withoutUmlauts(term)])]
    const letters = wordsOf(folded(term)).join('')
    const hides = (all: readonly RegExp[]) => all.filter((mask) => mask.test(letters)).length
    if (hides(masks.after) > hides(masks.before)) return [`${says}, with signs over letters`]
    const added = readings.find(({ least, before, after, term: own = folded, times: ways = [timesOf, inflected] }) =>
      spellings.some((spelling) => {
        const words = wordsOf(own(spelling))
        if (spoken(words) < least) return false
        return ways.some((times) => {
          const has = times(words, after)
          return has > 0 && has > times(words, before())
        })
      }),
    )
    return added ? [says + added.as] : []
  })
}

/** As it is written where keys for them are missing. */
const withoutUmlauts = (term: string): string => term.replace(/[äöüÄÖÜ]/gu, (char) => `${char.normalize('NFD')[0]}e`)
