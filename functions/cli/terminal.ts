/** Between this program and the terminal it runs in: what is printed, and how a person ends it. */

import { styleText } from 'node:util'
import { folded } from './layout.ts'
import { clearProgress } from './progress.ts'

/** How this program is called: a clone has it as a script, an installed package as a command. */
export const COMMAND = import.meta.url.endsWith('.ts') ? 'npm run -s autotune --' : 'autotune'

/** Prints lines for people, or one object on one line for machines. */
export function print(json: boolean, object: unknown, lines: () => readonly string[]): void {
  if (json) {
    clearProgress()
    process.stdout.write(`${JSON.stringify(object)}\n`)
  } else say(lines())
}

/** Prints lines as a person reads them: printable, as wide as the terminal, in its colours. */
export function say(lines: readonly string[]): void {
  clearProgress()
  const width = columns(process.stdout)
  const fitting = printable(lines.join('\n'))
    .split('\n')
    .flatMap((line) => folded(line, width))
  process.stdout.write(`${fitting.map((line) => painted(line, process.stdout)).join('\n')}\n`)
}

/** Columns of a stream: as COLUMNS says, else those of its terminal, else 80. */
function columns(stream: NodeJS.WriteStream): number {
  const said = Number(process.env.COLUMNS)
  return Number.isSafeInteger(said) && said > 0 ? said : (stream.columns ?? 80)
}

/** Characters that a terminal obeys in place of showing them, and those that turn the direction of a line. */
const OBEYED = /[^\P{Cc}\n\t]|[\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu
/** Most of one line of a message: the rest is what somebody else wrote, and no help. */
const LONGEST_LINE = 2000

/** A text of many sources as it may be shown: what would steer the terminal is spelled out. */
export const printable = (text: string): string =>
  text.replace(OBEYED, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** What somebody else wrote, as part of one line: it begins no line of its own, which could pass for one of ours. */
export const inLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** A message as it is told: printable, each line of it cut where nobody reads on. */
export const printableMessage = (message: string): string =>
  printable(message)
    .split('\n')
    .map((line) =>
      line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE / 2)} ... ${line.slice(-LONGEST_LINE / 2)}` : line,
    )
    .join('\n')

const ENDS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/**
 * Says what is kept when a person or the system ends this program in the middle of its work, and ends it; its processes
 * end with it. Call what it returns when the work is done.
 */
export function onInterrupt(kept: string): () => void {
  const signals = Object.entries(ENDS) as [keyof typeof ENDS, number][]
  const handlers = signals.map(([signal, code]) => {
    const handle = (): never => {
      clearProgress()
      process.stderr.write(`autotune: ended by ${signal}. ${kept}\n`)
      process.exit(code)
    }
    process.once(signal, handle)
    return () => process.removeListener(signal, handle)
  })
  return () => {
    for (const remove of handlers) remove()
  }
}

/** Ends with Ctrl-C or a termination signal. */
export const untilSignalled = (): Promise<void> =>
  new Promise((done) => {
    process.once('SIGINT', () => done())
    process.once('SIGTERM', () => done())
  })

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
