/** Placeholders of a prompt block: what the harness fills in. */

const KINDS = [
  String.raw`\{\{\{?[^{}]*\}?\}\}|\{%[^%]*%\}|\{#[^#]*#\}|<%[^%]*%>|<\?[^?]*\?>|<<[^<>]+>>|\[\[[^[\]]+\]\]`,
  String.raw`\$\{[^{}]*\}|\$\([^()]*\)|\$[\p{L}_][\p{L}\p{N}_]+`,
  // Whatever stands in braces may be filled in ("{ name }", "{name|upper}", "{total + 1}"), but for JSON and lists of texts.
  String.raw`\{(?!\s*["'“])[^{}]*\}`,
  String.raw`%\([\w.]+\)[sdifr]|%(?:\d\$)?[-+0#]*\d*(?:\.\d+)?[sdifgx](?![\p{L}\p{N}])|%[A-Za-z_]\w+%`,
  String.raw`(?:__|##|\[|<)[A-Z\d]+(?:_[A-Z\d]+)+(?:__|##|\]|>)`,
]
/** With what stands before it and keeps it from being filled in. */
const PLACEHOLDER = new RegExp(`(?<!\\\\)\\\\*(?:${KINDS.join('|')})`, 'gu')

/** Signs that a placeholder begins or ends with; one that is added may complete another beside it. */
const EDGES = /\{\{|\}\}|\{%|%\}|\$\{|<%|%>|<<|>>|\[\[|\]\]/gu

/**
 * What `to` has lost or added, each as written: placeholders must be the same and as often (a multiset, in any order),
 * since what they are filled with is not the text's to choose. Nothing is repaired.
 */
export function placeholderProblems(from: string, to: string): string[] {
  return [...new Set([...changed(from, to), ...changed(from.normalize('NFKC'), to.normalize('NFKC'))])]
}

/** Of texts as they are, and as full-width signs are read. */
function changed(from: string, to: string): string[] {
  const before = timesOf(from)
  const after = timesOf(to)
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((one) => {
    const [had, has] = [before.get(one) ?? 0, after.get(one) ?? 0]
    if (had === has) return []
    return [`the placeholder ${one} stands ${has} times instead of ${had}: placeholders stay as they are`]
  })
}

function timesOf(text: string): Map<string, number> {
  const times = new Map<string, number>()
  for (const one of [...(text.match(PLACEHOLDER) ?? []), ...(text.replace(PLACEHOLDER, ' ').match(EDGES) ?? [])])
    times.set(one, (times.get(one) ?? 0) + 1)
  return times
}
