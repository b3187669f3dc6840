/** `autotune import`: what was stored, and where it went. */

import { importFiles } from '../embedded/import-files.ts'
import { UserError } from '../errors.ts'
import type { Layout } from '../steps/experience/layout.ts'
import { isLocal, openForImport } from './open.ts'
import type { StoreOptions } from './store-options.ts'
import { onInterrupt, print, terminalProgress } from './terminal.ts'
import { copiesLines } from './text.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly map?: string
  readonly pack: string[]
  readonly suite: string[]
  readonly prices: string[]
  readonly document: string[]
  readonly split: 'hash' | 'recorded'
  readonly splitKey?: string
  readonly heldoutShare: number
  readonly joinNearCopies?: boolean
  readonly layout?: Layout
}

export async function importVerb(files: readonly string[], o: Options): Promise<number> {
  const documents = o.pack.length + o.suite.length + o.prices.length + o.document.length
  if (files.length + documents === 0)
    throw new UserError('nothing to import: name record files, or --pack, --suite, --prices, --document')
  const store = await openForImport(o, terminalProgress())
  const ended = onInterrupt('Every run that was stored is whole: the same command goes on, and skips what it finds')
  try {
    if (isLocal(store) && files.length > 0) await store.unlockVault()
    const report = await importFiles(store, files, {
      map: o.map ?? null,
      packs: o.pack,
      suites: o.suite,
      prices: o.prices,
      documents: o.document,
      splitBy: o.split,
      splitKey: o.splitKey ?? null,
      heldoutShare: o.heldoutShare,
      layout: o.layout ?? null,
      joinNear: o.joinNearCopies ?? false,
    })
    print(o.json, { ...report, documents }, () => [
      `stored ${report.stored} runs (${report.unchanged} were there already)${documents ? `, published ${documents} documents` : ''}`,
      ...(files.length > 0
        ? [
            `layout: ${report.layout}`,
            `families: ${report.search_families} for the search, ${report.heldout_families} sealed away; intents: ${report.intents.join(', ')}`,
          ]
        : []),
      ...(report.restored > 0
        ? [`restored ${report.restored} runs of which a file was missing or changed, or that no index listed`]
        : []),
      ...copiesLines(report),
    ])
    return 0
  } finally {
    ended()
    store.close()
  }
}
