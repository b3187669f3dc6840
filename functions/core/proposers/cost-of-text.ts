/** What another text of a prompt block does to the cost of a decision: the one thing that is known of it beforehand. */
import type { Prediction } from '#schemas/prediction.ts'
import { estimatedTokens } from '../space/prompt/tokens.ts'
import type { ProposerInput } from './proposer.ts'

/** The block is taken to stand in every model call of a decision. Of what a model then says nothing is predicted. */
export function costOfText(
  { facts, target }: Pick<ProposerInput, 'facts' | 'target'>,
  from: string,
  to: string,
): Prediction {
  const tokens = estimatedTokens(to) - estimatedTokens(from)
  const { calls_per_decision: calls, cents_per_token: cents } = facts
  if (target.metric === 'economics_cents_per_decision')
    return { metric: target.metric, by: cents === null ? null : tokens * cents, cases: null }
  return { metric: 'economics_tokens_per_decision', by: calls === null ? null : tokens * calls, cases: null }
}
