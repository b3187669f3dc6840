/** The pinned documents of the refund example, published into a store: what the demo, a bench and the tests begin with. */
import { readFileSync } from 'node:fs'
import type { Store } from '#ports'
import type { ContextPack } from '#schemas/pack.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { publishDocument, publishPack, publishPrices, publishSuite } from '../steps/experience/documents.ts'
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

/** The rest of the tuple that is in force in the example: what a program keeps and never reads. Their files lie in `tuple/`. */
const KEPT = {
  policy: 'policy.returns@4.1.0.json',
  tools: 'tools.support@3.7.0.json',
  prompt: 'prompt.support@2.1.0.json',
  model_profile: 'models.support@1.3.0.json',
  memory_schema: 'memory.support@1.0.0.json',
} as const

/** Publishes the whole tuple of the example, and returns its target with every part of it named. */
export async function publishWholeTuple(store: Pick<Store, 'objects' | 'heads'>): Promise<TuningTarget> {
  const target = refundTarget()
  const refs: Record<string, string> = {}
  for (const [place, file] of Object.entries(KEPT)) {
    refs[place] = file.replace('.json', '')
    await publishDocument(store, { ref: refs[place], text: read(`tuple/${file}`) })
  }
  return { ...target, baseline_tuple: { ...target.baseline_tuple!, ...refs } }
}
