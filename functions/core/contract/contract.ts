/** The contract of a run: questions answered, invariants untouched. What is missing refuses the run before anything is read. */
import type { ContextPack, PriceTable } from '#schemas/pack.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { type ContractFacts, isAnswered, notStored, sevenQuestions } from './questions.ts'

/** The contract with the documents it pins; `null` where the store does not hold one. */
interface ContractInput {
  readonly target: TuningTarget
  readonly pack: ContextPack | null
  readonly evaluator_suite: EvaluatorSuite | null
  readonly price_table: PriceTable | null
  readonly standing?: ContractFacts['standing']
  readonly candidates?: ContractFacts['candidates']
}

/** Lines of the unanswered questions; empty when the contract stands. */
export const contractReasons = (run: ContractInput): string[] =>
  linesOf({
    target: run.target,
    pack: run.pack,
    suite: run.evaluator_suite,
    prices: run.price_table,
    ...(run.standing ? { standing: run.standing, candidates: run.candidates ?? null } : {}),
  })

function linesOf(facts: ContractFacts): string[] {
  const questions = sevenQuestions(facts)
  return isAnswered(questions) ? [] : questions.flatMap((q) => q.missing)
}

/** Lines of what a target leaves unanswered by itself, whatever a store holds. */
export function unansweredAlone(target: TuningTarget): string[] {
  const facts = { target, pack: null, suite: null, prices: null }
  const ofTheStore: readonly unknown[] = Object.values(notStored(facts))
  return linesOf(facts).filter((line) => !ofTheStore.includes(line))
}

export { resolveTarget } from './resolve.ts'
