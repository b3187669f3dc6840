/** `autotune import`: documents are published, records are mapped, checked as a whole, and only then written. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jsonataMistake } from '#adapters/jsonata-verdicts.ts'
import { fileScratch } from '#adapters/local/files/file-scratch.ts'
import { removeFolder } from '#adapters/local/files/remove-folder.ts'
import { thisProcess } from '#adapters/local/holder.ts'
import { ImportError, soundRecords } from '#adapters/local/import/import-error.ts'
import { type MapReading, nothingRead } from '#adapters/local/import/map-records.ts'
import { type MapOptions, mapRecords } from '#adapters/local/import/map-runner.ts'
import { loadMap } from '#adapters/local/import/map-source.ts'
import { byCodeUnit } from '#core/canonical.ts'
import { typeMistakes } from '#core/evaluate/made-up-views.ts'
import { withTraces } from '#core/experience/index-line.ts'
import { prepareRuns } from '#core/experience/prepared-run.ts'
import type { SplitRule } from '#core/experience/split.ts'
import type { UnmetPath } from '#core/redaction/redact.ts'
import { safeId } from '#core/traces/ids.ts'
import { DEFAULT_OPTIONS } from '#core/traces/options.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { RedactionRules } from '#schemas/redaction.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Evaluator, EvaluatorSuite } from '#schemas/suite.ts'
import { UserError } from '../errors.ts'
import type { Holder, Progress, Scratch, Store } from '../ports.ts'
import type { Standing } from '../steps/experience/check-runs.ts'
import {
  type Published,
  publishDocument,
  publishPack,
  publishPrices,
  publishSuite,
  refuseChanged,
} from '../steps/experience/documents.ts'
import { importAlone } from '../steps/experience/import-lock.ts'
import type { IncomingRun } from '../steps/experience/incoming-runs.ts'
import { type IngestReport, ingestPrepared } from '../steps/experience/ingest.ts'
import type { Layout } from '../steps/experience/layout.ts'
import {
  keptDocument,
  parsePack,
  parsePrices,
  parseRedaction,
  parseSuite,
} from '../steps/experience/parse-documents.ts'
import type { MetTrace } from '../steps/experience/read-traces.ts'
import { keepRedactionKey, redactionKey } from '../steps/experience/redaction-key.ts'
import { fixedSplit } from '../steps/experience/split-rule.ts'
import { unaskable } from '../steps/replay/verdicts.ts'
import { nativeRuns, type PreparingOptions } from './native-runs.ts'
import { readInput } from './read-input.ts'
import { Redaction } from './redaction.ts'
import { holdsTraces, type TraceImport, type TracesReport } from './trace-runs.ts'
import { TracesAlone, TracesBetweenImports } from './traces-between-imports.ts'

export interface ImportOptions {
  /** Shipped map or path; null: the records are native already. */
  readonly map: string | null
  /** Path of the field whose value makes records a group, `@file` or `@record`; absent: as the map says. */
  readonly groupBy?: string
  readonly packs: readonly string[]
  readonly suites: readonly string[]
  readonly prices: readonly string[]
  /** `REF=FILE` each. */
  readonly documents?: readonly string[]
  readonly splitBy: 'hash' | 'recorded'
  readonly splitKey: string | null
  readonly heldoutShare: number
  /** Count near copies as one family. */
  readonly joinNear?: boolean
  /** How the runs are to lie; null: as they do, or as suits their number. */
  readonly layout?: Layout | null
  readonly preparing?: PreparingOptions
  /** How traces are read; absent: as the files say themselves. */
  readonly traces?: TraceImport
  /** File of the rules by which records are redacted; false: they are stored as they are, also in a store that redacts. */
  readonly redact?: string | false
}

