/** The pinned documents of the refund example, published into a store: what the demo, a bench and the tests begin with. */
import { readFileSync } from 'node:fs'
import type { Store } from '#ports'
import type { ContextPack } from '#schemas/pack.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { publishPack, publishPrices, publishSuite } from '../steps/experience/documents.ts'
import { parsePack, parsePrices, parseSuite, parseTarget } from '../steps/experience/parse-documents.ts'

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')

export const refundTarget = (): TuningTarget => parseTarget(read('target.json'), 'target.json')

/** Publishes pack, suite and prices; returns the pack. */
export async function publishRefund(store: Pick<Store, 'objects' | 'heads'>): Promise<ContextPack> {
  const pack = parsePack(read('pack.json'), 'pack.json')
  await publishPack(store, pack)
  await publishSuite(store, parseSuite(read('suite.json'), 'suite.json'))
  await publishPrices(store, parsePrices(read('prices.json'), 'prices.json'))
  return pack
}
