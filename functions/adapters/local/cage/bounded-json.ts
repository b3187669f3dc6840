/** JSON from a process that is not trusted: never deeper than what works on it can go. */

/** Deepest nesting that is read unless told otherwise: what works on values calls itself. */
const MOST_LEVELS = 100

/** A text as JSON. Throws SyntaxError when it is none, or nests deeper than `levels`. */
export function boundedJson(text: string, levels = MOST_LEVELS): unknown {
  let level = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (quoted) {
      if (c === 0x5c) i++
      else if (c === 0x22) quoted = false
    } else if (c === 0x22) quoted = true
    else if (c === 0x5b || c === 0x7b) {
      if (++level > levels) throw new SyntaxError(`nested deeper than ${levels} levels`)
    } else if (c === 0x5d || c === 0x7d) level--
  }
  return JSON.parse(text)
}
