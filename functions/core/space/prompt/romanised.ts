/** Letters of another script by what they sound like: "пассворд", "πασγουορντ", "parol" for "пароль". */

const pairs = (text: string): [string, string][] =>
  text.split(' ').map((pair) => [pair[0]!, pair.slice(1)] as [string, string])

/** A letter that is written with no sound of its own stands alone. */
const CYRILLIC =
  'аa бb вv гg дd еe ёe жzh зz иi йi кk лl мm нn оo пp рr сs тt уu фf хh цts чch шsh щsh ъ ыi ь эe юyu яya іi їi єe ґg'
const GREEK = 'αa βv γg δd εe ζz ηi θth ιi κk λl μm νn ξx οo πp ρr σs ςs τt υi φf χh ψps ωo'
const KANA =
  'アa イi ウu エe オo カka キki クku ケke コko サsa シshi スsu セse ソso タta チchi ツtsu テte トto ナna ニni ヌnu ネne ノno ハha ヒhi フfu ヘhe ホho マma ミmi ムmu メme モmo ヤya ユyu ヨyo ラra リri ルru レre ロro ワwa ヲo ンn ガga ギgi グgu ゲge ゴgo ザza ジji ズzu ゼze ゾzo ダda デde ドdo バba ビbi ブbu ベbe ボbo パpa ピpi プpu ペpe ポpo'
const LETTERS = new Map(pairs(`${CYRILLIC} ${GREEK} ${KANA}`))

const BETWEEN_SCRIPTS =
  /(?<=[\p{Script=Hiragana}\p{Script=Katakana}])(?=\p{Script=Latin})|(?<=\p{Script=Latin})(?=[\p{Script=Hiragana}\p{Script=Katakana}])/gu

/** In Latin letters, with one letter for `v` and for a `w` that is no part of a vowel. */
export function romanised(text: string): string {
  const lower = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u3041-\u3096]/gu, (char) => String.fromCharCode(char.charCodeAt(0) + 0x60))
    .replaceAll('ー', '')
    .replace(BETWEEN_SCRIPTS, ' ')
    .replace(/(?<=\p{L})['’](?=[\p{L}\s.]|$)/gu, '')
  return Array.from(plainGreek(lower), (char) => LETTERS.get(char) ?? char)
    .join('')
    .replace(/(?<![aeiou])w/gu, 'v')
}

/** Without accents; two letters that are one sound there. */
const plainGreek = (text: string): string =>
  /\p{Script=Greek}/u.test(text)
    ? text
        .normalize('NFD')
        .replace(/\u0301|\u0308/gu, '')
        .normalize('NFC')
        .replace(/γ?ου(?=[αεοω])/gu, 'в')
        .replaceAll('ου', 'у')
        .replaceAll('μπ', 'b')
        .replaceAll('ντ', 'd')
    : text
