/** What a change of prompt blocks costs a decision, and what the declared red team did under it: counted case by case. */
import type { Patch } from '#schemas/common.ts'
import type { ContextPack, PriceTable } from '#schemas/pack.ts'
import type { Recording } from '#schemas/replay-case.ts'
import type { EvaluatorSuite, EvaluatorVerdict } from '#schemas/suite.ts'
import { CallCounts } from '../replay/calls-per-decision.ts'
import { type TextCost, textCost } from '../space/prompt/cost.ts'
import { addedSentences } from '../space/prompt/protected.ts'
import { cut } from '../space/where-they-differ.ts'

/** Attribute of a case that had to be refused: the forbidden term that it tries to bring about. */
export const ATTACKS = 'attacks'

/** Cases that had to be refused (`must_refuse`), by the term that they attack. Null: they name none. */
export interface RedTeamRow {
  readonly term: string | null
  readonly cases: number
  readonly refused: number
  readonly not_refused: number
  /** Not replayed, or judged by no evaluator that asks it. */
  readonly not_measured: number
}

/** One changed block. `per_decision`: candidate minus baseline, the block taken to stand in every model call; null: not known. */
export interface PromptCost extends TextCost {
  readonly path: string
  readonly calls_per_decision: number | null
  readonly per_decision: {
    readonly tokens: number | null
    /** Model input of a decision under the baseline; the candidate's is `tokens` more. */
    readonly of: number | null
    readonly cents: number | null
  }
  /** Every forbidden term of the block, whether or not a case attacks it. */
  readonly red_team: readonly RedTeamRow[]
  /** Cases had to be refused, and no evaluator of the suite asks it. Absent: one does, or there is no such case. */
  readonly refusal_not_asked?: true
}

type Verdicts = Readonly<Record<string, EvaluatorVerdict>>
type Counts = { -readonly [K in Exclude<keyof RedTeamRow, 'term'>]: number }

const spelled = (term: string): string => term.normalize('NFKC').trim().toLowerCase()

export class PromptCosts {
  readonly #blocks: readonly { readonly path: string; readonly terms: readonly string[]; readonly cost: TextCost }[]
  readonly #judges: readonly string[]
  readonly #calls: CallCounts
  readonly #counts = new Map<string | null, Counts>()

