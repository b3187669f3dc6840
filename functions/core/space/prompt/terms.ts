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
import { folded, withoutDigits, withoutPairs, withoutRepeats, withoutSigns } from './fold.ts'
import {
  inflected,
  marked,
  masked,
  otherOrder,
  remembered,
  saidAlike,
  soughtOf,
  spoken,
  timesOf,
  type Way,
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
  readonly times?: readonly Way[]
}

/** A text as it is, and what several readings begin with. */
interface Text {
  readonly raw: string
  readonly plain: string
  /** Without letters that codes of Latin letters leave as they are. */
  readonly latin: string
  readonly shown: string
  readonly fold: (text: string) => string
}

const OTHER_SCRIPTS = /[\p{L}--\p{Script=Latin}]+/gv

function textOf(raw: string, fold: (text: string) => string): Text {
  const plain = raw.normalize('NFKC').toLowerCase()
  return { raw, fold, plain, latin: plain.replace(OTHER_SCRIPTS, ' '), shown: withoutMarkup(raw) }
}

/** Ways in which a text is read; what is forbidden is so in each. */
const READINGS: readonly Reading[] = [
  { as: '', least: 1, text: ({ raw, fold }) => fold(raw) },
  { as: ', in another order', least: 6, text: ({ shown, fold }) => fold(shown), times: [otherOrder] },
  {
    as: ', by its sound',
    least: 5,
    text: ({ raw }) => sounded(romanised(raw)),
    term: (term) => sounded(romanised(term)),
    times: [saidAlike],
  },
  { as: ', with words put between', least: 6, text: ({ shown, fold }) => fold(withoutAsides(withoutJoining(shown))) },
  {
    as: ', with particles between',
    least: 6,
    text: ({ shown, fold }) => fold(withoutParticles(shown)),
    term: (term) => folded(withoutParticles(term)),
  },
  { as: ', with signs for letters', least: 3, text: ({ raw, fold }) => fold(withoutSigns(fold(raw))) },
  { as: ', with two letters for one', least: 6, text: ({ raw, fold }) => fold(withoutPairs(fold(raw))) },
  { as: ', once its markup is read', least: 1, text: ({ shown, fold }) => fold(shown) },
  { as: ', without what is struck out', least: 3, text: ({ raw, fold }) => fold(withoutStruck(raw)) },
  { as: ', letter by letter', least: 3, text: ({ shown, fold }) => fold(joinedLetters(shown)) },
  { as: ', in a code', least: 3, text: ({ shown, fold }) => fold(decodedText(shown)) },
  {
    as: ', with letters repeated',
    least: 3,
    text: ({ shown, fold }) => withoutRepeats(fold(withoutRepeats(withoutSigns(shown)))),
    term: (term) => withoutRepeats(folded(term)),
  },
  { as: ', in a code of several parts', least: 4, text: ({ shown, fold }) => fold(decodedText(joinedParts(shown))) },
  { as: ', in pig Latin', least: 4, text: ({ shown, fold }) => fold(fromPigLatin(shown)) },
  { as: ', by initials', least: 4, text: ({ shown, fold }) => fold(initials(shown)) },
  { as: ', upside down', least: 4, text: ({ raw, fold }) => fold(upsideDown(raw.normalize('NFKC').toLowerCase())) },
  { as: ', with one letter between', least: 4, text: ({ raw, fold }) => withoutOneBetween(fold(raw)) },
  { as: ', with digits between', least: 4, text: ({ raw, fold }) => fold(withoutDigits(raw)) },
  { as: ', typed on another keyboard', least: 4, text: ({ plain, fold }) => fold(otherKeyboard(plain)) },
  { as: ', in quoted parts', least: 4, text: ({ raw, fold }) => fold(quotedParts(raw)) },
  { as: ', backwards', least: 4, text: ({ raw, fold }) => fold(backwards(raw.normalize('NFKC'))) },
  { as: ', with letters from the other end', least: 4, text: ({ plain, fold }) => fold(mirrored(plain)) },
  { as: ', with signs moved on by 47', least: 4, text: ({ raw, fold }) => fold(turned(raw)) },
  ...Array.from({ length: 25 }, (_, i) => ({
    as: `, with letters shifted by ${i + 1}`,
    least: 4,
    text: ({ latin, fold }: Text) => fold(shifted(latin, 25 - i)),
  })),
]

/**
 * One reason for each term that `to` holds more often than `from` in any reading: a block that says a forbidden thing
 * already may be edited, and must not say it more. A term is met across spaces and punctuation, and with an ending.
 */
export function termProblems(from: string, to: string, terms: readonly string[]): string[] {
  // Many readings find nothing to read and say the same: it is folded, marked and looked through once.
  const fold = remembered(folded)
  const mark = remembered(marked)
  const [old, edited] = [textOf(from, fold), textOf(to, fold)]
  // Most readings hold no term at all: what stood there before is read only where one does.
  const readings = READINGS.map((reading) => ({
    ...reading,
    before: () => mark(reading.text(old)),
    after: mark(reading.text(edited)),
  }))
  const masks = { before: masked(fold(from)), after: masked(fold(to)) }
  return terms.flatMap((term) => {
    const says = `the block holds the forbidden term "${term}"`
    // Of signs alone ("###") nothing is left to fold: it is what it is.
    if (wordsOf(term).length === 0) return to.split(term).length > from.split(term).length ? [says] : []
    const spellings = [...new Set([term, withoutUmlauts(term)])]
    const letters = wordsOf(folded(term)).join('')
    const hides = (all: readonly RegExp[]) => all.filter((mask) => mask.test(letters)).length
    if (hides(masks.after) > hides(masks.before)) return [`${says}, with signs over letters`]
    const soughtAs = remembered((words: string) => soughtOf(wordsOf(words)))
    const added = readings.find(({ least, before, after, term: own = folded, times: ways = [timesOf, inflected] }) =>
      spellings.some((spelling) => {
        const sought = soughtAs(own(spelling))
        if (spoken(sought.words) < least) return false
        return ways.some((way) => {
          const has = sought.times(way, after)
          return has > 0 && has > sought.times(way, before())
        })
      }),
    )
    return added ? [says + added.as] : []
  })
}

/** As it is written where keys for them are missing. */
const withoutUmlauts = (term: string): string => term.replace(/[äöüÄÖÜ]/gu, (char) => `${char.normalize('NFD')[0]}e`)
