/** How lines fit a terminal: tables in columns, and where a line that is too long goes on. Text in, text out. */

/** A tail this short would be a column of single words. */
const NARROWEST = 20
/** What a person pastes: it goes on with a backslash, so that it stays one command. */
const COMMAND_LINE = /^(?:npm run -s autotune -- |autotune )[a-z]/
/** A word of a shell, quotes and all. */
const SHELL_WORD = /(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+/g

/** A document on a line of its own is pasted into a file: a break within a text of it would be another document. */
const DOCUMENT_LINE = /^[{[].*[}\]]$/

/** A line as lines of at most so many columns; those after the first stand under its last cell. Words are never cut. */
export function folded(line: string, width: number): string[] {
  if (line.length <= width || DOCUMENT_LINE.test(line)) return [line]
  const hang = hangOf(line, width)
  const cell = line.slice(hang)
  const isCommand = COMMAND_LINE.test(cell)
  const words = isCommand ? (cell.match(SHELL_WORD) ?? []) : cell.split(' ')
  const end = isCommand ? ' \\' : ''
  const under = ' '.repeat(hang === 0 ? 3 : hang)
  const lines: string[] = []
  let at = line.slice(0, hang)
  let isFresh = true
  for (const [i, word] of words.entries()) {
    const room = width - (i === words.length - 1 ? 0 : end.length)
    if (!isFresh && at.length + 1 + word.length > room) {
      lines.push(at.trimEnd() + end)
      at = under
      isFresh = true
    }
    at += isFresh ? word : ` ${word}`
    isFresh = false
  }
  return [...lines, at]
}

/** Column of the last cell: behind the last gap of two spaces or more that leaves room for words. */
function hangOf(line: string, width: number): number {
  let hang = 0
  for (const { index, 0: gap } of line.matchAll(/ {2,}(?=\S)/g)) {
    if (index + gap.length > width - NARROWEST) break
    hang = index + gap.length
  }
  return hang
}

/** A column: `left` or `right` of its cells. */
type Align = 'left' | 'right'

/** Rows as lines with aligned columns, two spaces apart; the last one is as wide as it comes. */
export function table(rows: readonly (readonly string[])[], aligns: readonly Align[], indent = '   '): string[] {
  const widths = aligns.map((_, at) => Math.max(0, ...rows.map((row) => row[at]?.length ?? 0)))
  return rows.map((row) =>
    `${indent}${row
      .map((cell, at) =>
        aligns[at] === 'right' ? cell.padStart(widths[at]!) : at === row.length - 1 ? cell : cell.padEnd(widths[at]!),
      )
      .join('  ')}`.trimEnd(),
  )
}
