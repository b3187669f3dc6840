/** Packs, suites and price tables: parsed with errors a person can act on, published once, never changed. */
import type * as z from 'zod'
import { canonical, digestOfBytes } from '#core/canonical.ts'
import { MAX_VALUES, valueCount } from '#core/space/lattice.ts'
import { Ref } from '#schemas/common.ts'
import { type BaselineTuple, ContextPack, KEPT_DOCUMENTS, PriceTable } from '#schemas/pack.ts'
import { keys } from '#schemas/s3-keys.ts'
import { EvaluatorSuite } from '#schemas/suite.ts'
import { TuningTarget } from '#schemas/target.ts'
import { UserError } from '../../errors.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { readJson, readText } from '../../streams/read-object.ts'

/** A schema, whole or of `zod/mini`. */
export interface Contract<T> {
  safeParse(
    value: unknown,
  ): { readonly success: true; readonly data: T } | { readonly success: false; readonly error: z.core.$ZodError }
}

/** A value under a schema; a UserError names the file, each field and what is wrong with it. */
export function parseAs<T>(schema: Contract<T>, value: unknown, file: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const lines = parsed.error.issues
    .slice(0, 20)
    .map((issue) => `  ${file}: ${fieldPath(issue.path)}: ${problemOf(issue)}`)
  throw new UserError(`${file} is not valid:\n${lines.join('\n')}`)
}

function fieldPath(path: readonly PropertyKey[]): string {
  return path.length === 0
    ? 'document'
    : path
        .map((p) => (typeof p === 'number' ? `[${p}]` : String(p)))
        .join('.')
        .replaceAll('.[', '[')
}

function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return `unknown field ${issue.keys.map((k) => `"${k}"`).join(', ')}: remove it, or check its spelling`
  return issue.message
}

/**
 * JSON of a text; a UserError names the file and where it stops being JSON. `__proto__` keys are refused, and texts with
 * half of a surrogate pair: those have no canonical form.
 */
export function parseJson(text: string, file: string): unknown {
  try {
    // Neither can be there without one of these; looking at every value takes as long as parsing it twice more.
    if (!text.includes('__proto__') && !text.includes('\\u')) return JSON.parse(text)
    return JSON.parse(text, (key, value) => {
      if (key === '__proto__') throw new UserError(`${file}: the key "__proto__" is not allowed`)
      if (!key.isWellFormed() || (typeof value === 'string' && !value.isWellFormed()))
        throw new UserError(`${file}: ${JSON.stringify(key)} holds half of a surrogate pair, which has no UTF-8 form`)
      return value
    })
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(`${file} is no JSON: ${(error as Error).message}`)
  }
}

/** A pack; a surface with more values than anybody could list is refused like any other number out of range. */
export function parsePack(text: string, file: string): ContextPack {
  const pack = parseAs(ContextPack, parseJson(text, file), file)
  pack.tunable_surfaces.forEach((surface, i) => {
    const count = valueCount(surface)
    if (count > MAX_VALUES)
      throw new UserError(
        `${file}: tunable_surfaces[${i}].bounds: ${count} values, at most ${MAX_VALUES}: narrow the bounds, or widen the step`,
      )
  })
  return pack
}
export const parseSuite = (text: string, file: string): EvaluatorSuite =>
  parseAs(EvaluatorSuite, parseJson(text, file), file)
export const parsePrices = (text: string, file: string): PriceTable => parseAs(PriceTable, parseJson(text, file), file)
export const parseTarget = (text: string, file: string): TuningTarget =>
  parseAs(TuningTarget, parseJson(text, file), file)

/** Publishes a document under its ref. The same bytes again are fine; other bytes under a published ref are refused. */
async function publish(objects: ObjectStore, key: string, ref: string, document: unknown): Promise<void> {
  const text = `${canonical(document)}\n`
  if (!(await objects.putIfAbsent(key, text)) && (await readText(objects, key)) !== text) throw changed(ref)
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
    const text = `${canonical(document)}\n`
    if ((seen.get(key) ?? (await readText(objects, key)) ?? text) !== text) throw changed(ref)
    seen.set(key, text)
  }
}

export const publishPack = (objects: ObjectStore, pack: ContextPack): Promise<void> =>
  publish(objects, keys.pack(pack.pack), pack.pack, pack)
export const publishSuite = (objects: ObjectStore, suite: EvaluatorSuite): Promise<void> =>
  publish(objects, keys.suite(suite.suite), suite.suite, suite)
export const publishPrices = (objects: ObjectStore, prices: PriceTable): Promise<void> =>
  publish(objects, keys.priceTable(prices.price_table), prices.price_table, prices)

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

/** `REF=TEXT` as it was given, the text read by the caller; a UserError for a ref without a version or an empty text. */
export function keptDocument(ref: string, text: string, file: string): KeptDocument {
  const parsed = Ref.safeParse(ref)
  if (!parsed.success) throw new UserError(`--document ${ref}=${file}: ${parsed.error.issues[0]!.message}`)
  if (text.trim() === '') throw new UserError(`--document ${ref}=${file}: the file is empty`)
  return { ref, text }
}

export async function publishDocument(objects: ObjectStore, { ref, text }: KeptDocument): Promise<void> {
  const key = keys.document(ref)
  if (!(await objects.putIfAbsent(key, text)) && (await readText(objects, key)) !== text) throw changed(ref)
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
    for (const { intent_id } of pack?.intents ?? []) intents.add(intent_id)
  }
  return [...intents].sort()
}