export interface FilesReport extends IngestReport {
  /** What became of traces; null: the records were native, or a map's. */
  readonly traces: (TracesReport & Standing) | null
  /** What was read for a map; null: there was none. */
  readonly map: MapReading | null
  /** Pseudonyms in the runs, by rule; null: nothing was redacted. */
  readonly redacted: Readonly<Record<string, number>> | null
  /** Paths of rules at which no record held a text. */
  readonly unmet_paths: readonly UnmetPath[]
  /** Documents, in the order packs, suites, prices, others. */
  readonly published: readonly Published[]
}

/**
 * Refuses a suite whose evaluators cannot be asked as it pins them, or could give no verdict about any case. Which modules a
 * deployment has, and that it asks no model, a run there is told; a suite that lies there is as it is.
 */
async function refuseUseless(store: Store, suite: EvaluatorSuite, file: string): Promise<void> {
  const isAskedHere = ({ check }: Evaluator): boolean =>
    !(store.rolesApart && (check === 'module' || check === 'model'))
  const [first] = await unaskable(suite, store.verdicts, isAskedHere)
  if (first) throw new UserError(`${file}: evaluators[${first.at}]: ${first.why}`)
  if ((await store.objects.get(keys.suite(suite.suite))) !== null) return
  const mistakes: string[] = []
  for (const [at, evaluator] of suite.evaluators.entries()) {
    const found = typeMistakes(evaluator)
    if (evaluator.check === 'jsonata') {
      const why = await jsonataMistake(evaluator.expression, evaluator.reads)
      if (why !== null) found.push({ field: 'expression', why })
    }
    for (const { field, why } of found)
      mistakes.push(`${file}: evaluators[${at}].${field}: it gives no verdict about any case: ${why}`)
  }
  if (mistakes.length > 0)
    throw new UserError(
      `${mistakes.join('\n')}\nThe type of each value is told by docs/evaluators.md ("An expression"); a rule that never gives a verdict blocks whatever it stands for`,
    )
}

/** Documents and files into a store, while nobody else imports. Any error refuses the whole import; nothing is written then. */
export async function importFiles(
  store: Store,
  files: readonly string[],
  options: ImportOptions,
  holder: Holder = thisProcess(),
): Promise<FilesReport> {
  const packs = options.packs.map((f) => parsePack(readInput(f), f))
  const suites = options.suites.map((f) => parseSuite(readInput(f), f))
  for (const [i, suite] of suites.entries()) await refuseUseless(store, suite, options.suites[i]!)
  const prices = options.prices.map((f) => parsePrices(readInput(f), f))
  const kept = (options.documents ?? []).map((named) => {
    const [ref, ...file] = named.split('=')
    if (file.length === 0)
      throw new UserError(`--document ${named}: give REF=FILE, e.g. policy.returns@4.1.0=policy.json`)
    return keptDocument(ref!, readInput(file.join('=')), file.join('='))
  })
  const rules = rulesOf(options)
  const { redact } = options
  return await importAlone(store, holder, async (check) => {
    await refuseChanged(store.objects, packs, suites, prices, kept)
    const rule = await splitRule(store, options, files.length > 0)
    const known = await redactionKey(store)
    if (known !== null && redact === undefined && files.length > 0) throw inClear()
    const key = rules && (known ?? randomKey())
    const redaction = rules && new Redaction(rules, key!, redact as string)
    const traces = new TracesBetweenImports(store, options.traces ?? AS_THEY_SAY, redaction)
    const map = nothingRead()
    try {
      const source = { traces, map, redaction, aside: () => store.scratch() }
      const report = await ingestPrepared(store, told(runsOf(files, rule.key, options, source), store.progress), rule, {
        joinNear: options.joinNear ?? false,
        layout: options.layout ?? null,
        check,
        knowing(holds) {
          traces.holds = holds
        },
        async sound(standing) {
          if (key) await keepRedactionKey(store, key)
          await traces.note(standing)
        },
      })
      await check()
      await traces.leave()
      const published: Published[] = []
      for (const pack of packs) published.push(await publishPack(store, pack))
      for (const suite of suites) published.push(await publishSuite(store, suite))
      for (const table of prices) published.push(await publishPrices(store, table))
      for (const document of kept) published.push(await publishDocument(store, document))
      const found = foundIn(source, options)
      return { ...report, ...found, traces: found.traces && { ...found.traces, ...traces.standing }, published }
    } finally {
      traces.close()
    }
  })
}

