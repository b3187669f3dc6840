/** Letters that pass for others, and the scripts in which people write today. Pure, and here because people's names and texts are both read by it. */

/** Scripts in general use (UAX 31, table 5): letters of any other one are there to look like these. */
export const SCRIPTS = (
  'Latin Cyrillic Greek Armenian Georgian Hebrew Arabic Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada ' +
  'Malayalam Sinhala Thai Lao Tibetan Myanmar Ethiopic Khmer Hangul Han Hiragana Katakana Bopomofo Thaana'
)
  .split(' ')
  .map((name) => ({ name, is: new RegExp(`\\p{Script=${name}}`, 'u') }))

/** Letters and what they pass for, of rows of pairs: the first character, and the rest. */
export const pairsOf = (...rows: string[]): ReadonlyMap<string, string> =>
  new Map(
    rows
      .flatMap((row) => row.split(' '))
      .map((pair) => [...pair])
      .map(([letter, ...plain]) => [letter!, plain.join('')]),
  )

/** Letters that pass for Latin ones, of other scripts and Latin ones of their own: after NFKC, case folding and removal of marks. */
export const LOOKALIKES = pairsOf(
  'аa вb еe ѕs іi јj һh кk ӏl мm нh оo рp сc тt уy хx ѵv ԁd ԛq ԝw ԍg ьb гr пn',
  'αa βb εe ηn ιi κk νv οo ρp σo ςo τt υu χx γy ωw ϲc ϳj μu',
  'օo սu ոn հh ցg զq',
  'ıi ɑa ɡg ɩi łl øo đd ħh ŧt ɪi ʟl ɴn ʀr ʏy ɢg ʜh ʙb ꜱs ᴀa ᴄc ᴅd ᴇe ᴊj ᴋk ᴍm ᴏo ᴘp ᴛt ᴜu ᴠv ᴡw ᴢz',
)

/** Two letters that pass for one. */
export const paired = (text: string): string => text.replaceAll('rn', 'm').replaceAll('vv', 'w')

/** A character by its number: `U+200B`. */
export const codeOf = (char: string): string => `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
