/** `autotune import`: documents are published, records are mapped, checked as a whole, and only then written. */
import { randomBytes } from 'node:crypto'
import { thisProcess } from '#adapters/local/holder.ts'
import { ImportError } from '#adapters/local/import/import-error.ts'
import { mapRecords } from '#adapters/local/import/map-runner.ts'
import { loadMap } from '#adapters/local/import/map-source.ts'
import { prepareRuns } from '#core/experience/prepared-run.ts'
import type { SplitRule } from '#core/experience/split.ts'
import { UserError } from '../errors.ts'
import type { Holder, Store } from '../ports.ts'
import {
  publishDocument,
  publishPack,
  publishPrices,
  publishSuite,
  refuseChanged,
} from '../steps/experience/documents.ts'
import { importAlone } from '../steps/experience/import-lock.ts'
import type { IncomingRun } from '../steps/experience/incoming-runs.ts'
import { fixedSplit, type IngestReport, ingestPrepared } from '../steps/experience/ingest.ts'
import type { Layout } from '../steps/experience/layout.ts'
import { keptDocument, parsePack, parsePrices, parseSuite } from '../steps/experience/parse-documents.ts'
import { nativeRuns, type PreparingOptions } from './native-runs.ts'
import { readInput } from './read-input.ts'

export interface ImportOptions {
  /** Shipped map or path; null: the records are native already. */
  readonly map: string | null
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
}

/** Documents and files into a store, while nobody else imports. Any error refuses the whole import; nothing is written then. */
export async function importFiles(
  store: Store,
  files: readonly string[],
  options: ImportOptions,
  holder: Holder = thisProcess(),
): Promise<IngestReport> {
  const packs = options.packs.map((f) => parsePack(readInput(f), f))
  const suites = options.suites.map((f) => parseSuite(readInput(f), f))
  const prices = options.prices.map((f) => parsePrices(readInput(f), f))
  const kept = (options.documents ?? []).map((named) => {
    const [ref, ...file] = named.split('=')
    if (file.length === 0)
      throw new UserError(`--document ${named}: give REF=FILE, e.g. policy.returns@4.1.0=policy.json`)
    return keptDocument(ref!, readInput(file.join('=')), file.join('='))
  })
  return await importAlone(store, holder, async (check) => {
    await refuseChanged(store.objects, packs, suites, prices, kept)
    const rule = await splitRule(store, options)
    const joinNear = options.joinNear ?? false
    const source = runsOf(files, rule.key, options)
    const report = await ingestPrepared(store, source, rule, { joinNear, layout: options.layout ?? null, check })
    await check()
    for (const pack of packs) await publishPack(store, pack)
    for (const suite of suites) await publishSuite(store, suite)
    for (const table of prices) await publishPrices(store, table)
    for (const document of kept) await publishDocument(store, document)
    return report
  })
}

/** The store's rule, or the one that this import will fix; a key or share that differs from the fixed one is refused. */
async function splitRule(store: Store, { splitBy, splitKey, heldoutShare }: ImportOptions): Promise<SplitRule> {
  const rule = (await fixedSplit(store)) ?? {
    by: splitBy,
    key: splitKey ?? randomBytes(32).toString('hex'),
    heldout_share: heldoutShare,
  }
  if ((splitKey !== null && rule.key !== splitKey) || rule.heldout_share !== heldoutShare || rule.by !== splitBy)
    throw new UserError(
      'this store splits families by another key, share or rule: families never move. Use the same options, or another --store',
    )
  return rule
}

/** Problems that are told at once: an import with one is refused as a whole anyway. */
const MOST_PROBLEMS = 20

/** Every record as a prepared run. Throws one UserError in the end that lists the first problems, or says that there is no run. */
async function* runsOf(
  files: readonly string[],
  splitKey: string,
  { map, preparing }: ImportOptions,
): AsyncGenerator<IncomingRun> {
  const records = map === null ? nativeRuns(files, splitKey, preparing) : mappedRuns(files, splitKey, map)
  const problems: string[] = []
  let runs = 0
  for await (const record of records) {
    if (record instanceof ImportError) problems.push(record.message)
    if (problems.length === MOST_PROBLEMS) break
    if (record instanceof ImportError || problems.length > 0) continue
    yield record
    runs++
  }
  if (problems.length > 0) throw new UserError(`nothing was imported:\n${problems.map((p) => `  ${p}`).join('\n')}`)
  if (files.length > 0 && runs === 0)
    throw new UserError(
      `${files.join(', ')}: no record became a run${map ? `: the map ${map} skipped every one` : ' (the file is empty)'}`,
    )
}

async function* mappedRuns(
  files: readonly string[],
  splitKey: string,
  map: string,
): AsyncGenerator<IncomingRun | ImportError> {
  for await (const record of mapRecords(files, loadMap(map))) {
    if (record.kind === 'run') yield* prepareRuns([record.run], splitKey)
    if (record.kind === 'error') yield record.error
  }
}
