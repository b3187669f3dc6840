/** What a text says, whatever it is spelled like: every disguise that a person reads through is read through here. */
import { LOOKALIKES, paired, pairsOf } from '#schemas/letters.ts'

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
    // Devanagari: vowels in one length
    'ईइ ऊउ ऑआ ीि ूु ॉा ॅ',
    // The same of Bengali
    'ঈই ঊউ ীি ূু',
    // Signs drawn like letters
    '℮e ⍺a ⍳i ⍴p ⍵w ₴s ₽p ₿b ₩w ₦n ₭k ฿b ₫d ₱p ₮t ₤i ₡c ǀi ǁii ⭕o ⭘o ❌x ✖x',
    // Latin letters that no decomposition takes apart, letters for sounds and turned ones
    'ßss ƥp ƿp ƙk ƭt ƈc ɠg ƴy ɦh æae œoe ðd þp ȷj ſs ŋn ƒf ɓb ɖd ɗd ɛe ɔo ɣy ʊu ʋv ɲn ᴃb ᴌi ᴎn ᴙr ꜰf ꞯq ɐa ǝe əe ɟf ɥh ᴉi ɾj ʞk ɯm ɹr ʇt ʌv ʍw ʎy',
  ),
])

/** Marks on letters of any script, but for those that make another letter of kana; points of Hebrew, tones and short signs of Thai and Lao. */
const MARKS =
  /[[\p{M}&&\p{Script=Inherited}]--[\u3099\u309a]]|[\u0483-\u0489\u0591-\u05bd\u05bf-\u05c7\u093c\u0e31\u0e47-\u0e4e\u0eb1\u0ec8-\u0ece]/gv
/** What is not seen, and the stroke that only makes a word of Arabic longer. */
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u0640]/gu

const BEYOND_ASCII = /[^\0-\x7f]/gu

/** A camel ("doSkip") begins a word; a word in which case changes at every letter does not. */
const CAMEL = /(\p{Ll})(\p{Lu})(?=\p{Ll}{2})/gu

