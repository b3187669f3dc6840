/** What models cost by the price tables of a store, where nobody can say yet which of them holds. */
import type { PriceTable } from '#schemas/pack.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'

type Price = PriceTable['models'][string]

/** A table of every model that any table of the store names; each rate is the dearest of those, so a budget by it is never too loose. */
export async function dearestPrices(objects: Pick<ObjectStore, 'get' | 'list' | 'ruleAt'>): Promise<PriceTable> {
  const models: Record<string, Price> = Object.create(null)
  for await (const key of objects.list(keys.packs())) {
    if (!key.endsWith('/prices.json')) continue
    const table = await readJson<PriceTable>(objects, key)
    for (const [name, price] of Object.entries(table?.models ?? {})) models[name] = dearer(models[name], price)
  }
  return { price_table: 'the dearest prices of this store', models }
}

/** A rate that one of them lacks is that of other tokens there, which the dearest of the sum bounds as well. */
function dearer(a: Price | undefined, b: Price): Price {
  if (a === undefined) return b
  const rates = Object.entries({ ...a, ...b }) as [keyof Price, number][]
  return Object.fromEntries(rates.map(([rate]) => [rate, Math.max(of(a, rate), of(b, rate))])) as Price
}

const of = (price: Price, rate: keyof Price): number =>
  price[rate] ??
  (rate === 'reasoning_cents_per_million' ? price.completion_cents_per_million : price.prompt_cents_per_million)
