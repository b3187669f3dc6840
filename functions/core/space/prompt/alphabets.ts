/** Alphabets that spell letters by something else: numbers, dots and dashes, names, base32. Null: it spells nothing. */

const between = (text: string): string => ` ${text} `
const letter = (index: number): string => String.fromCharCode(97 + index)

/** Five bits a sign, as bytes (RFC 4648). */
export function base32(run: string): number[] {
  const bits = Array.from(run.replaceAll('=', ''), (char) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0'),
  ).join('')
  return (bits.match(/.{8}/gu) ?? []).map((byte) => Number.parseInt(byte, 2))
}

/** Places in the alphabet, from 1. */
export function ofAlphabet(run: string): string | null {
  const places = (run.match(/\d+/gu) ?? []).map(Number)
  return places.every((place) => place >= 1 && place <= 26)
    ? between(places.map((at) => letter(at - 1)).join(''))
    : null
}

/** Code points in decimal: letters and spaces alone. */
export function ofCodePoints(run: string): string | null {
  const points = (run.match(/\d+/gu) ?? []).map(Number)
  if (points.some((point) => point < 32 || point > 0x10ffff)) return null
  const text = String.fromCodePoint(...points)
  return /^[\p{L}\p{M}\p{P}\p{N} ]+$/u.test(text) ? between(text) : null
}

const MORSE =
  '.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..'.split(
    ' ',
  )

/** Morse: a space between letters, a stroke or more spaces between words. */
export function morse(run: string): string | null {
  const words = run
    .replaceAll('·', '.')
    .replace(/[–−]/gu, '-')
    .trim()
    .split(/ *\/ *| {2,}/u)
    .map((word) => word.split(' ').map((code) => MORSE.indexOf(code)))
  return words.flat().includes(-1) ? null : between(words.map((word) => word.map(letter).join('')).join(' '))
}

/** The spelling alphabet of radio. */
export const NATO =
  'alfa alpha bravo charlie delta echo foxtrot golf hotel india juliett juliet kilo lima mike november oscar papa quebec romeo sierra tango uniform victor whiskey whisky x-ray xray yankee zulu'.split(
    ' ',
  )

/** First letters of its words. */
export const spelled = (run: string): string =>
  between((run.match(/[a-z](?:-?[a-z])+/giu) ?? []).map(([first]) => first).join(''))
