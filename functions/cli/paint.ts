/** Colours of what people read: the words that say how something stands, labels, and commands. */
import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]

/** How something stands, in the words of this program. */
const WORDS: readonly (readonly [Format, readonly string[]])[] = [
  ['green', ['CERTIFIED', 'READY', 'ok', 'ready', 'won', 'certified', 'reproducible', 'kept']],
  [
    'red',
    ['REFUSED', 'UNANSWERED', 'NOT CERTIFIED', 'NOT REPRODUCIBLE', 'FAIL', 'MISSING', 'PROBLEM', 'refused', 'damaged'],
  ],
  ['yellow', ['INCONCLUSIVE', 'NO CANDIDATE', 'WARNING', 'FINDING', 'HEAVY', 'INERT', 'note', 'inconclusive']],
]
const FORMAT_OF = new Map(WORDS.flatMap(([format, words]) => words.map((word) => [word, format] as const)))
/** A word alone in its cell, or with a colon behind it. */
const STANDS = new RegExp(
  `(?<=^ *|\\s{2}|^ *\\d+ )(?:${[...FORMAT_OF.keys()].sort((a, b) => b.length - a.length).join('|')})(?=\\s{2}|:|$)`,
  'g',
)
const COMMAND_CELL = /(?<=^|\s{2})(?:npm run -s autotune -- |autotune )[a-z].*$/
const LABEL = /^[a-z][a-z ]{1,10}?(?= {2,}\S)/

/** A line in colours, if this stream takes any: NO_COLOR and FORCE_COLOR are obeyed. */
export function painted(line: string, stream: NodeJS.WriteStream): string {
  const as = (format: Format) => (text: string) => styleText(format, text, { stream, validateStream: true })
  return line
    .replace(COMMAND_CELL, as('cyan'))
    .replace(STANDS, (word) => as(FORMAT_OF.get(word)!)(word))
    .replace(LABEL, as('bold'))
}
