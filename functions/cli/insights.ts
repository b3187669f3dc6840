/** `autotune insights`: what recurs in recorded runs, and changes that it suggests, to be judged like any other. */
import type { Insight } from '#schemas/insight.ts'
import { UserError } from '../errors.ts'
import { readInsights } from '../steps/insight/read-insights.ts'
import { readBands } from './cadence/bands.ts'
import { table } from './layout.ts'
import { writeNew } from './new-file.ts'
import { nextCommand } from './next.ts'
import { existingStore } from './open.ts'
import { terminalProgress } from './progress.ts'
import type { StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly bands: string
  readonly intent?: string
  readonly least: number
  readonly changes?: string
}

/** Insights that a screen shows. */
const MOST_SHOWN = 12

export async function insights({ json, bands: file, intent, least, changes, ...o }: Options): Promise<number> {
  const bands = readBands(file)
  const wanted = bands.intents.filter((of) => intent === undefined || of.intent === intent)
  if (wanted.length === 0)
    throw new UserError(`${file} has no intent "${intent}": it has ${bands.intents.map((of) => of.intent).join(', ')}`)
  const store = existingStore(o.store, { progress: terminalProgress() })
  try {
    const all: Insight[] = []
    for (const of of wanted) all.push(...(await readInsights(store, of, least)))
    const lines = changeLines(all)
    const written = changes !== undefined && lines.length > 0 ? changes : null
    if (written !== null) writeNew(written, lines.join(''))
    print(json, { insights: all, changes: written }, () => [
      ...(all.length === 0 ? [`nothing recurs in ${least} families or more (--least)`] : shown(all)),
      ...nextLines(written, lines.length, file, o),
    ])
    return 0
  } finally {
    store.close()
  }
}

function nextLines(written: string | null, changes: number, bands: string, place: StoreOptions): string[] {
  if (changes === 0)
    return ['note     no single setting would have kept what was not read: there is no change to suggest']
  if (written === null)
    return [`next     ${nextCommand(place, ['insights', '--bands', bands, '--changes', 'changes.jsonl'])}`]
  return [
    `written  ${written}: ${changes} ${changes === 1 ? 'change' : 'changes'}`,
    `next     ${nextCommand(place, ['propose', written, '--target', 'TARGET'])}`,
  ]
}

const shown = (all: readonly Insight[]): string[] => [
  ...table(
    [
      ['families', 'at least', 'last seen', 'pattern'],
      ...all
        .slice(0, MOST_SHOWN)
        .map(({ occurrences, of, confidence, last_seen, pattern, suggests }) => [
          `${occurrences} of ${of}`,
          `${(100 * confidence).toFixed(1)} %`,
          last_seen ?? '-',
          `${pattern}${suggests ? ` (try ${suggests.path} = ${suggests.to})` : ''}`,
        ]),
    ],
    ['right', 'right', 'left', 'left'],
  ),
  ...(all.length > MOST_SHOWN ? [`   ... and ${all.length - MOST_SHOWN} more (--json shows all)`] : []),
]

/** Suggested changes as lines of a `--candidates` file: bounded, replayed and asked like any other. */
const changeLines = (all: readonly Insight[]): string[] =>
  all.flatMap(({ insight_id, suggests, occurrences, pattern }) =>
    suggests === null
      ? []
      : [
          `${JSON.stringify({
            patch: { [suggests.path]: suggests.to },
            rationale: `${pattern}: ${occurrences} families`,
            origin: insight_id,
          })}\n`,
        ],
  )
