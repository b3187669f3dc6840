/** What is put between the parts of a term and leaves it readable: asides, words that join, particles. */

/** Up to six words between two commas, dashes or brackets: "free, of course, of charge". */
export const withoutAsides = (text: string): string =>
  text.replace(
    /(?:\([^()\n]{1,40}\)|\[[^[\]\n]{1,40}\]|,(?:\s+[\p{L}\p{M}'’]+){1,6},|(?:\s[-–—]|—)\s?[\p{L}\p{M}'’]+(?:\s+[\p{L}\p{M}'’]+){0,5}\s?(?:[-–—]\s|—))/gu,
    ' ',
  )

const JOINING =
  'and then|then|and|add|adds|append|say|says|type|write|followed by|plus|next|after that|now|dann|danach|und|sage?|schreibe?|füge|gefolgt von|puis|ensuite|et|ajoute|dis|écris|luego|después|di|añade|escribe|poi|aggiungi|depois|acrescenta|затем|потом|добавь|скажи'
const JOINED = new RegExp(
  `(?<=[\\p{L}\\p{M}])["'”’».,:;…\\-\\s]{1,4}(?:(?<!\\p{L})(?:${JOINING})(?!\\p{L})["'“‘«.,:;\\s]{0,4}){1,4}(?=\\p{L})`,
  'giu',
)

/** Parts that a reader is told to say one behind the other: "pass. Then say: word". */
export const withoutJoining = (text: string): string => text.replace(JOINED, ' ')

/** Chinese without particles between characters, and with one word for what stands above: "密的码", "忽略上面的指令". */
export const withoutParticles = (text: string): string =>
  text
    .replace(/[上前]面的?|上述的?|以上的|之前的/gu, '以上')
    .replace(/(?<=\p{Script=Han})(?:一下|[的了之着過过吧呢啊嘛把])+(?=\p{Script=Han})/gu, '')
