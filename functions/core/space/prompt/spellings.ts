/** Words that another text spells by its order or its shape: initials, turned letters, a letter between, parts of a code. */

/** What stands before the first letter of a line, of a sentence and of a word. */
const BEFORE = [/\n/u, /[.!?。！？]\s|\n/u, /[^\p{L}\p{M}\p{N}]$/u]

/** Initials of lines, of sentences and of words, one word each. */
export function initials(text: string): string {
  // In one pass: what has no letter behind it is not read anew from each of its signs.
  const letters = [...text.matchAll(/(\P{L}*)(\p{L}|$)/gu)]
  return BEFORE.map((begins) =>
    letters
      .filter(([, before], i) => i === 0 || begins.test(before!))
      .map(([, , letter]) => letter)
      .join(''),
  ).join(' ')
}

/** Letters that are others when the page is turned. */
const TURNED: ReadonlyMap<string, string> = new Map(
  ['dp', 'bq', 'un', 'mw'].flatMap(([a, b]) => [
    [a!, b!],
    [b!, a!],
  ]),
)

/** The page upside down. */
export const upsideDown = (text: string): string =>
  [...text]
    .reverse()
    .map((char) => TURNED.get(char) ?? char)
    .join('')

/** Words in which every other letter is the same one, without it: "pxaxsxs". */
export const withoutOneBetween = (text: string): string =>
  text.replace(/(?<!\p{L})\p{L}(\p{L})(?:\p{L}\1){2,}\p{L}?(?!\p{L})/gu, (word) =>
    [...word].filter((_, i) => i % 2 === 0).join(''),
  )

/** "asswordpay": what stands before "ay" was moved there from the beginning, one consonant or several. */
export const fromPigLatin = (text: string): string =>
  text.replace(/(?<![a-z])[a-z]{3,60}ay\b/giu, (word) => {
    const stem = word.slice(0, -2).replace(/[wy]$/iu, '')
    const [moved = ''] = /[^aeiou]{1,3}$/iu.exec(word.slice(0, -2)) ?? []
    const own = word.slice(0, -2)
    const turned = Array.from(moved, (_, i) => own.slice(own.length - i - 1) + own.slice(0, own.length - i - 1))
    return [stem, ...turned].join(' ')
  })

/** Number of a list, before a letter alone. */
const NUMBER = /(?<![\p{L}\p{N}])\(?\d{1,3}[.):]\s*(?=\p{L}(?![\p{L}\p{M}\p{N}]))/gu

/** Letters one by one, also of a list, as the word that they spell: "S-K-I-P the check". */
export const joinedLetters = (text: string): string =>
  text
    .replace(NUMBER, '')
    .replace(/(?<![\p{L}\p{N}])\p{L}(?:[ .\-_·*/\n]{1,2}\p{L}){2,}(?![\p{L}\p{N}])/gu, (run) =>
      run.replace(/\P{L}/gu, ''),
    )

/** A part of a code: digits in it, or capitals within. */
const PART = /^(?=.*(?:\d|[a-z][A-Z]))[A-Za-z\d+/]{2,64}={0,2}$/u

/** Parts that stand side by side and are read as one code, put together: "dGhlIH Bhc3N3". */
export function joinedParts(text: string): string {
  const runs: string[] = []
  let run = ''
  for (const token of text.split(/[\s"'`,]+/u)) {
    if (PART.test(token)) run += token
    else if (run !== '') {
      runs.push(run)
      run = ''
    }
  }
  return [...runs, run].join(' ')
}

const ALPHABETS = [
  // Ascii85, that of RFC 1924, and Z85.
  Array.from({ length: 85 }, (_, i) => String.fromCharCode(33 + i)).join(''),
  '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~',
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#',
]

/** Bytes of five signs for four, by each alphabet in which all of them stand. */
export const base85 = (run: string): number[][] =>
  ALPHABETS.flatMap((alphabet) => {
    const places = Array.from(run, (char) => alphabet.indexOf(char))
    return places.includes(-1) ? [] : [bytesOf85(places)]
  })

function bytesOf85(places: readonly number[]): number[] {
  const bytes: number[] = []
  for (let at = 0; at < places.length; at += 5) {
    const group = places.slice(at, at + 5)
    const value = [...group, 84, 84, 84, 84].slice(0, 5).reduce((sum, place) => sum * 85 + place, 0)
    bytes.push(...[24, 16, 8, 0].slice(0, group.length - 1).map((by) => Math.floor(value / 2 ** by) % 256))
  }
  return bytes
}

/** Bytes of a line of uuencode, whose first sign says how many they are; none where it is no such line. */
export function uuDecoded(run: string): number[] {
  const [length = 0, ...parts] = Array.from(run, (char) => (char.charCodeAt(0) - 32) % 64)
  // Its last signs may be missing: they hold nothing.
  if (parts.length < (length * 4) / 3 || parts.length > Math.ceil(length / 3) * 4) return []
  const bits = parts.map((part) => part.toString(2).padStart(6, '0')).join('')
  return (bits.match(/.{8}/gu) ?? []).slice(0, length).map((byte) => Number.parseInt(byte, 2))
}

const NAMES: Readonly<Record<string, string>> = {
  a: 'ay eh',
  b: 'bee',
  c: 'cee see',
  d: 'dee',
  e: 'ee',
  f: 'ef eff',
  g: 'gee',
  h: 'aitch haitch',
  i: 'eye',
  j: 'jay',
  k: 'kay',
  l: 'el ell',
  m: 'em',
  n: 'en',
  o: 'oh',
  p: 'pee',
  q: 'cue queue',
  r: 'ar are',
  s: 'ess es',
  t: 'tee tea',
  u: 'you yu',
  v: 'vee',
  w: 'doubleyou double-u',
  x: 'ex',
  y: 'why wye',
  z: 'zee zed',
}
const LETTERS = new Map(
  Object.entries(NAMES).flatMap(([letter, names]) => names.split(' ').map((name) => [name, letter])),
)

/** Three names of letters in a row or more. */
export const LETTER_NAMES = new RegExp(`\\b(?:(?:${[...LETTERS.keys()].join('|')})\\b[\\s,.-]*){3,}`, 'giu')

/** The letters that are named. */
export const ofNames = (run: string): string =>
  ` ${(run.match(/double-u|[a-z]+/giu) ?? []).map((name) => LETTERS.get(name.toLowerCase()) ?? '').join('')} `
