/** `autotune import`: documents are published, records are mapped, checked as a whole, and only then written. */
import { randomBytes } from 'node:crypto'
import { thisProcess } from '#adapters/local/holder.ts'
import { ImportError } from '#adapters/local/import/import-error.ts'
import { mapRecords } from '#adapters/local/import/map-runner.ts'
import { loadMap, shippedMaps } from '#adapters/local/import/map-source.ts'
import { toNativeRun } from '#adapters/local/import/native-run.ts'
import { readJsonl } from '#adapters/local/import/read-jsonl.ts'
import type { Records } from '#core/bytes/records.ts'
import type { SplitRule } from '#core/experience/split.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
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
import { fixedSplit, type IngestReport, ingest } from '../steps/experience/ingest.ts'
import type { Layout } from '../steps/experience/layout.ts'
import { parseRecord as parseText } from '../steps/experience/parse.ts'
import { keptDocument, parsePack, parsePrices, parseSuite } from '../steps/experience/parse-documents.ts'
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
  const aside = store.scratch()
  try {
    const mapped = await spoolRuns(store, files, options.map, aside.records)
    if (files.length > 0 && mapped === 0)
      throw new UserError(
        `${files.join(', ')}: no record became a run${options.map ? `: the map ${options.map} skipped every one` : ' (the file is empty)'}`,
      )
    return await importAlone(store, holder, async (check) => {
      await refuseChanged(store.objects, packs, suites, prices, kept)
      const rule = await splitRule(store, options)
      const joinNear = options.joinNear ?? false
      const report = await ingest(store, () => runsOf(aside.records), rule, {
        joinNear,
        layout: options.layout ?? null,
        check,
      })
      await check()
      for (const pack of packs) await publishPack(store, pack)
      for (const suite of suites) await publishSuite(store, suite)
      for (const table of prices) await publishPrices(store, table)
      for (const document of kept) await publishDocument(store, document)
      return report
    })
  } finally {
    aside.close()
  }
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

/** Maps and validates every record and puts it aside. Throws one UserError that lists up to twenty problems. */
async function spoolRuns(store: Store, files: readonly string[], map: string | null, spool: Records): Promise<number> {
  const records = map === null ? nativeRecords(files) : mapRecords(files, loadMap(map))
  const problems: string[] = []
  let runs = 0
  for await (const record of records) {
    if (record.kind === 'error') problems.push(record.error.message)
    if (record.kind !== 'run' || problems.length > 0) continue
    spool.append(JSON.stringify(record.run))
    if (++runs % 5000 === 0) store.progress(`read ${runs} records`)
  }
  if (problems.length > 0) throw new UserError(`nothing was imported:\n${problems.map((p) => `  ${p}`).join('\n')}`)
  return runs
}

async function* nativeRecords(files: readonly string[]) {
  let errors = 0
  for (const file of files) {
    try {
      for await (const { line, text } of readJsonl(file)) {
        const native = toNativeRun(parseRecord(file, line, text))
        if (native.kind === 'run') {
          yield { kind: 'run' as const, run: native.run }
          continue
        }
        const todo = `Give native experience runs, or a map: --map ${shippedMaps().join(' | ')} | FILE`
        yield {
          kind: 'error' as const,
          error: new ImportError({ file, line, field: native.field, problem: native.problem, todo }),
        }
        if (++errors === 20) return
      }
    } catch (error) {
      if (!(error instanceof ImportError)) throw error
      yield { kind: 'error' as const, error }
    }
  }
}

function parseRecord(file: string, line: number, text: string): unknown {
  try {
    return parseText(text, file)
  } catch (error) {
    const problem = (error as Error).message.replace(`${file} `, 'the line ').replace(`${file}: `, '')
    throw new ImportError({ file, line, field: null, problem, todo: 'Mend the line; every line is one JSON object' })
  }
}

async function* runsOf(spool: Records): AsyncGenerator<ExperienceRun> {
  // Validated when it was put aside a moment ago.
  for (const line of spool.texts()) yield JSON.parse(line) as ExperienceRun
}
