/** Texts that another text hides: in markup, in codes, backwards or by shifted letters. */
import { base32, morse, NATO, ofAlphabet, ofCodePoints, spelled } from './alphabets.ts'
import { base85, LETTER_NAMES, ofNames, uuDecoded } from './spellings.ts'

/**
 * The text as it is read once markup is shown: entities decoded, tags, comments, footnotes, targets of links and readings
 * of kanji gone.
 */
export const withoutMarkup = (text: string): string => shown(shown(text))

const shown = (text: string): string =>
  withoutComments(text)
    .replace(
      /<\/?[\p{L}!][^<>]{0,200}>|\]\([^)\s]{0,200}\)|\]\[[^\]]{0,40}\]|\[\^[^\]]{0,40}\]|\{\}|(?<=\p{Script=Han})[(（][\p{Script=Hiragana}\p{Script=Katakana}ー]+[)）]/gu,
      '',
    )
    .replace(/&([a-z])(?:acute|grave|uml|circ|tilde|cedil|ring|slash|caron|breve|macr|dot|ogon);/giu, '$1')
    .replace(/&#(\d{1,7});?|&#x([\da-f]{1,6});?|&([a-z]{2,24});/giu, (_, decimal, hex, name) =>
      decimal
        ? character(Number(decimal))
        : hex
          ? character(Number.parseInt(hex, 16))
          : (ENTITIES.get(name.toLowerCase()) ?? ''),
    )

/** One that does not end is none; looking for its end from each that begins would take the square of them. */
function withoutComments(text: string): string {
  let kept = ''
  let at = 0
  for (;;) {
    const open = text.indexOf('<!--', at)
    const end = open < 0 ? -1 : text.indexOf('-->', open + 4)
    if (end < 0) return kept + text.slice(at)
    kept += text.slice(at, open)
    at = end + 3
  }
}

/** The text without what is struck out or commented as in code; empty where nothing is. */
export function withoutStruck(text: string): string {
  const kept = text.replace(/~~[^~\n]{1,200}~~|\/\*[^*]{0,200}\*\//gu, '')
  return kept === text ? '' : kept
}

const ENTITIES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    apos: "'",
    nbsp: ' ',
    ensp: ' ',
    emsp: ' ',
    szlig: 'ss',
    aelig: 'ae',
    oelig: 'oe',
  }),
)

const character = (code: number): string => (code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '')

/**
 * What its codes say, each where it stands: escapes (`\u0073`, `\x73`, `%73`), and runs of base64, base32, hexadecimal,
 * decimal or binary codes and Morse whose bytes are text. Codes within codes are decoded three deep.
 */
export function decodedText(text: string): string {
  let read = text
  for (let depth = 0; depth < 3; depth++) {
    const next = CODES.reduce((all, [code, decode]) => all.replace(code, (run) => decode(run) ?? run), read)
    if (next === read) break
    read = next
  }
  return read
}

type Decode = (run: string) => string | null

const bytesOf = (run: string, each: RegExp, base: number): number[] =>
  (run.match(each) ?? []).map((digits) => Number.parseInt(digits, base))

