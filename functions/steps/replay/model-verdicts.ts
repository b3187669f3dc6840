/** Verdicts of model judges: each question is asked of the side's own cache, and what is not kept there is paid for. */
import type { VerdictAnswer } from '#core/evaluate/asked.ts'
import { type JudgeEvaluator, judgeRequests, judgeVerdict, type Said } from '#core/evaluate/judge-prompt.ts'
import type { ModelRefusal, ModelReply } from '#core/model/reply.ts'
import { UserError } from '../../errors.ts'
import type { ModelPort, VerdictSide } from '../../ports.ts'
import { inParallel } from '../../streams/groups.ts'

/** Questions at once. */
const AT_ONCE = 16
/** Views after which a judge that gave no verdict on any of them is asked no more. */
const TRIED = 8

/**
 * Answers about views, in their order. Throws UserError where the model cannot be asked, and where it gave no verdict on any
 * of the first search cases; what was answered until then is kept.
 *
 * @param through the model behind the cache of a side
 */
export async function modelVerdicts(
  evaluator: JudgeEvaluator,
  views: readonly string[],
  side: VerdictSide,
  through: (side: VerdictSide) => ModelPort,
): Promise<VerdictAnswer[]> {
  const model = through(side)
  const judge = async (view: string): Promise<VerdictAnswer> => {
    const said: Said[] = []
    for (const request of judgeRequests(evaluator, view)) said.push(saidIn(await answered(evaluator, model, request)))
    return judgeVerdict(evaluator, said)
  }
  const first = await inParallel(views.slice(0, TRIED), AT_ONCE, judge)
  const lost = first.filter((answer) => 'failed' in answer)
  if (side === 'search' && lost.length === TRIED)
    throw new UserError(
      `the judge of ${evaluator.evaluator_id} gave no verdict on any of ${TRIED} cases: ${(lost[0] as { failed: string }).failed}. Nothing was spent of the sealed set: mend rubric or model, and publish the suite under a new version`,
    )
  return [...first, ...(await inParallel(views.slice(TRIED), AT_ONCE, judge))]
}

async function answered(
  { evaluator_id }: JudgeEvaluator,
  model: ModelPort,
  request: Parameters<ModelPort['converse']>[0],
): Promise<ModelReply | ModelRefusal> {
  try {
    return await model.converse(request)
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(
      `the judge of ${evaluator_id} cannot be asked: ${(error as Error).message}. What it answered is kept: begin again`,
    )
  }
}

function saidIn(reply: ModelReply | ModelRefusal): Said {
  if ('refused' in reply) return { none: `the judge refused: ${reply.refused}` }
  if (reply.cut) return { none: 'the judge’s answer ended at max_tokens' }
  return reply.content === null || reply.content.trim() === ''
    ? { none: 'the judge answered nothing' }
    : { text: reply.content }
}
