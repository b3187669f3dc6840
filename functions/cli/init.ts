/** `autotune init`: starter documents that an editor completes by their JSON Schemas. Overwrites nothing. */

import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { prospectsOf, scoreTodo } from '#core/survey/prospects.ts'
import { type Starter, starterOf } from '#core/survey/starter.ts'
import { SurveyOfRuns } from '#core/survey/survey.ts'
import type { Bands } from '#schemas/bands.ts'
import { tryImport } from '../embedded/import-files.ts'
import { UserError } from '../errors.ts'
import { put, withSchema } from './new-file.ts'
import { nextCommand } from './next.ts'
import { print } from './terminal.ts'
import { lookOptions, type TraceFlags, traceWords } from './trace-options.ts'

const FILES = ['pack.json', 'suite.json', 'prices.json', 'target.json', 'rollout.json', 'bands.json'] as const
const EXAMPLE = new URL('../demo/', import.meta.url)

interface Options extends TraceFlags {
  readonly dir: string
  readonly json: boolean
  /** Files of traces; `--from` names them here, and the dialect is what they say. */
  readonly traces: readonly string[]
  /** Where the next commands work. */
  readonly store: string
  readonly owner: string
}

export async function init(o: Options): Promise<number> {
  if (o.traces.length > 0) return await initFrom(o)
  const { dir, json } = o
  mkdirSync(dir, { recursive: true })
  refuseStanding(dir, FILES)
  const files = FILES.map((file) => put(dir, file, withSchema(readFileSync(new URL(file, EXAMPLE), 'utf8'), dir)))
  const [pack, suite, prices, target, rollout, bands] = files
  print(json, { files }, () => [
    ...files.map((f) => `wrote ${f}`),
    'next: edit them, then',
    `   ${nextCommand(o, ['import', '--pack', pack!, '--suite', suite!, '--prices', prices!])}`,
    `   ${nextCommand(o, ['import', 'RUNS.jsonl', '--map', 'MAP'])}`,
    `   ${nextCommand(o, ['doctor', '--target', target!])}`,
    `   ${nextCommand(o, ['run', '--target', target!])}`,
    `${rollout} is for later, "autotune rollout start": its numbers are examples to argue about, not recommendations`,
    `${bands} too, "autotune cadence daily": what is watched from day to day`,
  ])
  return 0
}

function refuseStanding(dir: string, names: readonly string[]): void {
  const standing = names.filter((name) => existsSync(join(dir, name)))
  if (standing.length > 0)
    throw new UserError(`${standing.join(', ')} already in ${dir}: nothing was written. Choose another --dir`)
}

/** Documents from traces: what they hold becomes settings and surfaces, with a note on each value. */
async function initFrom({ dir, json, store, traces: files, owner, ...flags }: Options): Promise<number> {
  refuseStanding(dir, [...FILES, 'NOTES.md'])
  const surveys = new Map<string, SurveyOfRuns>()
  const { traces } = await tryImport(files, lookOptions(flags), (run) => {
    const survey = surveys.get(run.intent_id) ?? new SurveyOfRuns()
    surveys.set(run.intent_id, survey)
    survey.add(run)
  })
  const [survey] = [...surveys.values()].map(({ result }) => result).sort((a, b) => b.runs - a.runs)
  const found = survey!
  const scores = traces?.scores.map(({ option }) => option) ?? []
  const prospects = prospectsOf(found, scores)
  if (prospects.surfaces.length === 0)
    throw new UserError(
      `nothing could be tuned from these records, so there is nothing to begin with:\n${prospects.barriers.map(({ what, why, todo }) => `  ${what}: ${why}; ${todo}`).join('\n')}`,
    )
  const starter = starterOf(found, prospects, {
    owner,
    today: found.last?.slice(0, 10) ?? new Date().toISOString().slice(0, 10),
  })
  mkdirSync(dir, { recursive: true })
  const named = {
    'pack.json': starter.pack,
    'suite.json': starter.suite,
    'prices.json': starter.prices,
    'target.json': starter.target,
    'bands.json': bandsOf(starter),
  }
  const written = [
    ...Object.entries(named).map(([file, document]) => {
      const text = JSON.stringify({ $schema: `x/${SCHEMAS[file as keyof typeof SCHEMAS]}`, ...document }, null, 2)
      return put(dir, file, `${withSchema(text, dir)}\n`)
    }),
    put(dir, 'rollout.json', withSchema(readFileSync(new URL('rollout.json', EXAMPLE), 'utf8'), dir)),
    put(dir, 'NOTES.md', notesOf(starter)),
  ]
  print(json, { files: written, intent: starter.target.intent, runs: found.runs }, () => [
    ...written.map((f) => `wrote ${f}`),
    `for intent ${starter.target.intent}, from ${found.runs} runs; NOTES.md says where each value came from`,
    'next: read them, then',
    `   ${nextCommand({ store }, ['import', ...files, ...traceWords(flags), '--pack', join(dir, 'pack.json'), '--suite', join(dir, 'suite.json'), '--prices', join(dir, 'prices.json')])}`,
    `   ${nextCommand({ store }, ['doctor', '--target', join(dir, 'target.json')])}`,
    ...(starter.target.guardrails?.utility_delta ? [] : [withoutUtility(scores)]),
  ])
  return 0
}

const withoutUtility = (scores: readonly string[]): string =>
  `no run can start from these yet: the records do not say whether a run was right, and no target goes without that. Either ${scoreTodo(scores)}; or let people say it (autotune correct), or mark the passages that an answer needs`

const SCHEMAS = {
  'pack.json': 'context-pack.schema.json',
  'suite.json': 'evaluator-suite.schema.json',
  'prices.json': 'price-table.schema.json',
  'target.json': 'tuning-target.schema.json',
  'bands.json': 'bands.schema.json',
} as const

/** Bands to begin with: their edges are to be declared by people, or learned. */
const bandsOf = ({ suite, prices, target }: Starter): Bands => ({
  false_alarms_per_quarter: 1,
  ready_after_hours: 24,
  revised_for_days: 7,
  cooldown_days: 14,
  runs_per_quarter: 6,
  intents: [
    {
      intent: target.intent!,
      measured_by: { evals: suite.suite, price_table: prices.price_table },
      bands: [
        { metric: 'utility', below: 0.5, max_missing: 0.2, target: 'target.json' },
        { metric: 'correction_rate', above: 0.1 },
      ],
    },
  ],
})

const notesOf = ({ notes }: Starter): string =>
  [
    '# Where each value came from',
    '',
    'JSON takes no comments, so they stand here. Nothing in these files is a recommendation: they say what the records hold.',
    '',
    '| file | value | from |',
    '|---|---|---|',
    ...notes.map(([file, field, from]) => `| ${file} | ${field} | ${from} |`),
    '',
    'Who may review is yours to say: a `reviewers.json` in the store, and nobody else is taken.',
    '',
  ].join('\n')
