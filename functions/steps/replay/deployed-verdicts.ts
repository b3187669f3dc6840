/** Verdicts of modules that a deployment runs, one function a module and side of the split; of the rest, whoever else judges. */
import { noVerdict, type VerdictAnswer, verdictAnswerOf } from '#core/evaluate/asked.ts'
import { type JudgeCall, JudgeReturn, VERDICT_MS, VIEWS_A_CALL } from '#schemas/judge-call.ts'
import { UserError } from '../../errors.ts'
import type { VerdictSource } from '../../ports.ts'
import { inParallel } from '../../streams/groups.ts'
import { type DeployedJudges, JUDGE_CAGE, judgeProblem, type ModuleEvaluator } from './deployed-judges.ts'
import { judgedTwice } from './verdicts.ts'

/** What a call takes beside its views: the function starts, and loads the module. */
const START_MS = 60_000

/**
 * The source of a deployed function. It is handed the functions of its own side alone: what a sealed case leaves in one is
 * nowhere near the search.
 *
 * @param others who judges what is no module; null: nobody
 * @param most calls at once, and of each function no more than are reserved for it
 */
export const deployedVerdicts = (
  others: VerdictSource | null,
  { judges, callJudge }: DeployedJudges,
  most: number,
): VerdictSource => ({
  cage: JUDGE_CAGE,

  async judge(question, side) {
    const { evaluator, views } = question
    if (evaluator.check !== 'module')
      return others ? await others.judge(question, side) : views.map(() => noVerdict('nobody here can be asked for it'))
    const problem = judgeProblem(evaluator, judges)
    if (problem !== null) throw new UserError(`evaluator ${evaluator.evaluator_id} ${problem}`)
    const atOnce = Math.min(most, judges.find(({ digest }) => digest === evaluator.digest)!.at_once)
    const name = `the module ${evaluator.module} of ${evaluator.evaluator_id}`
    return await judgedTwice(name, views, side, async (some) => {
      const size = Math.min(VIEWS_A_CALL, Math.max(1, Math.ceil(some.length / atOnce)))
      const calls = Array.from({ length: Math.ceil(some.length / size) }, (_, i) =>
        some.slice(i * size, (i + 1) * size),
      )
      return (await inParallel(calls, atOnce, (part) => answersTo(part, evaluator, { judges, callJudge }))).flat()
    })
  },

  async problem(evaluator) {
    if (evaluator.check === 'module') return judgeProblem(evaluator, judges)
    return others ? await others.problem(evaluator) : null
  },
})

/** Answers to some views. Where a call is lost as a whole, each of its views is asked alone: one is at fault, and not the others. */
async function answersTo(
  views: readonly string[],
  evaluator: ModuleEvaluator,
  { judges, callJudge }: DeployedJudges,
): Promise<VerdictAnswer[]> {
  const { digest, limit_ms = VERDICT_MS } = evaluator
  const { function_arn: arn } = judges.find((judge) => judge.digest === digest)!
  const request: JudgeCall = { views, limit_ms }
  const called = await callJudge.call(arn, request, START_MS + 2 * views.length * limit_ms)
  if ('failed' in called) {
    if (views.length === 1) return [noVerdict(called.failed)]
    const alone: VerdictAnswer[] = []
    for (const view of views) alone.push(...(await answersTo([view], evaluator, { judges, callJudge })))
    return alone
  }
  const { data: reply } = JudgeReturn.safeParse(called.returned)
  if (!reply) return views.map(() => noVerdict('its function answers in another protocol: deploy it anew'))
  if (reply.digest !== digest)
    throw new UserError(
      `the function of the module ${evaluator.module} runs other bytes (${reply.digest.slice(0, 19)}) than the suite pins (${digest.slice(0, 19)}): deploy it anew with -c judges=${evaluator.module}`,
    )
  if ('unloadable' in reply) throw new UserError(reply.unloadable)
  if (reply.answers.length !== views.length)
    return views.map(() => noVerdict(`${reply.answers.length} answers came for ${views.length} views`))
  return reply.answers.map((answer) =>
    'failed' in answer ? noVerdict(answer.failed) : verdictAnswerOf(answer.returned),
  )
}
