/** One row a rule: what each evaluator of a suite says of the cases at hand, with the first case of each kind. */
import type { Evaluator, EvaluatorSuite, EvaluatorVerdict } from '#schemas/suite.ts'
import type { Exposure } from './exposures.ts'
import { findingText } from './finding-text.ts'

type RuleColumn = 'passes' | 'fails' | 'not_measured' | 'not_at_stake' | 'not_recorded'

/** The first case of a column. `says`: the finding with its argument, evidence or step; null: there is nothing to say. */
interface RuleExample {
  readonly column: RuleColumn
  readonly rule: string
  readonly case_id: string
  readonly says: string | null
}

/**
 * An evaluator over cases: `passes`, `fails` and `not_measured` add up to `cases`. `not_at_stake` and `not_recorded` count
 * the same cases once more, by what is recorded of them; null: nobody said.
 */
export interface RuleRow extends Pick<Evaluator, 'check' | 'kind' | 'dimension' | 'role'> {
  readonly rule: string
  readonly cases: number
  readonly passes: number
  readonly fails: number
  readonly not_measured: number
  readonly not_at_stake: number | null
  readonly not_recorded: number | null
  readonly examples: readonly RuleExample[]
}

/** A scored case. `scores`: verdicts by evaluator id; null: it could not be replayed, so no rule is measured on it. */
interface ScoredCase {
  readonly case_id: string
  readonly scores: Readonly<Record<string, EvaluatorVerdict>> | null
  /** What the case's record lets an evaluator see; null: not known. */
  readonly exposure: (evaluator: Evaluator) => Exposure | null
}

const COLUMNS: readonly RuleColumn[] = ['passes', 'fails', 'not_measured', 'not_at_stake', 'not_recorded']

/** Cases added one by one; rows in the order of the suite. */
export class RuleTable {
  readonly #tallies: readonly Tally[]

  constructor(suite: EvaluatorSuite) {
    this.#tallies = suite.evaluators.map((evaluator) => new Tally(evaluator))
  }

  add(scored: ScoredCase): void {
    for (const tally of this.#tallies) tally.add(scored)
  }

  rows(): RuleRow[] {
    return this.#tallies.map((tally) => tally.row())
  }
}

class Tally {
  readonly #evaluator: Evaluator
  readonly #counts: Record<RuleColumn, number> = {
    passes: 0,
    fails: 0,
    not_measured: 0,
    not_at_stake: 0,
    not_recorded: 0,
  }
  readonly #examples = new Map<RuleColumn, RuleExample>()
  #cases = 0
  /** Cases of which somebody said what their record lets this evaluator see. */
  #known = 0

  constructor(evaluator: Evaluator) {
    this.#evaluator = evaluator
  }

  add({ case_id, scores, exposure }: ScoredCase): void {
    const verdict = scores?.[this.#evaluator.evaluator_id]
    this.#cases++
    const column = !verdict || verdict.score === null ? 'not_measured' : verdict.status === 'pass' ? 'passes' : 'fails'
    const says = verdict ? (verdict.findings.length > 0 ? findingText(verdict) : null) : 'could not be replayed'
    this.#count(column, case_id, says)
    const seen = exposure(this.#evaluator)
    if (seen === null) return
    this.#known++
    if (seen !== 'exposed') this.#count(seen, case_id, null)
  }

  #count(column: RuleColumn, case_id: string, says: string | null): void {
    this.#counts[column]++
    if (this.#examples.has(column)) return
    this.#examples.set(column, { column, rule: this.#evaluator.evaluator_id, case_id, says })
  }

  row(): RuleRow {
    const { evaluator_id, check, kind, dimension, role } = this.#evaluator
    const { not_at_stake, not_recorded, ...verdicts } = this.#counts
    // A count over some of the cases would read like one over all of them.
    const isKnown = this.#cases > 0 && this.#known === this.#cases
    return {
      rule: evaluator_id,
      check,
      kind,
      dimension,
      role,
      cases: this.#cases,
      ...verdicts,
      not_at_stake: isKnown ? not_at_stake : null,
      not_recorded: isKnown ? not_recorded : null,
      examples: COLUMNS.flatMap((column) => this.#examples.get(column) ?? []),
    }
  }
}
