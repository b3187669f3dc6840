/** The own-harness example with its recorded runs in a store, as its tests start it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { deskRuns } from '../../examples/own-harness/generate.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { publishPack, publishPrices, publishSuite } from '../../functions/steps/experience/documents.ts'
import { ingest } from '../../functions/steps/experience/ingest.ts'
import { parsePack, parsePrices, parseSuite } from '../../functions/steps/experience/parse-documents.ts'
import { fixSplit } from '../../functions/steps/experience/split-rule.ts'
import { RECORDED } from '../steps/stores.ts'

export const EXAMPLE = fileURLToPath(new URL('../../examples/own-harness/', import.meta.url))

/** A store in a folder with the desk's runs in it, half of them sealed, or all but those that are named by their numbers from 1. */
export async function desk(dir: string, families: number, searched: readonly number[] | null = null): Promise<string> {
  const store = openStore(dir, { durable: false })
  const read = (file: string) => readFileSync(join(EXAMPLE, file), 'utf8')
  await publishPack(store, parsePack(read('pack.json'), 'pack.json'))
  await publishSuite(store, parseSuite(read('suite.json'), 'suite.json'))
  await publishPrices(store, parsePrices(read('prices.json'), 'prices.json'))
  const rule = await fixSplit(store, searched ? RECORDED : { by: 'hash', key: 'own-harness', heldout_share: 0.5 })
  await ingest(store, () => (searched ? splitBy(searched, deskRuns({ families })) : deskRuns({ families })), rule)
  store.close()
  return dir
}

async function* splitBy(
  searched: readonly number[],
  runs: AsyncIterable<ExperienceRun>,
): AsyncGenerator<ExperienceRun> {
  let number = 0
  for await (const run of runs) yield { ...run, split: searched.includes(++number) ? 'search' : 'heldout' }
}
