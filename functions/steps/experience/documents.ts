/** Documents of a store: published once under their ref, never changed; the intents that its packs name. */
import { canonical, digestOf, digestOfBytes } from '#core/canonical.ts'
import { KEPT_DOCUMENTS } from '#schemas/kept-documents.ts'
import type { BaselineTuple, ContextPack, PriceTable } from '#schemas/pack.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { DamagedObject, UserError } from '../../errors.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { readJson, readText } from '../../streams/read-object.ts'

type Publishing = Pick<Store, 'objects' | 'heads'>

/** A document that was published, with the digest that a tuple pins it by: of the value, or of a text that nothing here reads. */
export interface Published {
  readonly ref: string
  readonly digest: string
}

/** Publishes a document under its ref. The same bytes again are fine; other bytes under a published ref are refused. */
async function publish({ objects, heads }: Publishing, key: string, ref: string, text: string): Promise<void> {
  if ((await objects.get(key)) === null)
    await heads?.journal.append({ kind: 'document', ref, digest: digestOfBytes(text) })
  if (!(await objects.putIfAbsent(key, text)) && (await readText(objects, key)) !== text) throw changed(ref)
}

async function publishValue(store: Publishing, key: string, ref: string, value: unknown): Promise<Published> {
  await publish(store, key, ref, textOf(value))
  return { ref, digest: digestOf(value) }
}

const changed = (ref: string): UserError =>
  new UserError(
    `${ref} is already published with other content. Published versions never change: give it a new version`,
  )

/** Refuses documents of which one could not be published, before any of them is. */
export async function refuseChanged(
  objects: ObjectStore,
  packs: readonly ContextPack[],
  suites: readonly EvaluatorSuite[],
  prices: readonly PriceTable[],
  kept: readonly KeptDocument[] = [],
): Promise<void> {
  for (const { ref, text } of kept)
    if (((await readText(objects, keys.document(ref))) ?? text) !== text) throw changed(ref)
  const seen = new Map<string, string>()
  for (const [key, ref, document] of [
    ...packs.map((p) => [keys.pack(p.pack), p.pack, p] as const),
    ...suites.map((s) => [keys.suite(s.suite), s.suite, s] as const),
    ...prices.map((t) => [keys.priceTable(t.price_table), t.price_table, t] as const),
  ]) {
    const text = textOf(document)
    if ((seen.get(key) ?? (await readText(objects, key)) ?? text) !== text) throw changed(ref)
    seen.set(key, text)
  }
}

/** A document as it is stored. */
const textOf = (document: unknown): string => `${canonical(document)}\n`

export const publishPack = (store: Publishing, pack: ContextPack): Promise<Published> =>
  publishValue(store, keys.pack(pack.pack), pack.pack, pack)
export const publishSuite = (store: Publishing, suite: EvaluatorSuite): Promise<Published> =>
  publishValue(store, keys.suite(suite.suite), suite.suite, suite)
export const publishPrices = (store: Publishing, prices: PriceTable): Promise<Published> =>
  publishValue(store, keys.priceTable(prices.price_table), prices.price_table, prices)

/** The documents that a target pins, as far as the store holds them. */
export async function pinnedDocuments(objects: ObjectStore, target: TuningTarget) {
  const tuple = target.baseline_tuple
  return {
    pack: tuple ? await readJson<ContextPack>(objects, keys.pack(tuple.pack)) : null,
    suite: tuple ? await readJson<EvaluatorSuite>(objects, keys.suite(tuple.evals)) : null,
    prices: tuple?.price_table ? await readJson<PriceTable>(objects, keys.priceTable(tuple.price_table)) : null,
  }
}

/** A document that a tuple names and nothing here reads: its ref, and the text that is kept under it. */
export interface KeptDocument {
  readonly ref: string
  readonly text: string
}

export async function publishDocument(store: Publishing, { ref, text }: KeptDocument): Promise<Published> {
  await publish(store, keys.document(ref), ref, text)
  return { ref, digest: digestOfBytes(text) }
}

/** Digests of the kept documents that a tuple names, by their place in it, as far as the store holds them. */
export async function documentDigests(objects: ObjectStore, tuple: BaselineTuple): Promise<Record<string, string>> {
  const digests: Record<string, string> = {}
  for (const place of KEPT_DOCUMENTS) {
    const ref = tuple[place]
    const text = ref === undefined ? null : await readText(objects, keys.document(ref))
    if (text !== null) digests[place] = digestOfBytes(text)
  }
  return digests
}

/** Intents that any published pack names, in code-unit order. */
export async function intentsOf({ objects }: Pick<Store, 'objects'>): Promise<string[]> {
  const intents = new Set<string>()
  for await (const key of objects.list(keys.packs())) {
    const pack = key.endsWith('/pack.json') ? await readJson<ContextPack>(objects, key) : null
    if (pack !== null && !Array.isArray(pack.intents)) throw new DamagedObject(key, 'it is no pack')
    for (const { intent_id } of pack?.intents ?? []) intents.add(intent_id)
  }
  return [...intents].sort()
}
