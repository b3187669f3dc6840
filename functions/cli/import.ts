/** `autotune import`: what was stored, and where it went. */

import { describedMaps } from '#adapters/local/import/map-source.ts'
import { DIALECTS } from '#core/traces/registry.ts'
import { type FilesReport, importFiles, tryImport } from '../embedded/import-files.ts'
import type { TraceImport } from '../embedded/trace-runs.ts'
import { UserError } from '../errors.ts'
import { count } from '../pages/kit/format.ts'
import type { Layout } from '../steps/experience/layout.ts'
import { isLocal, openForImport } from './open.ts'
import { readRuns, terminalProgress } from './progress.ts'
import type { StoreOptions } from './store-options.ts'
import { onInterrupt, print, printableMessage } from './terminal.ts'
import { copiesLines } from './text.ts'
import { mapLines, partsLine, refusedText, tracesLines } from './text-traces.ts'
import { type TraceFlags, traceImport } from './trace-options.ts'

interface Options extends StoreOptions, TraceFlags {
  readonly json: boolean
  readonly map?: string
  readonly groupBy?: string
  readonly pack: string[]
  readonly suite: string[]
  readonly prices: string[]
  readonly document: string[]
  readonly split: 'hash' | 'recorded'
  readonly splitKey?: string
  readonly heldoutShare: number
  readonly joinNearCopies?: boolean
  readonly layout?: Layout
  readonly list: boolean
  readonly dryRun: boolean
  /** false: `--no-redact`. */
  readonly redact?: string | false
  /** Recording plan that the runs were made for. */
  readonly plan?: string
}

export async function importVerb(files: readonly string[], o: Options): Promise<number> {
  if (o.list) return listed(o.json)
  if (o.plan !== undefined) return await (await import('./import-plan.ts')).importForPlan(files, o.plan, nothingElse(o))
  const documents = o.pack.length + o.suite.length + o.prices.length + o.document.length
  if (files.length + documents === 0)
    throw new UserError('nothing to import: name record files, or --pack, --suite, --prices, --document')
  const traces = traceImport(o)
  if (o.dryRun) return dryRun(files, o, traces)
  const store = await openForImport(o, terminalProgress())
  const ended = onInterrupt('Every run that was stored is whole: the same command goes on, and skips what it finds')
  try {
    if (isLocal(store) && files.length > 0) await store.unlockVault()
    const report = await importFiles(store, files, {
      map: o.map ?? null,
      ...grouping(o),
      packs: o.pack,
      suites: o.suite,
      prices: o.prices,
      documents: o.document,
      splitBy: o.split,
      splitKey: o.splitKey ?? null,
      heldoutShare: o.heldoutShare,
      layout: o.layout ?? null,
      joinNear: o.joinNearCopies ?? false,
      traces,
      ...redacting(o),
    })
    print(o.json, { ...report, documents }, () => [
      ...(report.traces ? [...tracesLines(report.traces), ...partsLine(report.traces)] : []),
      ...(report.map ? mapLines(report.map) : []),
      ...redactedLines(report),
      `stored ${report.stored} runs (${report.unchanged} were there already)${documents ? `, published ${count(documents, 'document')}` : ''}`,
      ...report.published.map(({ ref, digest }) => `   ${ref}  ${digest}`),
      ...(files.length > 0
        ? [
            ...(report.layout ? [`layout: ${report.layout}`] : []),
            `families: ${report.search_families} for the search, ${report.heldout_families} sealed away; intents: ${report.intents.join(', ')}`,
          ]
        : []),
      ...(report.restored > 0
        ? [`restored ${report.restored} runs of which a file was missing or changed, or that no index listed`]
        : []),
      ...copiesLines(report),
    ])
    const refused = report.traces && refusedText(report.traces)
    if (refused === null) return 0
    process.stderr.write(`autotune: ${printableMessage(refused)}\n`)
    return 3
  } finally {
    ended()
    store.close()
  }
}

/** A planned run is native, and belongs where its case is: nothing else is to be said of it. */
function nothingElse(o: Options): Options {
  const { map, groupBy, redact, pack, suite, prices, document, dryRun, from } = o
  const said = { '--map': map, '--group-by': groupBy, '--redact': redact, '--from': from }
  const more = { '--pack': pack, '--suite': suite, '--prices': prices, '--document': document }
  const [option] = [
    ...Object.entries(said).filter(([, value]) => value !== undefined && value !== null),
    ...Object.entries(more).filter(([, value]) => value.length > 0),
    ...(dryRun ? [['--dry-run']] : []),
  ].map(([name]) => name)
  if (option)
    throw new UserError(`${option} does not go with --plan: its runs are native ones, and nothing beside them`)
  return o
}

const grouping = ({ groupBy }: Pick<Options, 'groupBy'>) => (groupBy === undefined ? {} : { groupBy })

const redacting = ({ redact }: Pick<Options, 'redact'>) => (redact === undefined ? {} : { redact })

function redactedLines({ redacted, unmet_paths }: Pick<FilesReport, 'redacted' | 'unmet_paths'>): string[] {
  if (redacted === null) return []
  const found = Object.entries(redacted).map(([rule, n]) => `${n} ${rule}`)
  return [
    `redacted ${found.join(', ')}`,
    ...unmet_paths.map(
      ({ rule, path }) =>
        `         nothing stands at ${path} (rule "${rule}"): a path names fields as they are read, not as they are exported, e.g. user, session, input, output, arguments.customer.name`,
    ),
  ]
}

async function dryRun(files: readonly string[], o: Options, traces: TraceImport): Promise<number> {
  const how = { map: o.map ?? null, ...grouping(o), ...redacting(o), traces }
  const report = await tryImport(files, how, readRuns(terminalProgress()))
  print(o.json, report, () => [
    ...(report.traces ? tracesLines(report.traces) : []),
    ...(report.map ? mapLines(report.map) : []),
    ...redactedLines(report),
    `would store ${report.runs} runs of ${report.families} families; intents: ${report.intents.join(', ')}; nothing was written`,
  ])
  return 0
}

function listed(json: boolean): number {
  const dialects = DIALECTS.map(({ name, about }) => ({ name, about }))
  const maps = describedMaps()
  print(json, { dialects, maps }, () => [
    'dialects (--from)',
    ...dialects.map(({ name, about }) => `   ${name.padEnd(14)} ${about}`),
    'maps (--map)',
    ...maps.map(
      ({ name, about, group_by }) => `   ${name.padEnd(16)} ${about}${group_by ? ` (grouped by ${group_by})` : ''}`,
    ),
  ])
  return 0
}
