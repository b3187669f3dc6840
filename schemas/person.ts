/**
 * Who is meant by an id: spellings of one person have one key, and a spelling that passes for another is refused. Pure, and here
 * because synthesis and every step that compares people read it.
 */
import { codeOf, LOOKALIKES, paired, pairsOf, SCRIPTS } from './letters.ts'

/** In a name digits pass for letters, too. */
const NAMED = new Map([...LOOKALIKES, ...pairsOf('0o 1l')])

/** Scripts that stand in one name side by side. */
const TOGETHER = [
  ['Han', 'Hiragana', 'Katakana'],
  ['Han', 'Hangul'],
  ['Han', 'Bopomofo'],
]

/** Latin letters, as they fold, that names are written with. */
const PLAIN = 'abcdefghijklmnopqrstuvwxyzæœþðŋəɛɔɓɗƙƴ'

/** Mailboxes under several domains, as pairs; and domains that read these signs of a mailbox as nothing. */
const SAME_HOST = new Map([
  ['googlemail.com', 'gmail.com'],
  ['me.com', 'icloud.com'],
  ['mac.com', 'icloud.com'],
  ['protonmail.com', 'proton.me'],
  ['protonmail.ch', 'proton.me'],
  ['pm.me', 'proton.me'],
])
const READ_AS_NOTHING = new Map([
  ['gmail.com', /\./g],
  ['proton.me', /[._-]/g],
])

/** A text without what stands in parentheses, those within others among it. */
function uncommented(text: string): string {
  const less = text.replace(/\([^()]*\)/g, '')
  return less === text ? text : uncommented(less)
}

