/** The first case in which a change breaks each guardrail that one case can break: which rule says so, and where. */
import type { Evaluator } from '#schemas/suite.ts'
import { findingText } from '../evaluate/finding-text.ts'
import { FLOORS } from '../evaluate/guardrails.ts'
import { floorsOf, type Measures } from '../evaluate/scorecard.ts'
import type { CaseAnswer } from './replayer.ts'
import type { SearchInput } from './search-input.ts'

/** A case that breaks a guardrail. `rule`: id of the evaluator; null: no evaluator of the suite says so, the replay itself does. */
export interface LimitExample {
  readonly guardrail: string
  readonly case_id: string
  readonly rule: string | null
  /** What was seen, with the evidence or the step where it was. */
  readonly says: string
}

const DIMENSION = {
  policy: 'policy',
  safety: 'safety',
  approval_bypass_rate: 'approval',
  utility_delta: 'utility',
} as const satisfies Record<string, Evaluator['dimension']>
type Breakable = keyof typeof DIMENSION

export class FirstBreaks {
  readonly #input: SearchInput
  readonly #found = new Map<Breakable, LimitExample>()

  constructor(input: SearchInput) {
    this.#input = input
  }

  /** Told each case in order; `answer`: null where the baseline's own record stands. */
  add(caseIndex: number, measures: Measures, answer: CaseAnswer | null): void {
    const { panel, target } = this.#input
    const base = panel.baseline.at(caseIndex)!
    for (const name of Object.keys(DIMENSION) as Breakable[]) {
      if (this.#found.has(name) || !target.guardrails[name]) continue
      const broken =
        name === 'utility_delta'
          ? base.utility_passed === true && measures.utility_passed !== true
          : base[FLOORS[name]] !== null && measures[FLOORS[name]] !== false
      if (broken) this.#found.set(name, this.#example(name, panel.cases.at(caseIndex)!.case_id, answer))
    }
  }

  /** In the order of the guardrails. */
  examples(): LimitExample[] {
    return (Object.keys(DIMENSION) as Breakable[]).flatMap((name) => this.#found.get(name) ?? [])
  }

  #example(guardrail: Breakable, case_id: string, answer: CaseAnswer | null): LimitExample {
    const { suite } = this.#input
    const told = (rule: string | null, says: string): LimitExample => ({ guardrail, case_id, rule, says })
    if (!answer) return told(null, 'the recorded baseline itself')
    const { scorecard, reason } = answer.result
    if (!scorecard) return told(null, reason?.split('\n', 1)[0] ?? 'could not be replayed')
    const verdicts = floorsOf(suite, DIMENSION[guardrail]).map((e) => scorecard.scores[e.evaluator_id]!)
    const failed = verdicts.find((v) => v.status === 'fail') ?? verdicts.find((v) => v.score === null)
    if (failed) return told(failed.evaluator_id, findingText(failed))
    return told(null, 'an action would run without the approval that the baseline asks for')
  }
}
