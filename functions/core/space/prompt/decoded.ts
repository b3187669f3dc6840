/** Texts that another text hides: in markup, in codes, backwards or by shifted letters. */

/** The text as it is read once markup is shown: entities decoded, tags, comments and targets of links gone. */
export const withoutMarkup = (text: string): string =>
  text
    .replace(/<!--[\s\S]*?-->|<\/?[\p{L}!][^<>]{0,200}>|\]\([^)\s]{0,200}\)|\{\}/gu, '')
    .replace(/&#(\d{1,7});?|&#x([\da-f]{1,6});?|&([a-z]{2,8});/giu, (_, decimal, hex, name) =>
      decimal
        ? character(Number(decimal))
        : hex
          ? character(Number.parseInt(hex, 16))
          : (ENTITIES.get(name.toLowerCase()) ?? ''),
    )

const ENTITIES: ReadonlyMap<string, string> = new Map(
  Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', ensp: ' ', emsp: ' ' }),
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

const CODES: readonly (readonly [RegExp, Decode])[] = [
  [
    /\\u\{([\da-f]{1,6})\}|\\[uU]([\da-f]{4,8})|\\x([\da-f]{2})/giu,
    (run) => character(Number.parseInt(run.replace(/[^\da-f]/giu, ''), 16)),
  ],
  [
    /(?:%[\da-f]{2})+/giu,
    (run) =>
      utf8(
        run
          .slice(1)
          .split('%')
          .map((pair) => Number.parseInt(pair, 16)),
      ),
  ],
  [
    /\b(?:0x)?[\da-f]{2}(?:[\s,:-]*(?:0x)?[\da-f]{2}){2,}\b/giu,
    (run) => utf8((run.replace(/0x|[\s,:-]/giu, '').match(/../gu) ?? []).map((pair) => Number.parseInt(pair, 16))),
  ],
  [
    /\b[01]{7,8}(?:[\s,]*[01]{7,8}){2,}\b/gu,
    (run) => utf8((run.replace(/[\s,]/gu, '').match(/[01]{8}/gu) ?? []).map((bits) => Number.parseInt(bits, 2))),
  ],
  [/\b\d{2,3}(?:[\s,;-]+\d{2,3}){2,}\b/gu, (run) => utf8(run.split(/[\s,;-]+/u).map(Number))],
  [/[A-Za-z\d+/_-]{4,}={0,2}/gu, (run) => utf8([...Buffer.from(run, 'base64')])],
  [/\b[A-Z2-7]{8,}={0,6}/gu, (run) => utf8(base32(run))],
  [/(?<!\S)(?:[.\-·–−]{1,4}(?: +| *\/ *|$)){3,}/gmu, (run) => morse(run)],
]

/** Bytes as text; null: they are none. */
function utf8(bytes: readonly number[]): string | null {
  if (bytes.length < 3 || bytes.some((byte) => byte > 255 || (byte < 32 && byte !== 10 && byte !== 9) || byte === 127))
    return null
  const text = Buffer.from(bytes).toString('utf8')
  return text.includes('\ufffd') || !/\p{L}{3}|\p{L}[^\p{L}]?\p{L}/u.test(text) ? null : ` ${text} `
}

function base32(run: string): number[] {
  const bits = Array.from(run.replaceAll('=', ''), (char) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0'),
  ).join('')
  return (bits.match(/.{8}/gu) ?? []).map((byte) => Number.parseInt(byte, 2))
}

const MORSE =
  '.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..'.split(
    ' ',
  )

function morse(run: string): string | null {
  const letters = run
    .replace(/[·]/gu, '.')
    .replace(/[–−]/gu, '-')
    .split(/ *\/ *| {2,}/u)
    .map((word) =>
      word
        .trim()
        .split(' ')
        .map((code) => MORSE.indexOf(code)),
    )
  return letters.flat().includes(-1)
    ? null
    : ` ${letters.map((word) => word.map((letter) => String.fromCharCode(97 + letter)).join('')).join(' ')} `
}

/** Latin letters moved on by `by` places: 13 is the usual one. */
export const shifted = (text: string, by: number): string =>
  text.replace(/[a-z]/gu, (char) => String.fromCharCode(((char.charCodeAt(0) - 97 + by) % 26) + 97))

/** The other way round. */
export const backwards = (text: string): string => [...text].reverse().join('')
