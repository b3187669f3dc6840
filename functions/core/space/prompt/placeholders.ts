/** Placeholders of a prompt block: what the harness fills in. */

const PLACEHOLDER = new RegExp(
  [
    String.raw`\{\{\{?[^{}]*\}?\}\}|\{%[^%]*%\}|\{#[^#]*#\}|<%[^%]*%>|<<[^<>]+>>|\[\[[^[\]]+\]\]`,
    String.raw`\$\{[^{}]*\}|\$\([^()]*\)|\$[\p{L}_][\p{L}\p{N}_]+`,
    String.raw`\{[\p{L}_][\p{L}\p{N}_.[\]]*(?:![rsa])?(?::[^{}]*)?\}|\{\d*\}`,
    String.raw`%\([\w.]+\)[sdifr]|%[sd](?![\p{L}\p{N}])|%[A-Za-z_]\w+%`,
  ].join('|'),
  'gu',
)

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