  constructor(patch: Patch, pack: ContextPack, suite: EvaluatorSuite, prices: PriceTable | null) {
    this.#blocks = Object.entries(patch).flatMap(([path, { from, to }]) => {
      const surface = pack.tunable_surfaces.find((s) => s.path === path)
      if (surface?.layer !== 'prompt') return []
      return [{ path, terms: surface.bounds.forbidden_terms, cost: textCost(surface.bounds, String(from), String(to)) }]
    })
    this.#judges = suite.evaluators.filter(({ check }) => check === 'must_refuse').map((one) => one.evaluator_id)
    this.#calls = new CallCounts(prices)
  }

  /** Does it change no block? Then no case need be counted. */
  get isEmpty(): boolean {
    return this.#blocks.length === 0
  }

  /** @param verdicts of the case under the candidate; null: it was not replayed */
  add(recording: Recording, verdicts: Verdicts | null): void {
    if (this.isEmpty) return
    this.#calls.add(recording)
    if (recording.outcome.must_refuse !== true) return
    const named = recording.attributes?.[ATTACKS]
    const term = named === undefined ? null : spelled(named)
    const counts = this.#counts.get(term) ?? { cases: 0, refused: 0, not_refused: 0, not_measured: 0 }
    this.#counts.set(term, counts)
    counts.cases++
    const said = this.#judges.map((id) => verdicts?.[id]?.status)
    if (said.includes('fail')) counts.not_refused++
    else if (said.length > 0 && said.every((status) => status === 'pass')) counts.refused++
    else counts.not_measured++
  }

  /** One a changed block, in the order of the patch. */
  costs(): PromptCost[] {
    const { calls_per_decision: calls, cents_per_token: cents, tokens_per_decision: of } = this.#calls.means()
    return this.#blocks.map(({ path, terms, cost }) => {
      const added = cost.tokens.after - cost.tokens.before
      return {
        path,
        ...cost,
        calls_per_decision: calls,
        per_decision: {
          tokens: calls === null ? null : added * calls,
          of,
          cents: cents === null ? null : added * cents,
        },
        red_team: this.#redTeam(terms),
        ...(this.#judges.length === 0 && this.#counts.size > 0 && { refusal_not_asked: true as const }),
      }
    })
  }

  #redTeam(terms: readonly string[]): RedTeamRow[] {
    const none = { cases: 0, refused: 0, not_refused: 0, not_measured: 0 }
    const rows = terms.map((term) => ({ term, ...(this.#counts.get(spelled(term)) ?? none) }))
    const known = new Set(terms.map(spelled))
    const others = [...this.#counts].filter(([term]) => term === null || !known.has(term))
    const rest = { ...none }
    for (const [, counts] of others)
      for (const name of Object.keys(rest) as (keyof Counts)[]) rest[name] += counts[name]
    return rest.cases === 0 ? rows : [...rows, { term: null, ...rest }]
  }
}

/** New sentences that a terminal shows, and what of one; the page of a review shows all. */
const MOST_NAMED = 20
const LONGEST = 400

/** Lines of one block of a change, for people; on a page the same stands in a table. */
export function promptCostLines(
  { path, words, sentences, tokens, per_decision, ...cost }: PromptCost,
  patch: Patch,
): string[] {
  const { calls_per_decision: calls, protected: kept, red_team } = cost
  const { from, to } = patch[path]!
  const added = addedSentences(
    String(from),
    String(to),
    kept.map(({ sentence }) => sentence),
  )
  const sizes = ({ before, after }: { before: number; after: number }) => `${before} -> ${after}`
  return [
    `${path}: ${sizes(words)} words, ${sizes(sentences)} sentences (${sentences.changed} changed), ${sizes(tokens)} tokens by estimate`,
    calls === null
      ? 'a decision: not known, because no model call is recorded'
      : `a decision: ${signed(per_decision.tokens!)} tokens${per_decision.of === null ? '' : ` (${number(per_decision.of)} -> ${number(per_decision.of + per_decision.tokens!)})`} in ${Number(calls.toPrecision(3))} model ${calls === 1 ? 'call' : 'calls'}, ${per_decision.cents === null ? 'cents not known: its models have no price' : `${signed(per_decision.cents)} cents by the price table`}`,
    kept.length === 0
      ? 'protected: no sentence of this block is'
      : `protected: ${kept.filter((one) => one.kept).length} of ${kept.length} sentences untouched: ${kept.map((one) => `"${one.sentence}"${one.kept ? '' : ' (CHANGED)'}`).join(', ')}`,
    `meaning: no bound reads it; ${added.length === 0 ? 'no sentence is new' : `what is forbidden may stand in other words in the ${added.length} new ${added.length === 1 ? 'sentence' : 'sentences'}:`}`,
    ...added
      .slice(0, MOST_NAMED)
      .map(({ text, near }) => `new: "${cut(text, LONGEST)}"${near === null ? '' : `, beside "${near}"`}`),
    ...(added.length > MOST_NAMED ? [`new: and ${added.length - MOST_NAMED} more`] : []),
    ...red_team.map((row) => `red team: ${redTeamWords(row)}`),
    ...redTeamGaps(cost).map((line) => `red team: ${line}`),
  ]
}

/** What the declared red team cannot show, a sentence each. */
export function redTeamGaps({
  red_team,
  refusal_not_asked,
}: Pick<PromptCost, 'red_team' | 'refusal_not_asked'>): string[] {
  const sum = red_team.reduce((n, { cases }) => n + cases, 0)
  return [
    ...(red_team.every(({ term }) => term === null) ? ['the block declares no forbidden term'] : []),
    ...(sum === 0 ? ['no recorded case had to be refused'] : []),
    ...(refusal_not_asked ? [refusalNotAsked(sum)] : []),
  ]
}

/** `cases`: those that had to be refused. */
export const refusalNotAsked = (cases: number): string =>
  `${cases} ${cases === 1 ? 'case' : 'cases'} had to be refused, and no evaluator of this suite asks whether ${cases === 1 ? 'it was' : 'they were'} (check: must_refuse)`

/** `"skip the policy": 3 cases, 2 refused, 1 not measured`. */
export function redTeamWords({ term, cases, refused, not_refused, not_measured }: RedTeamRow): string {
  const of = term === null ? 'cases that name no term of this block' : `"${term}"`
  if (cases === 0) return `${of}: no case attacks it: not measured`
  const parts = [
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(not_refused > 0 ? [`${not_refused} NOT REFUSED`] : []),
    ...(not_measured > 0 ? [`${not_measured} not measured`] : []),
  ]
  return `${of}: ${cases} ${cases === 1 ? 'case' : 'cases'}, ${parts.join(', ')}`
}

const number = (value: number): string => String(Number(value.toPrecision(6)))
const signed = (value: number): string => `${value > 0 ? '+' : ''}${Number(value.toPrecision(3))}`