/** `ana@x` of whatever an address is dressed in: `Ana <ana@x>`, `mailto:ana@x?subject=y`, `"ana"@x`, `ana(work)@x.`; any other id as it is. */
function addressOf(id: string): { readonly local: string; readonly domain: string | null } {
  const inner = id.slice(id.lastIndexOf('<') + 1).replace(/>.*$/su, '')
  const bare = uncommented(inner.includes('@') ? inner : id)
    .trim()
    .replace(/^mailto:\/*/i, '')
  const at = bare.lastIndexOf('@')
  if (at < 1) return { local: bare, domain: null }
  const labels = bare
    .slice(at + 1)
    .replace(/[?/:,;#].*$/su, '')
    // As names of hosts are read: these are dots too.
    .split(/[.\u3002\uff0e\uff61]/u)
    .map((label) => label.replace(/[^\p{L}\p{M}\p{N}-]/gu, ''))
  const local = bare
    .slice(0, at)
    .replace(/[\s"'\\]/g, '')
    .replace(/^[.+]+|\.+$/g, '')
  if (!/[\p{L}\p{N}]/u.test(local)) return { local: bare, domain: null }
  return { local, domain: labels.filter((label) => label !== '').join('.') }
}

const PLAIN_ADDRESS =
  /^(?:[^<>@"]*<(?=[^<>]*>$))?(?:mailto:)?[\p{L}\p{N}_][\p{L}\p{M}\p{N}_'#&+-]*(?:\.[\p{L}\p{N}_][\p{L}\p{M}\p{N}_'#&+-]*)*@[\p{L}\p{N}][\p{L}\p{M}\p{N}-]*(?:\.[\p{L}\p{N}][\p{L}\p{M}\p{N}-]*)*\.?>?$/u

/** Is it one as it reads, with its labels decoded? */
function isPlainAddress(text: string): boolean {
  const read = text.trim().replace(/xn--[\p{L}\p{M}\p{N}-]*/giu, (label) => {
    const decoded = readLabel(label)
    return decoded === label || decoded === '' ? ' ' : decoded
  })
  return PLAIN_ADDRESS.test(read) && read.includes('<') === read.includes('>')
}

/** What is wrong with how a person is named, in words that follow the name; null: nothing is. */
export function personProblem(id: string): string | null {
  const unseen = /[\p{Cf}\p{Cc}\p{Co}\p{Cn}\u115f\u1160\u3164]|\u034f|\p{Variation_Selector}|[^\S ]/u.exec(id)
  if (unseen)
    return `holds a character that nobody sees (${codeOf(unseen[0])} at place ${unseen.index + 1}): take it out`
  const text = id.normalize('NFKC')
  // Marks may stand on letters; signs that pass for an "@", a dot or a hyphen are none.
  const odd = /[^\p{L}\p{M}\x20-\x7e]/u.exec(text)
  if (odd)
    return `holds "${odd[0]}" (${codeOf(odd[0])}), which is no letter and no plain sign: write it with letters, digits and . _ - + @`
  const { local, domain } = addressOf(text)
  if (local.replace(/[^\p{L}\p{N}]/gu, '') === '') return 'holds no letter and no digit'
  if (domain !== null && !isPlainAddress(text))
    return 'is no plain address: write it as ana@example.com, or as Ana Ito <ana@example.com>'
  // Others pass for letters, dress an address, or part a name from itself.
  const sign = domain === null ? /[^\p{L}\p{M}0-9 ._'+\\/:,#&()@-]/u.exec(text) : null
  if (sign) return `holds "${sign[0]}" (${codeOf(sign[0])}): write it with letters, digits and . _ - + @`
  const shown = domain !== null && text.includes('<') ? [text.slice(0, text.indexOf('<'))] : []
  for (const part of [...shown, local, ...(domain ?? '').split('.').map(readLabel)]) {
    const why = mixedScripts(part)
    if (why !== null) return why
  }
  return null
}

function mixedScripts(part: string): string | null {
  const seen = new Map<string, string>()
  for (const c of part.match(/\p{L}/gu) ?? []) {
    const script = SCRIPTS.find(({ is }) => is.test(c))
    const isPlain = script?.name === 'Latin' ? [...folded(c)].every((l) => PLAIN.includes(l)) : c === 'ー' || script
    if (isPlain && script) seen.set(script.name, seen.get(script.name) ?? c)
    if (!isPlain)
      return `holds "${c}" (${codeOf(c)}), a letter that passes for another one: write it as it is usually written`
  }
  const names = [...seen.keys()]
  if (names.length < 2 || TOGETHER.some((all) => names.every((name) => all.includes(name)))) return null
  const shown = [...seen].map(([name, c]) => `${name} ("${c}", ${codeOf(c)})`).join(' and ')
  return `mixes letters of ${shown}, which pass for each other: write it in one script`
}

/**
 * Key under which all spellings of one person are one: width and compatibility forms, case, accents, unseen characters, letters that
 * pass for Latin ones, `rn` for `m`, spaces, signs and the order of words in a name, `Name <address>`, a `+tag` at any domain, and what
 * a large host reads as one mailbox. Other mailboxes of one person are other keys: only a file of reviewers knows that they are one.
 */
export function personKey(id: string): string {
  const { local, domain } = addressOf(id.normalize('NFKC').replace(/[\p{Cf}\p{Cc}]/gu, ''))
  const untagged = local.replace(/(?<=[\p{L}\p{N}][^+]*)\+.*$/su, '')
  if (domain === null) {
    const text = folded(untagged)
    return (
      paired(
        text
          .split(/[^\p{L}\p{N}]+/u)
          .sort()
          .join(''),
      ) || text.trim()
    )
  }
  const at = paired(domain.split('.').map(readLabel).map(folded).join('.'))
  const host = SAME_HOST.get(at) ?? at
  return `${paired(folded(untagged).replace(READ_AS_NOTHING.get(host) ?? '', ''))}@${host}`
}

/** Are these two ids the same person? */
export const samePerson = (a: string, b: string): boolean => personKey(a) === personKey(b)

/** Letters as they pass for others. */
const folded = (text: string): string =>
  [...text.normalize('NFKD').toUpperCase().toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '')]
    .map((c) => NAMED.get(c) ?? c)
    .join('')

/** A label of a domain as it reads: `xn--mnchen-3ya` is `münchen` (RFC 3492). What is no such form stays as it is. */
function readLabel(label: string): string {
  if (!/^xn--/i.test(label)) return label
  const coded = label.slice(4).toLowerCase()
  const cut = coded.lastIndexOf('-')
  const read = [...coded.slice(0, Math.max(0, cut))]
  let [n, i, bias] = [128, 0, 72]
  for (let at = cut + 1; at < coded.length; ) {
    const before = i
    for (let k = 36, weight = 1; ; k += 36) {
      const digit = '0123456789'.includes(coded[at] ?? '!') ? Number(coded[at]) + 26 : (coded.charCodeAt(at) || 0) - 97
      if (digit < 0 || digit > 35 || at >= coded.length) return label
      at++
      i += digit * weight
      const least = Math.min(26, Math.max(1, k - bias))
      if (digit < least) break
      weight *= 36 - least
    }
    const length = read.length + 1
    let delta = Math.floor((i - before) / (before === 0 ? 700 : 2))
    delta += Math.floor(delta / length)
    let k = 0
    for (; delta > 455; k += 36) delta = Math.floor(delta / 35)
    bias = k + Math.floor((36 * delta) / (delta + 38))
    n += Math.floor(i / length)
    if (n > 0x10ffff) return label
    i %= length
    read.splice(i++, 0, String.fromCodePoint(n))
  }
  return read.join('').normalize('NFKC')
}
