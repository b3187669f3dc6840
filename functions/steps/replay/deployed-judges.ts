/** Modules that judge in a deployment: which there are, how they are held, and why one cannot be asked. */
import type { AskedEvaluator } from '#core/evaluate/asked.ts'
import { isAtMost } from '#core/statistics/compare.ts'
import { type DeployedJudge, MOST_DEPLOYED_MS, VERDICT_MS } from '#schemas/judge-call.ts'
import type { Cage } from '#schemas/run.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { FunctionCaller } from '../../ports.ts'

/** An evaluator that asks a module. */
export type ModuleEvaluator = Extract<AskedEvaluator, { check: 'module' }>

/** Modules that are deployed for one side, and how they are called. */
export interface DeployedJudges {
  readonly judges: readonly DeployedJudge[]
  readonly callJudge: FunctionCaller
}

/** How a module is held there, whether it judges or replays: its process wears the belt, and the Node of Lambda gates no network. */
export const JUDGE_CAGE: Cage = 'belt without network gate'

/** Why a module cannot be asked in this deployment, and what to do; null: it can. Runs nothing. */
export function judgeProblem(
  { module, digest, limit_ms = VERDICT_MS }: ModuleEvaluator,
  judges: readonly DeployedJudge[],
): string | null {
  if (!isAtMost(limit_ms, MOST_DEPLOYED_MS))
    return `gives the module ${module} ${limit_ms} ms a view, and a deployment waits ${MOST_DEPLOYED_MS} ms at most: publish the suite under a new version with a shorter limit_ms, or run it on a folder`
  if (judges.some((judge) => judge.digest === digest)) return null
  const there = judges.map((judge) => judge.digest.slice(0, 19)).join(', ')
  return `asks the module ${module} of digest ${digest.slice(0, 19)}, and this deployment has ${there ? `others (${there})` : 'none'}: deploy it with -c judges=${module}, from the bytes that the suite pins`
}

/** The first module of a suite that this deployment cannot ask; null: it can ask each. */
export function undeployedJudge(
  { evaluators, suite }: EvaluatorSuite,
  judges: readonly DeployedJudge[],
): string | null {
  for (const evaluator of evaluators) {
    const problem = evaluator.check === 'module' ? judgeProblem(evaluator, judges) : null
    if (problem !== null) return `evaluator ${evaluator.evaluator_id} of ${suite} ${problem}`
  }
  return null
}
