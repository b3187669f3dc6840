/** A model judge as a suite pins it. */
import type { JudgeEvaluator } from '#core/evaluate/judge-prompt.ts'
import { Evaluator } from '#schemas/suite.ts'

export const JUDGE = {
  evaluator_id: 'tone',
  evaluator_version: '2026-06-01',
  dimension: 'utility',
  role: 'floor',
  kind: 'judge',
  check: 'model',
  rubric: 'Does the context hold a passage of the policy?',
  asks: {
    model: { provider: 'openai', base_url: 'http://127.0.0.1:8080/v1', model: 'small' },
    max_tokens: 100,
    temperature: 0,
    seed: 7,
  },
  reads: ['context', 'outcome'],
}

export const aJudge = (over: object = {}): JudgeEvaluator => Evaluator.parse({ ...JUDGE, ...over }) as JudgeEvaluator
