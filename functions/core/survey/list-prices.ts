/** List prices of models that traces name often, to begin with: whoever uses them checks them, the table is theirs to edit. */

export const PRICES_DATE = '2025-12-01'

/** Cents per million tokens: input, output, input read from a cache. A name that begins with one of these is that model, the longest first. */
const PRICES: Readonly<Record<string, readonly [prompt: number, completion: number, cached: number]>> = {
  'gpt-4o-mini': [15, 60, 7.5],
  'gpt-4o': [250, 1000, 125],
  'gpt-4.1-nano': [10, 40, 2.5],
  'gpt-4.1-mini': [40, 160, 10],
  'gpt-4.1': [200, 800, 50],
  'gpt-5-nano': [5, 40, 0.5],
  'gpt-5-mini': [25, 200, 2.5],
  'gpt-5': [125, 1000, 12.5],
  'claude-3-5-haiku': [80, 400, 8],
  'claude-haiku-4-5': [100, 500, 10],
  'claude-sonnet-4': [300, 1500, 30],
  'claude-opus-4-5': [500, 2500, 50],
  'gemini-2.0-flash': [10, 40, 2.5],
  'gemini-2.5-flash': [30, 250, 3],
  'gemini-2.5-pro': [125, 1000, 12.5],
}

const NAMES = Object.keys(PRICES).sort((a, b) => b.length - a.length)

/** Prices of a model by its name, whatever provider, region or date stands around it; null: it is not in the table. */
export function listPrice(
  model: string,
): { readonly known: string; readonly cents: readonly [number, number, number] } | null {
  const bare = model.toLowerCase().replace(/^(?:[a-z]{2}\.)?(?:[a-z0-9_-]+[./])*(?=gpt|claude|gemini)/, '')
  const known = NAMES.find((name) => bare === name || bare.startsWith(`${name}-`) || bare.startsWith(`${name}@`))
  return known === undefined ? null : { known, cents: PRICES[known]! }
}
