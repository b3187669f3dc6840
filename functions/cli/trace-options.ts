/** The options of a command as they say how traces are read; what is none of what they may say is refused by name. */
import { scoreRule, TAGS, type Tag, type TraceOptions } from '#core/traces/options.ts'
import { wordOf } from '#core/traces/words.ts'
import type { ImportOptions } from '../embedded/import-files.ts'
import type { TraceImport } from '../embedded/trace-runs.ts'
import { UserError } from '../errors.ts'

export interface TraceFlags {
  readonly from?: string
  /** Where the records are of no dialect. */
  readonly map?: string
  readonly groupBy?: string
  readonly unit: 'trace' | 'session'
  readonly family: string
  readonly intent?: string
  readonly score: readonly string[]
  readonly writes: readonly string[]
  readonly correction: readonly string[]
  readonly tag: readonly string[]
  readonly maxDropped: number
  readonly allowCut: boolean
  /** Milliseconds. */
  readonly settle: number
}

/** The same options as words of a command line, for the next one. */
export const traceWords = (flags: TraceFlags): string[] => [
  ...(flags.from === undefined ? [] : ['--from', flags.from]),
  ...(flags.map === undefined ? [] : ['--map', flags.map]),
  ...(flags.groupBy === undefined ? [] : ['--group-by', flags.groupBy]),
  ...(flags.unit === 'trace' ? [] : ['--unit', flags.unit]),
  ...(flags.family === 'session' ? [] : ['--family', flags.family]),
  ...(flags.intent === undefined ? [] : ['--intent', flags.intent]),
  ...(['score', 'writes', 'correction', 'tag'] as const).flatMap((name) =>
    flags[name].flatMap((value) => [`--${name}`, value]),
  ),
]

const RULES = ['session', 'user', 'trace']

/** @throws UserError naming the option */
export function traceImport(flags: TraceFlags): TraceImport {
  if (!RULES.includes(flags.family) && !flags.family.includes('.'))
    throw new UserError(
      `--family ${flags.family}: a family is session, user, trace, or the path of a field, which holds a dot`,
    )
  const options: TraceOptions = {
    unit: flags.unit,
    family: flags.family,
    intent: flags.intent ?? null,
    scores: flags.score.map((text) => {
      const rule = scoreRule(text)
      if (rule === null)
        throw new UserError(
          `--score ${text}: give NAME, NAME>=NUMBER, NAME<=NUMBER or NAME=LABEL, with human:, rule:, business: or judge: before it where the trace does not say who gave it`,
        )
      return rule
    }),
    writes: new Set(flags.writes.flatMap((names) => names.split(',').map((name) => name.trim()))),
    corrections: new Set(flags.correction),
    tags: new Map(flags.tag.map(tagOf)),
  }
  if (options.intent !== null && !options.intent.includes('.') && wordOf(options.intent) === null)
    throw new UserError(`--intent ${flags.intent}: give a name of letters and digits, or the path of a field`)
  const { maxDropped, allowCut, settle: settleMs } = flags
  return { from: flags.from ?? null, options, maxDropped, allowCut, settleMs }
}

/** How a look reads: it refuses nothing for what it would drop, which is what it is there to say. */
export const lookOptions = (flags: TraceFlags): Pick<ImportOptions, 'map' | 'groupBy' | 'traces'> => ({
  map: flags.map ?? null,
  ...(flags.groupBy === undefined ? {} : { groupBy: flags.groupBy }),
  traces: { ...traceImport(flags), maxDropped: 1, allowCut: true },
})

function tagOf(text: string): [Tag, string] {
  const [field = '', ...path] = text.split('=')
  const tag = TAGS.find((known) => known === field)
  if (!tag || path.join('=') === '')
    throw new UserError(`--tag ${text}: give FIELD=PATH, the field one of ${TAGS.join(', ')}`)
  return [tag, path.join('=')]
}