/** In this order: what escapes hold may be another code. */
const CODES: readonly (readonly [RegExp, Decode])[] = [
  [
    /\\u\{[\da-fA-F]{1,6}\}|\\U[\da-fA-F]{8}|\\[uU][\da-fA-F]{4}|\\[xX][\da-fA-F]{2}|[uU]\+[\da-fA-F]{4,6}(?: (?=[uU]\+))?/gu,
    (run) => character(Number.parseInt(run.replace(/^\\?u\+?|^\\x|[{}\s]/giu, ''), 16)),
  ],
  [new RegExp(`\\b(?:(?:${NATO.join('|')})\\b[\\s,-]*){3,}`, 'giu'), (run) => spelled(run)],
  [LETTER_NAMES, (run) => ofNames(run)],
  [/(?<!\S)(?:[.\-·–−]{1,4}(?: +| *\/ *|$)){3,}/gmu, (run) => morse(run)],
  [/\\N\{LATIN (?:SMALL|CAPITAL) LETTER ([A-Z])\}/gu, (run) => run.at(-2)!],
  [/(?:\b(?:chr|char|unichr)\(\d{2,7}\)[\s+.,&]*){2,}/giu, (run) => ofCodePoints(run)],
  [/(?:\\[0-3]?[0-7]{2}){2,}/gu, (run) => utf8(bytesOf(run, /[0-7]+/gu, 8))],
  [/(?:\\[\da-f]{2,6} ?){2,}/giu, (run) => utf8(bytesOf(run, /[\da-f]+/giu, 16))],
  [/\\[\da-f]{2,6} (?=\p{L})/giu, (run) => character(Number.parseInt(run.slice(1), 16))],
  [
    /(?:=[\dA-F]{2}){2,}|(?<=\p{L})=[\dA-F]{2}(?=\p{L})/gu,
    (run) => Buffer.from(bytesOf(run, /[\dA-F]{2}/gu, 16)).toString('utf8'),
  ],
  [/(?:%[\da-f]{2})+/giu, (run) => Buffer.from(bytesOf(run, /[\da-f]{2}/giu, 16)).toString('utf8')],
  [
    /(?<![\da-z])(?:0x)?[\da-f]{2}(?:[\s,:-]*(?:0x)?[\da-f]{2}){2,}(?![\da-z])/giu,
    (run) => utf8(bytesOf(run.replace(/0x|[\s,:-]/giu, ''), /../gu, 16)),
  ],
  [/\b[01]{7,8}(?:[\s,]*[01]{7,8}){2,}\b/gu, (run) => utf8(bytesOf(run.replace(/[\s,]/gu, ''), /[01]{8}/gu, 2))],
  [/\b\d{1,2}(?:[\s,;-]+\d{1,2}){2,}\b/gu, (run) => ofAlphabet(run)],
  [/\b\d{2,6}(?:[\s,;-]+\d{2,6}){2,}\b/gu, (run) => ofCodePoints(run)],
  [/\b[A-Z2-7]{8,}={0,6}/gu, (run) => utf8(base32(run))],
  [/(?<!\S)(?=\S*[^\p{L}\p{N}\s])[!-~]{5,}(?!\S)/gu, (run) => firstText([uuDecoded(run), ...base85(run)])],
  [/\+[A-Za-z\d/]{4,}-/gu, (run) => utf8([...Buffer.from(run.slice(1, -1), 'base64')])],
  [/[A-Za-z\d+/_-]{4,}={0,2}/gu, (run) => utf8([...Buffer.from(run, 'base64')])],
]

/** The first of several readings that is text. */
function firstText(readings: readonly (readonly number[])[]): string | null {
  for (const bytes of readings) {
    const text = utf8(bytes)
    if (text !== null && /^[\p{L}\p{N}\p{P}\s]+$/u.test(text)) return text
  }
  return null
}

/** Bytes as text between spaces; null: they are none. */
function utf8(given: readonly number[]): string | null {
  // UTF-16 of Latin letters: every other byte is 0.
  const bytes = given.filter((byte) => byte !== 0)
  if (bytes.length < 3 || (bytes.length !== given.length && bytes.length * 2 !== given.length)) return null
  if (bytes.some((byte) => byte > 255 || (byte < 32 && byte !== 10 && byte !== 9) || byte === 127)) return null
  const text = Buffer.from(bytes).toString('utf8')
  return text.includes('\ufffd') || !/\p{L}[^\p{L}]?\p{L}/u.test(text) ? null : ` ${text} `
}

const KEYS = ["qwertyuiop[]asdfghjkl;'zxcvbnm,.", 'йцукенгшщзхъфывапролджэячсмитьбю'] as const

/** What the same keys type on the other keyboard, Latin or Russian. */
export const otherKeyboard = (text: string): string =>
  Array.from(text, (char) => KEYS[1][KEYS[0].indexOf(char)] ?? KEYS[0][KEYS[1].indexOf(char)] ?? char).join('')

/** Latin letters moved on by `by` places: 13 is the usual one. */
export const shifted = (text: string, by: number): string =>
  text.replace(/[a-z]/gu, (char) => String.fromCharCode(((char.charCodeAt(0) - 97 + by) % 26) + 97))

/** Latin letters counted from the other end. */
export const mirrored = (text: string): string =>
  text.replace(/[a-z]/gu, (char) => String.fromCharCode(219 - char.charCodeAt(0)))

/** Signs of ASCII moved on by 47 places. */
export const turned = (text: string): string =>
  text.replace(/[!-~]/gu, (char) => String.fromCharCode(33 + ((char.charCodeAt(0) + 14) % 94)))

/** The other way round. */
export const backwards = (text: string): string => [...text].reverse().join('')

/** What stands in quotes, put together: "disc" + "ount". */
export const quotedParts = (text: string): string =>
  Array.from(text.matchAll(/["'`“„«]([^"'`“”„«»\n]{1,60})["'`”“»]/gu), ([, part]) => part).join('')