const inClear = (): UserError =>
  new UserError(
    'nothing was imported: earlier imports into this store were redacted, and what is stored in clear stays so. Give the rules again (--redact FILE), or say that these files need none (--no-redact)',
  )

/** A key that nobody can guess. */
export const randomKey = (): string => randomBytes(32).toString('hex')

const rulesOf = ({ redact }: Pick<ImportOptions, 'redact'>): RedactionRules | null =>
  redact === undefined || redact === false ? null : parseRedaction(readInput(redact), redact)

/** Shortest key that a person may give to a new store, in bytes. Those of older stores stay. */
const LEAST_KEY = 16

/**
 * The store's rule, or the one that this import will fix; a key or share that differs from the fixed one is refused. Documents
 * alone are split by nothing: what is not said of them is no other rule.
 */
async function splitRule(
  store: Store,
  { splitBy, splitKey, heldoutShare }: ImportOptions,
  hasRuns: boolean,
): Promise<SplitRule> {
  const fixed = await fixedSplit(store)
  if (fixed && !hasRuns && splitKey === null) return fixed
  if (!fixed && splitKey !== null && Buffer.byteLength(splitKey) < LEAST_KEY)
    throw new UserError(
      `a key of the split needs ${LEAST_KEY} bytes (128 bits), and this one has ${Buffer.byteLength(splitKey)}: digests that are made with it stand where everybody reads, and a short text is found from them by trying, so that anybody knows which families are held out. Leave it out, and a random one is drawn`,
    )
  const rule = fixed ?? {
    by: splitBy,
    key: splitKey ?? randomKey(),
    heldout_share: heldoutShare,
  }
  if ((splitKey !== null && rule.key !== splitKey) || rule.heldout_share !== heldoutShare || rule.by !== splitBy)
    throw new UserError(
      'this store splits families by another key, share or rule: families never move. Use the same options, or another --store',
    )
  return rule
}

/** Where traces are read: in a store between two imports, or in none. */
interface TraceSource {
  /** What became of them, once all were read. */
  readonly report: TracesReport | null
  /** Where the run that was handed out last comes from; null: nobody asks. */
  readonly met: MetTrace | null
  runs(files: readonly string[]): AsyncGenerator<ExperienceRun | ImportError>
}

/** What the readers of an import work with, and tell. */
interface Source {
  readonly traces: TraceSource
  /** What a map is handed, counted up. */
  readonly map: MapReading
  readonly redaction: Redaction | null
  /** For what lies aside while it is read. */
  readonly aside: () => Scratch
}

const foundIn = ({ traces, map, redaction }: Source, options: Pick<ImportOptions, 'map'>) => ({
  traces: traces.report,
  map: options.map === null ? null : map,
  redacted: redaction?.counts ?? null,
  unmet_paths: redaction?.unmetPaths ?? [],
})

const TOLD_EVERY = 500

/** The same runs; people are told now and then how many were read. */
async function* told(runs: AsyncIterable<IncomingRun>, progress: Progress): AsyncGenerator<IncomingRun> {
  let read = 0
  for await (const run of runs) {
    yield run
    if (++read % TOLD_EVERY === 0) progress(`read ${read} runs`)
  }
}

