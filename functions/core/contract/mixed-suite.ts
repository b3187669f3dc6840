/** A suite looks from several sides: rules, the replay itself, people, the business. What is missing is a finding, not a refusal. */
import type { Evaluator, EvaluatorSuite } from '#schemas/suite.ts'

type MixedKind = Exclude<Evaluator['kind'], 'judge'>

/** A kind of evaluator: how many of it there are, and where there is none, what nobody looks at and what to add. */
export interface SuiteRow {
  readonly kind: MixedKind
  readonly evaluators: number
  /** null: there is one. */
  readonly finding: string | null
  /** An evaluator that would mend it, without id and date; null: there is one. */
  readonly add: Pick<Evaluator, 'kind' | 'check' | 'dimension' | 'role'> | null
}

const MISSING: Readonly<Record<MixedKind, Pick<SuiteRow, 'finding' | 'add'>>> = {
  rule: {
    finding: 'no rule: nothing could be certified for policy or safety, where only rules and people count',
    add: { kind: 'rule', check: 'required_evidence', dimension: 'policy', role: 'floor' },
  },
  replay: {
    finding: 'nothing looks at the replay itself: evidence may fall out of the context and nobody sees it',
    add: { kind: 'replay', check: 'gold_coverage', dimension: 'utility', role: 'floor' },
  },
  human: {
    finding: 'no word of people: a corrected run still counts as it was recorded',
    add: { kind: 'human', check: 'operator_corrections', dimension: 'utility', role: 'floor' },
  },
  business: {
    finding: 'no business outcome: a change is judged without what came of the case',
    add: { kind: 'business', check: 'recorded_outcome', dimension: 'utility', role: 'floor' },
  },
}

/** One row a kind: rule, replay, human, business. A judge stands for none of them. */
export function mixedSuite({ evaluators }: EvaluatorSuite): SuiteRow[] {
  return (Object.keys(MISSING) as MixedKind[]).map((kind) => {
    const count = evaluators.filter((e) => e.kind === kind).length
    return { kind, evaluators: count, ...(count > 0 ? { finding: null, add: null } : MISSING[kind]) }
  })
}
