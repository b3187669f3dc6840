/** What words sound like: "diskownt", "verifikayshun". In letters of English and its neighbours, roughly. */

/** In this order: letters that are one sound, then vowels, of which it only matters that one stands there. */
const SOUNDS: readonly (readonly [RegExp, string])[] = [
  [/[^\p{Script=Latin}\p{N}\s.!?;]/gu, ' '],
  [/ß/gu, 's'],
  [/[cst]ch/gu, 'x'],
  [/(?:[ct]|ss)i(?=[aou])|(?<=[aeiou])y?s(?:hi?|i)(?=[aou])|sh|ch/gu, 'x'],
  [/ph|gh(?=t)/gu, 'f'],
  [/(?<=[aeiou])gh/gu, ''],
  [/c(?=[eiy])|z|ç/gu, 's'],
  [/qu?|ck|c/gu, 'k'],
  [/x(?=x)|(?<=[kgt])h/gu, ''],
  [/(?<=[aeiou])[wy]|(?<=\p{L})y/gu, 'a'],
  [/(?<=[^aeiou\s])e\b/gu, ''],
  [/[aeiou]+/gu, 'a'],
  [/(\p{L})\1+/gu, '$1'],
]

/** A text by its sounds: words that are said alike are one. */
export const sounded = (text: string): string =>
  SOUNDS.reduce(
    (all, [letters, sound]) => all.replace(letters, sound),
    text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase(),
  )
