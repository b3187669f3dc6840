/** What a person may have meant: known names that lie near one that is not known. */

/** Names that are shown. */
const MOST = 3

/** The names nearest to a text, the best first: those that begin with it, else those a few letters away. */
export function nearNames(text: string, names: Iterable<string>): string[] {
  const far = Math.max(2, Math.floor(text.length / 3))
  return [...names]
    .map((name) => ({ name, distance: name.startsWith(text) ? 0 : lettersApart(text, name, far) }))
    .filter(({ distance }) => distance <= far)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, MOST)
    .map(({ name }) => name)
}

/** `; near it: a, b`, or nothing. */
export function nearText(text: string, names: Iterable<string>): string {
  const near = nearNames(text, names)
  return near.length === 0 ? '' : `; near it: ${near.join(', ')}`
}

/** Letters to change, add or take away (Levenshtein 1966); more than `far` is only known to be more. */
function lettersApart(a: string, b: string, far: number): number {
  if (Math.abs(a.length - b.length) > far) return far + 1
  let above = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++)
      row.push(Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    above = row
  }
  return above[b.length]!
}
