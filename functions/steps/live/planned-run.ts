/** What a live run is about to ask, in words: printed before the first call, wherever it runs. */
import { hostOf, modelName } from '#core/live/model-name.ts'
import type { ModelBudget } from '#core/model/budget.ts'
import { plannedText } from '#core/model/planned.ts'
import { MAX_COMMITTED } from '#core/statistics/fixed-sequence.ts'
import type { LivePin } from '#schemas/live-model.ts'
import type { PriceTable } from '#schemas/pack.ts'

interface PlannedRun {
  readonly pin: LivePin
  readonly budget: ModelBudget
  readonly prices: PriceTable
  /** Search cases, and what one of them asks as recorded, on average. */
  readonly set: { readonly cases: number; readonly calls: number; readonly tokens: number }
  /** Calls of the baseline on the search side. */
  readonly baseline: number
  /** Settings tables of candidates, negative control and no-search arm, at most; null: nobody can tell. */
  readonly candidates: number | null
  /** Cases of the sealed side; null: nobody who may say has counted them. */
  readonly heldout: number | null
}

/** Who is asked, how often at most and for how much, a line each. */
export function plannedRunLines({ pin, budget, prices, set, baseline, candidates, heldout }: PlannedRun): string[] {
  const asked = candidates === null ? null : Math.ceil(candidates * set.cases * set.calls)
  const listed = Math.min(MAX_COMMITTED, candidates ?? MAX_COMMITTED)
  const sealed = heldout === null ? null : Math.ceil((1 + listed) * heldout * set.calls)
  const calls = baseline + (asked ?? 0) + (sealed ?? 0)
  const { model, max_tokens, repeats } = pin
  const prompt_tokens = Math.ceil(set.tokens)
  return [
    `live     ${modelName(model)} at ${hostOf(pin)}, signed by ${pin.owner} on ${pin.on}`,
    `calls    baseline ${baseline} (${repeats} draws of ${set.cases} search cases), candidates, negative control and no-search arm ${asked === null ? 'as many as the search looks at' : `at most ${asked}`}, sealed side ${sealed === null ? `as many as ${1 + listed} replays of it take: it is counted when it is sealed` : `at most ${sealed} (baseline and ${listed} candidates on ${heldout} cases)`}`,
    ...plannedText([{ purpose: 'replay', model, calls, prompt_tokens, max_tokens }], prices, budget).map(
      (line) => `         ${line}`,
    ),
  ]
}