/** Lower-case letters of one look, without marks: `i` and `l` are one, since `I` and `l` are. Spaces and signs stay. */
export function folded(text: string): string {
  // Of ASCII little is to be done.
  if (/^[\0-\x7f]*$/u.test(text)) return paired(text.replace(CAMEL, '$1 $2').toLowerCase().replaceAll('l', 'i'))
  // Voice marks that stand alone belong to the kana before them; NFKC would put a space between.
  const parted = text.replaceAll('゛', '\u3099').replaceAll('゜', '\u309a').normalize('NFKC').replace(UNSEEN, '')
  const words = parted.replace(CAMEL, '$1 $2')
  const lower = oneHangul(asciiDigits(regional(words)).toLowerCase().normalize('NFD'))
    .replace(MARKS, '')
    .normalize('NFC')
  const read = oneKana(oneNasal(lower)).replace(BEYOND_ASCII, (char) => READ_AS.get(char) ?? CHINESE.get(char) ?? char)
  return paired(read.replaceAll('l', 'i').replaceAll('เเ', 'แ'))
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

/** Signs side by side that are drawn for one letter, the longer ones first. */
const SHAPES: ReadonlyMap<string, string> = new Map(
  String.raw`|\/|m \/\/w |-|h |_|u |\|n /-\a |>p |)d |<k |2r |3b |=f /\a \/v ()o []o ><x`
    .split(' ')
    .map((pair) => [pair.slice(0, -1), pair.slice(-1)] as const),
)
const SHAPE = new RegExp([...SHAPES.keys()].map((shape) => shape.replace(/[|\\/()[\]]/gu, '\\$&')).join('|'), 'gu')

/** Digits and signs that stand alone or in a word, as the letters that they are drawn for: a number stays one. */
export function withoutSigns(text: string): string {
  return text
    .replace(SHAPE, (shape) => SHAPES.get(shape)!)
    .replace(/[\p{L}0-9@$!|€£¢¥+(¡§]+/gu, (run) =>
      run.length === 1 || /\p{L}/u.test(run) ? Array.from(run, (char) => SIGNS.get(char) ?? char).join('') : run,
    )
}

/** Two letters of a folded text that are drawn like another one: "cliagnosis". */
export const withoutPairs = (text: string): string => text.replaceAll('ci', 'd').replaceAll('nn', 'm')

/** Letters in a row, once each. */
export const withoutRepeats = (text: string): string => text.replace(/([\p{L}\p{M}])\1+/gu, '$1')

/** Digits between letters, left out: "p1a2s3s". */
export const withoutDigits = (text: string): string => text.replace(/(?<=\p{L})\d+(?=\p{L})/gu, '')

const PAIRS =
  '碼码費费證证號号驗验銀银貨货賬账帳账戶户轉转匯汇額额價价錢钱單单訂订購购買买賣卖優优獎奖贈赠會会員员級级權权認认識识說说話话請请謝谢讓让這这個个們们時时間间問问題题開开關关門门電电腦脑機机網网絡络聯联繫系係系經经過过還还' +
  '沒没為为來来對对應应該该當当處处務务報报導导將将從从東东車车長长張张見见現现發发髮发貝贝資资質质責责賠赔償偿損损壞坏擔担據据擇择換换棄弃條条規规則则違违約约絕绝紅红綠绿細细終终結结給给統统維维緊紧線线編编練练總总績绩續续' +
  '繼继罰罚職职聽听腳脚藥药蘭兰虛虚補补裝装製制複复覽览覺觉觀观觸触計计訊讯討讨訓训記记訪访設设許许評评詞词試试詢询詳详誤误課课誰谁調调談谈論论諾诺謊谎講讲譯译議议護护讀读變变負负財财貴贵貸贷貿贸賓宾賞赏賺赚贏赢趕赶跡迹軟软' +
  '載载較较輕轻輸输辦办農农遞递遠远適适選选遺遗郵邮醫医釋释針针鎖锁錄录錯错鍵键鏈链鐘钟鑰钥閉闭隊队際际隨随險险隱隐雖虽雙双離离難难靈灵靜静響响頁页項项順顺預预領领頭头願愿類类顧顾顯显風风飛飞飯饭館馆馬马驚惊體体魚鱼麗丽點点' +
  '齊齐龍龙徵征態态懷怀憑凭戲戏戰战揮挥擊击擋挡數数斷断無无舊旧書书術术樣样標标檔档檢检歡欢歲岁決决減减測测漢汉滿满準准濟济營营爭争狀状獲获產产畫画異异療疗盜盗盤盘監监確确禮礼種种積积穩稳窮穷競竞筆笔節节範范築筑簡简簽签籤签' +
  '糧粮純纯紙纸紹绍組组絲丝繳缴獨独與与舉举興兴衛卫寶宝實实審审寫写層层屬属島岛幣币幫帮庫库廠厂廣广彈弹後后復复徹彻憶忆拋抛掛挂採采擴扩攝摄協协區区華华參参隻只嗎吗喪丧園园圓圆圖图團团執执場场塊块壓压壹一夢梦奪夺奮奋婦妇媽妈' +
  '學学孫孙寧宁專专尋寻歷历曆历歸归殺杀毀毁氣气漲涨潔洁滅灭爾尔牆墙狹狭獻献環环畢毕疊叠皺皱盡尽眾众瞭了矯矫礙碍祕秘乾干幹干亂乱億亿僅仅儀仪備备傳传債债傷伤傾倾僑侨儘尽儲储兒儿內内兩两冊册凍冻劃划劇剧劉刘劑剂動动勞劳勢势勝胜' +
  '勵励勸劝厭厌厲厉吳吴啟启喚唤嘆叹囑嘱國国'

/** Traditional to simplified. Not all there are: what is not listed is another character. */
const CHINESE: ReadonlyMap<string, string> = new Map(
  Array.from(PAIRS.matchAll(/(.)(.)/gu), ([, traditional, simplified]) => [traditional!, simplified!]),
)