/** Every record as a prepared run. Throws one UserError in the end that lists the first problems, or says that there is no run. */
async function* runsOf(
  files: readonly string[],
  splitKey: string,
  { map, groupBy, preparing, traces }: Pick<ImportOptions, 'map' | 'groupBy' | 'preparing' | 'traces'>,
  source: Source,
): AsyncGenerator<IncomingRun> {
  const { redaction } = source
  if (groupBy !== undefined && map === null)
    throw new UserError('--group-by says what a map is handed: name the map with --map')
  const records =
    map !== null
      ? mappedRuns(files, splitKey, map, {
          aside: source.aside,
          reading: source.map,
          redaction,
          ...(groupBy === undefined ? {} : { groupBy }),
        })
      : (traces && traces.from !== null) || (await holdsTraces(files))
        ? tracedRuns(source.traces, files, splitKey, redaction)
        : nativeRuns(files, splitKey, preparing, redaction)
  let runs = 0
  for await (const run of soundRecords(records)) {
    yield run
    runs++
  }
  const { waiting = 0, parts = 0 } = source.traces.report ?? {}
  if (files.length > 0 && runs + waiting + parts === 0)
    throw new UserError(
      `${files.join(', ')}: no record became a run${map ? `: the map ${map} skipped every one` : ' (the file is empty)'}`,
    )
}

const AS_THEY_SAY: TraceImport = { from: null, options: DEFAULT_OPTIONS, maxDropped: 0.05, allowCut: false }

async function* tracedRuns(
  traces: TraceSource,
  files: readonly string[],
  splitKey: string,
  redaction: Redaction | null,
): AsyncGenerator<IncomingRun | ImportError> {
  for await (const run of traces.runs(files)) {
    if (run instanceof ImportError) {
      yield run
      continue
    }
    const { met } = traces
    for (const { facts, ...texts } of prepareRuns([redaction ? redaction.noted(run) : run], splitKey)) {
      const names = withTraces(facts.names, (met?.of ?? []).map(safeId))
      const last = met?.last ? { last: met.last } : {}
      yield { ...texts, facts: { ...facts, names, ...last }, traced: { waitedAlone: met?.waitedAlone ?? false } }
    }
  }
}

/** What an import of some files would store, without a store: nothing is written but what lies aside while it is read. */
export async function tryImport(
  files: readonly string[],
  options: Pick<ImportOptions, 'map' | 'groupBy' | 'traces' | 'redact'>,
  see: (run: ExperienceRun) => void = () => {},
): Promise<{
  readonly runs: number
  readonly families: number
  readonly intents: readonly string[]
  readonly traces: TracesReport | null
  readonly map: MapReading | null
  readonly redacted: Readonly<Record<string, number>> | null
  readonly unmet_paths: readonly UnmetPath[]
}> {
  const rules = rulesOf(options)
  const redaction = rules && new Redaction(rules, randomKey(), options.redact as string)
  const folder = mkdtempSync(join(tmpdir(), 'autotune-'))
  const traces = new TracesAlone(options.traces ?? AS_THEY_SAY, folder, redaction)
  const source = { traces, map: nothingRead(), redaction, aside: () => fileScratch(folder) }
  try {
    const families = new Set<string>()
    const intents = new Set<string>()
    let runs = 0
    for await (const { facts, recorded } of runsOf(files, 'dry-run', options, source)) {
      see(JSON.parse(recorded.toString()) as ExperienceRun)
      runs++
      intents.add(facts.intent)
      families.add(facts.names.family)
    }
    return { runs, families: families.size, intents: [...intents].sort(byCodeUnit), ...foundIn(source, options) }
  } finally {
    traces.close()
    removeFolder(folder)
  }
}

async function* mappedRuns(
  files: readonly string[],
  splitKey: string,
  map: string,
  { redaction, ...options }: MapOptions & { readonly redaction: Redaction | null },
): AsyncGenerator<IncomingRun | ImportError> {
  for await (const record of mapRecords(files, loadMap(map), options)) {
    if (record.kind === 'run') yield* prepareRuns([redaction ? redaction.run(record.run) : record.run], splitKey)
    if (record.kind === 'error') yield record.error
  }
}
