/** What JSON may look like beyond its grammar: how deep it nests, and that no key stands twice. */

/** Deepest nesting that is read unless told otherwise: what works on values calls itself. */
export const MOST_LEVELS = 100

const QUOTE = 0x22
const BACKSLASH = 0x5c
const NEWLINE = 0x0a

/** What is wrong with a text that nests deeper. */
export const tooDeep = (levels: number): string => `it nests deeper than ${levels} levels`

/** Where a text of JSON is not as it may be. */
interface ShapeProblem {
  /** From 1. */
  readonly line: number
  readonly problem: string
}

/**
 * Looks at a text of JSON; null: nothing is wrong with it.
 *
 * @param levels deepest nesting
 * @param keys also looks for keys that stand twice in one object, of which a reader would see the last one alone
 */
export function shapeProblem(
  text: string,
  { keys = false, levels = MOST_LEVELS }: { readonly keys?: boolean; readonly levels?: number } = {},
): ShapeProblem | null {
  /** Keys seen in each open object; null for a list, and where nobody asks. */
  const open: (Set<string> | null)[] = []
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === QUOTE) {
      const end = endOfString(text, i)
      const seen = open.at(-1)
      if (keys && seen && followedByColon(text, end)) {
        const key = JSON.parse(text.slice(i, end)) as string
        if (seen.has(key)) return { line: lineAt(text, i), problem: `the key ${JSON.stringify(key)} stands twice` }
        seen.add(key)
      }
      i = end - 1
    } else if (c === 0x5b || c === 0x7b) {
      if (open.length === levels) return { line: lineAt(text, i), problem: tooDeep(levels) }
      open.push(keys && c === 0x7b ? new Set() : null)
    } else if (c === 0x5d || c === 0x7d) open.pop()
  }
  return null
}

/** Index behind the closing quote of a string that begins at `start`. */
export function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) return at + 1
  }
  return text.length
}

function followedByColon(text: string, at: number): boolean {
  let next = at
  while (/\s/.test(text[next] ?? '')) next++
  return text[next] === ':'
}

function lineAt(text: string, index: number): number {
  let line = 1
  for (let i = 0; i < index; i++) if (text.charCodeAt(i) === NEWLINE) line++
  return line
}
