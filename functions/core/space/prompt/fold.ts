/** What a text says, whatever it is spelled like: every disguise that a person reads through is read through here. */

import { LOOKALIKES, paired, pairsOf } from '#schemas/letters.ts'
import { CHINESE } from './han.ts'

/** Letters and what they are read as in a text, where more passes than in a name: whole words of a script, since mixed ones are refused before. */
const READ_AS = new Map([
  ...LOOKALIKES,
  ...pairsOf(
    // Cyrillic
    'бb дd ёe жx зe иu йu лn фo цu чy шw щw ъb ыbi эe юio яr',
    // Cyrillic of other languages
    'їi љm њh ћh ќk ўy џu ҽe ғf ҡk ҝk қk ңh үy ұy ҳx ҷy ҹy ӊh',
    // Greek
    'δd ζz θo λa ξe πn ςs φo ψw ϝf ϙq',
    // Armenian
    'կq եe տs ձd շ2 պw բp լi յj ւi րp գq թp ժd իh',
    // Arabic: letters of Persian and Urdu, and forms of one letter
    'کك یي ىي ہه ھه ةه ەه أا إا آا ٱا ؤو ئي',
    // Signs drawn like letters
    '℮e ₴s ₽p ₿b ₩w ₦n ₭k ฿b ₫d ₱p ₮t ₤i ₡c ǀi ǁii ⭕o ⭘o ❌x ✖x',
    // Latin letters that no decomposition takes apart, letters for sounds and turned ones
    'ßss æae œoe ðd þp ȷj ſs ŋn ƒf ɓb ɖd ɗd ɛe ɔo ɣy ʊu ʋv ɲn ᴃb ᴌi ᴎn ᴙr ꜰf ꞯq ɐa ǝe əe ɟf ɥh ᴉi ɾj ʞk ɯm ɹr ʇt ʌv ʍw ʎy',
  ),
])

/** Marks on letters of any script, but for those that make another letter of kana. */
const MARKS = /[[\p{M}&&\p{Script=Inherited}]--[\u3099\u309a]]|[\u0483-\u0489\u093c]/gv
/** What is not seen, and the stroke that only makes a word of Arabic longer. */
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u0640]/gu

/** Lower-case letters of one look, without marks: `i` and `l` are one, since `I` and `l` are. Spaces and signs stay. */
export function folded(text: string): string {
  // Voice marks that stand alone belong to the kana before them; NFKC would put a space between.
  const parted = text.replaceAll('゛', '\u3099').replaceAll('゜', '\u309a').normalize('NFKC').replace(UNSEEN, '')
  // A camel ("doSkip") begins a word; a word in which case changes at every letter does not.
  const words = parted.replace(/(\p{Ll})(\p{Lu})(?=\p{Ll}{2})/gu, '$1 $2')
  const lower = oneHangul(asciiDigits(regional(words)).toLowerCase().normalize('NFD'))
    .replace(MARKS, '')
    .normalize('NFC')
  const read = Array.from(oneKana(oneNasal(lower)), (char) => READ_AS.get(char) ?? CHINESE.get(char) ?? char).join('')
  return paired(read.replaceAll('l', 'i'))
}

/** Digits of any script. */
const asciiDigits = (text: string): string =>
  text.replace(/[[\p{Nd}]--[0-9]]/gv, (char) => {
    let zero = char.codePointAt(0)!
    while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1)) && char.codePointAt(0)! - zero < 9) zero--
    return String(char.codePointAt(0)! - zero)
  })

const INITIALS = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ'
const FINALS = 'ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ'

/** Hangul taken apart into its letters, wherever in a syllable they stand. */
const oneHangul = (text: string): string =>
  text.replace(/[\u1100-\u1112\u1161-\u1175\u11a8-\u11c2]/gu, (char) => {
    const code = char.charCodeAt(0)
    if (code < 0x1161) return INITIALS[code - 0x1100]!
    return code < 0x11a8 ? String.fromCharCode(code - 0x1161 + 0x314f) : FINALS[code - 0x11a8]!
  })

/** Nasals of Devanagari before a consonant, in one of their spellings. */
const oneNasal = (text: string): string => text.replace(/[ङञणनम]्(?=[क-ह])/gu, 'ं')

/** Kana of one kind and size, without the mark of a long vowel and what is drawn like it. */
const oneKana = (text: string): string =>
  text
    .replace(/ー|(?<=[\p{Script=Hiragana}\p{Script=Katakana}])[一―—–\-‐]+/gu, '')
    .replace(/[\u3041-\u3096]/gu, (char) => String.fromCharCode(char.charCodeAt(0) + 0x60))
    .replace(/[ァィゥェォッャュョヮヵヶ]/gu, (char) => SMALL.get(char)!)

const SMALL: ReadonlyMap<string, string> = new Map(
  Array.from('ァアィイゥウェエォオッツャヤュユョヨヮワヵカヶケ'.matchAll(/(.)(.)/gu), ([, small, large]) => [
    small!,
    large!,
  ]),
)

/** Flags spell letters. */
const regional = (text: string): string =>
  text.replace(/[\u{1f1e6}-\u{1f1ff}]/gu, (char) => String.fromCharCode(char.codePointAt(0)! - 0x1f1e6 + 97))

const SIGNS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '0': 'o',
    '1': 'i',
    '2': 'z',
    '3': 'e',
    '4': 'a',
    '5': 's',
    '6': 'b',
    '7': 't',
    '8': 'b',
    '9': 'g',
    '@': 'a',
    $: 's',
    '!': 'i',
    '|': 'i',
    '€': 'e',
    '£': 'e',
    '¢': 'c',
    '¥': 'y',
    '+': 't',
    '(': 'c',
    '¡': 'i',
    '§': 's',
  }),
)

/** Digits and signs that stand alone or in a word, as the letters that they are drawn for: a number stays one. */
export function withoutSigns(text: string): string {
  return text.replace(/[\p{L}0-9@$!|€£¢¥+(¡§]+/gu, (run) =>
    run.length === 1 || /\p{L}/u.test(run) ? Array.from(run, (char) => SIGNS.get(char) ?? char).join('') : run,
  )
}

/** Letters in a row, once each. */
export const withoutRepeats = (text: string): string => text.replace(/([\p{L}\p{M}])\1+/gu, '$1')

/** Digits between letters, left out: "p1a2s3s". */
export const withoutDigits = (text: string): string => text.replace(/(?<=\p{L})\d+(?=\p{L})/gu, '')
