/** Characters that a change of a prompt block may not add: those that a reader does not see, or takes for others. */

import { codeOf, SCRIPTS } from '#schemas/letters.ts'

/** Letters for sounds and small capitals, but for those that languages are written in (Hausa, Ewe, Fon, Ukrainian). */
const PHONETIC = /[\u0250-\u02af\u02b0-\u02ff\u1d00-\u1dbf\ua720-\ua7ff\uab30-\uab6f]/u
const WRITTEN = /[\u0253\u0254\u0256\u0257\u025b\u0263\u0269\u028a\u028b\u0272\u02bb\u02bc\ua78b\ua78c]/u

/** Invisible, but spelling: joiners within words of Arabic and Indic scripts, and within a picture. */
const JOINED =
  /(?<=[[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}]&&[\p{L}\p{M}]])[\u200c\u200d](?=[\p{L}\p{M}])|(?<=[\p{Emoji}--\p{L}])\ufe0f|(?<=[[\p{Extended_Pictographic}\p{EMod}]\ufe0f])\u200d(?=\p{Extended_Pictographic})/gv

const KINDS: readonly { readonly is: RegExp; readonly said: string }[] = [
  { is: /[\p{Bidi_Control}]/u, said: 'turns the direction of writing' },
  { is: /\p{Cc}/u, said: 'is a control character' },
  { is: /[\p{Cf}\p{Default_Ignorable_Code_Point}\u{e0000}-\u{e0fff}]/u, said: 'is invisible' },
  { is: /[\u2800-\u28ff]/u, said: 'is braille' },
  { is: /[\p{Zl}\p{Zp}]/u, said: 'breaks lines unseen: use a line feed' },
  { is: /[\p{Co}\p{Cs}\p{Cn}]/u, said: 'has no meaning that all readers share' },
  {
    is: /[\u{1f130}-\u{1f149}\u{1f150}-\u{1f169}\u{1f170}-\u{1f189}]/u,
    said: 'is a picture of a letter: write the letter',
  },
]

/**
 * What is wrong with characters that `to` holds more of than `from`: one reason each, with the code point and its place
 * (line and column, from 1). Characters of the block as it stands are nobody's change. Facts: UAX 31, UTS 39.
 */
export function characterProblems(from: string, to: string): string[] {
  const before = counted(plain(from))
  const problems: string[] = []
  for (const [char, { times, at }] of counted(plain(to))) {
    const said = times > (before.get(char)?.times ?? 0) ? problemOf(char) : null
    if (said !== null) problems.push(`${codeOf(char)} at ${place(to, char, at)} ${said}`)
  }
  return [...problems, ...mixedWords(from, to)]
}

/** The text without what spells: line feeds, tabs and joiners of a script. As many code units as before. */
const plain = (text: string): string =>
  text.replace(/\r\n|[\n\t]/g, (all) => ' '.repeat(all.length)).replace(JOINED, ' ')

function counted(text: string): Map<string, { times: number; at: number }> {
  const found = new Map<string, { times: number; at: number }>()
  let index = 0
  for (const char of text) {
    const one = found.get(char)
    if (one) one.times++
    else found.set(char, { times: 1, at: index })
    index += char.length
  }
  return found
}

function problemOf(char: string): string | null {
  const code = char.codePointAt(0)!
  if (code >= 0x20 && code < 0x7f) return null
  const kind = KINDS.find(({ is }) => is.test(char))
  if (kind) return kind.said
  if (!/[\p{L}\p{M}\p{N}]/u.test(char)) return null
  if (PHONETIC.test(char) && !WRITTEN.test(char)) return 'is a letter for sounds that passes for another'
  if (/[\p{Script=Common}\p{Script=Inherited}]/u.test(char) || SCRIPTS.some(({ is }) => is.test(char))) return null
  return 'is of a script that is not in general use'
}

function place(text: string, char: string, from: number): string {
  const lines = text.slice(0, Math.max(0, text.indexOf(char, from))).split('\n')
  return `line ${lines.length}, column ${lines.at(-1)!.length + 1}`
}

/** Words that are added and mix scripts whose letters pass for one another (UTS 39, moderately restrictive). */
function mixedWords(from: string, to: string): string[] {
  const known = new Set(wordsOf(from))
  return [...new Set(wordsOf(to))]
    .filter((word) => !known.has(word))
    .flatMap((word) => {
      if (/\p{Script=Latin}/u.test(word) && /[\p{Nd}--[0-9]]/v.test(word))
        return [`"${word}" mixes Latin letters with digits of another script`]
      const scripts = scriptsOf(word)
      return mayMix(scripts, word)
        ? []
        : [`"${word}" mixes letters of ${scripts.join(' and ')}: write it in one script`]
    })
}

/** Words but for units with a micro or an ohm. */
const wordsOf = (text: string): string[] =>
  (text.normalize('NFKC').match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).filter(
    (word) => !/^\d*(?:μ\p{Script=Latin}{1,3}|[kM]?Ω)$/u.test(word),
  )

const scriptsOf = (word: string): string[] =>
  SCRIPTS.filter(({ is }) => is.test(word.replace(/[^\p{L}]/gu, ''))).map(({ name }) => name)

const EAST_ASIAN = new Set(['Latin', 'Han', 'Hiragana', 'Katakana', 'Bopomofo', 'Hangul'])
const PASS_FOR_LATIN = new Set(['Greek', 'Cyrillic', 'Armenian'])

const mayMix = (scripts: readonly string[], word: string): boolean =>
  scripts.length < 2 ||
  scripts.every((name) => EAST_ASIAN.has(name)) ||
  (scripts.length === 2 &&
    scripts.includes('Latin') &&
    !scripts.some((name) => PASS_FOR_LATIN.has(name)) &&
    isJoined(word))

/** A word of one script with an ending or an article of another, two letters each at least: "الAPI", no "frienძly". */
const isJoined = (word: string): boolean =>
  /^(?:\p{Script=Latin}{2,}[^\p{Script=Latin}]{2,}|[^\p{Script=Latin}]{2,}\p{Script=Latin}{2,})$/u.test(
    word.normalize('NFC'),
  )
