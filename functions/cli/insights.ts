/** `autotune insights`: what recurs in recorded runs, and changes that it suggests, to be judged like any other. */
import { fieldOf } from '#core/replay/settings-plan.ts'
import type { Insight } from '#schemas/insight.ts'
import type { StrategyRule } from '#schemas/strategy-rule.ts'
import { UserError } from '../errors.ts'
import { readInsights } from '../steps/insight/read-insights.ts'
import { readBands } from './cadence/bands.ts'
import { RULE } from './changes.ts'
import { table } from './layout.ts'
import { writeNew } from './new-file.ts'
import { nextCommand } from './next.ts'
import { openExisting } from './open.ts'
import { terminalProgress } from './progress.ts'
import type { StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly bands: string
  readonly intent?: string
  readonly least: number
  readonly changes?: string
  readonly rules?: string
}

/** Insights that a screen shows. */
const MOST_SHOWN = 12

export async function insights({ json, bands: file, intent, least, changes, rules, ...o }: Options): Promise<number> {
  const bands = readBands(file)
  const wanted = bands.intents.filter((of) => intent === undefined || of.intent === intent)
  if (wanted.length === 0)
    throw new UserError(`${file} has no intent "${intent}": it has ${bands.intents.map((of) => of.intent).join(', ')}`)
  const store = await openExisting(o, terminalProgress())
  try {
    const all: Insight[] = []
    for (const of of wanted) all.push(...(await readInsights(store, of, least)))
    const suggested = all.filter(({ suggests }) => suggests !== null)
    const write = (to: string | undefined, of: (insight: Insight) => object): string | null => {
      if (to === undefined || suggested.length === 0) return null
      writeNew(to, suggested.map((insight) => `${JSON.stringify(of(insight))}\n`).join(''))
      return to
    }
    const written = { changes: write(changes, changeOf), rules: write(rules, ruleOf) }
    print(json, { insights: all, ...written }, () => [
      ...(all.length === 0 ? [`nothing recurs in ${least} families or more (--least)`] : shown(all)),
      ...nextLines(written, suggested.length, file, o),
    ])
    return 0
  } finally {
    store.close()
  }
}

function nextLines(
  { changes, rules }: Readonly<Record<'changes' | 'rules', string | null>>,
  n: number,
  bands: string,
  place: StoreOptions,
): string[] {
  if (n === 0) return ['note     no single setting would have kept what was not read: there is no change to suggest']
  const written = rules ?? changes
  if (written === null)
    return [`next     ${nextCommand(place, ['insights', '--bands', bands, '--changes', 'changes.jsonl'])}`]
  return [
    ...(changes === null ? [] : [`written  ${changes}: ${n} ${n === 1 ? 'change' : 'changes'}`]),
    ...(rules === null ? [] : [`written  ${rules}: ${n} StrategyRule${n === 1 ? '' : 's'}`]),
    `next     ${nextCommand(place, ['propose', written, '--target', 'TARGET'])}`,
  ]
}

const shown = (all: readonly Insight[]): string[] => [
  ...table(
    [
      ['families', 'at least', 'last seen', 'pattern'],
      ...all
        .slice(0, MOST_SHOWN)
        .map(({ occurrences, of, confidence, last_seen, pattern, suggests, where }) => [
          `${occurrences} of ${of}`,
          `${(100 * confidence).toFixed(1)} %`,
          last_seen ?? '-',
          `${pattern}${suggests ? ` (try ${suggests.path} = ${suggests.to}${where ? ` where ${where.attribute} is ${where.value}` : ''})` : ''}`,
        ]),
    ],
    ['right', 'right', 'left', 'left'],
  ),
  ...(all.length > MOST_SHOWN ? [`   ... and ${all.length - MOST_SHOWN} more (--json shows all)`] : []),
]

/** A suggestion as a line of a `--candidates` file: bounded, replayed and asked like any other. */
const changeOf = ({ insight_id, suggests, ...insight }: Insight): object => ({
  patch: { [suggests!.path]: suggests!.to },
  rationale: rationaleOf(insight),
  origin: insight_id,
})

const rationaleOf = ({ pattern, occurrences }: Pick<Insight, 'pattern' | 'occurrences'>): string =>
  `${pattern}: ${occurrences} families`

/** The same as a StrategyRule, for the cases that share it where there is something that they share. */
const ruleOf = ({ insight_id, intent, suggests, where, evidence_refs, ...insight }: Insight): StrategyRule => ({
  kind: RULE,
  strategy_rule_id: insight_id.replace(/^in_/, 'sr_'),
  status: 'proposed',
  producer: 'insights',
  applies_to: { intent },
  trigger: { from_insight: insight_id },
  ...(where && { condition: { '==': [{ var: `attributes.${where.attribute}` }, where.value] } }),
  // Passages that are not read are kept by retrieval, and by the budgets of a context.
  action: {
    layer: fieldOf(suggests!.path).endsWith('_tokens') ? 'budget_allocation' : 'retrieval',
    set: { [suggests!.path]: suggests!.to },
  },
  evidence_refs,
  rationale: rationaleOf(insight),
})
