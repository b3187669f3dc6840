/**
 * Lists in JSON that were opened last. Each call of a model repeats the history of the one before it and adds to it: what is known of it is
 * not read anew, and the items and what was made of them are the same objects. Values of texts as ever, only sooner.
 */
import { jsonOfText } from '../replay/json-text.ts'

interface Opened {
  /** The text without its closing bracket. */
  readonly begin: string
  readonly list: readonly unknown[]
  /** What was made of its first `n` items, by how. */
  readonly made: Map<string, { readonly n: number; readonly of: readonly unknown[] }>
}

/** The one that was needed last behind the others. */
const last: Opened[] = []
const MOST_LISTS = 8
const MOST_CHARS = 1024 * 1024

/** What `jsonOfText` says of a text that begins as a list. */
export function listOfText(text: string): unknown {
  // Compared as a whole: `startsWith` goes letter by letter, and takes ten times as long.
  const at = last.findLastIndex(
    ({ begin: { length }, begin }) =>
      (text[length] === ',' || text.length === length + 1) && text.slice(0, length) === begin,
  )
  const known = at < 0 ? null : last.splice(at, 1)[0]!
  const list = known ? grown(known, text) : jsonOfText(text)
  if (Array.isArray(list) && list.length > 0 && text.endsWith(']') && text.length < MOST_CHARS) {
    if (last.length === MOST_LISTS) last.shift()
    last.push({ begin: text.slice(0, -1), list, made: new Map(known?.made) })
  }
  return list
}

function grown({ begin, list }: Opened, text: string): unknown {
  const rest = text.slice(begin.length)
  if (rest === ']') return list
  const more = jsonOfText(`[${rest.slice(1)}`)
  return Array.isArray(more) && more.length > 0 ? [...list, ...more] : jsonOfText(text)
}

/**
 * What is made of a list's items, one after the other.
 *
 * @param how name of `make`
 * @param make adds to what the items before these were made into
 */
export function madeOf<T>(
  list: readonly unknown[],
  how: string,
  make: (items: readonly unknown[], before: readonly T[]) => readonly T[],
): readonly T[] {
  const made = last.findLast((known) => known.list === list)?.made
  const before = made?.get(how) as { readonly n: number; readonly of: readonly T[] } | undefined
  if (before?.n === list.length) return before.of
  const of = before ? make(list.slice(before.n), before.of) : make(list, [])
  made?.set(how, { n: list.length, of })
  return of
}
