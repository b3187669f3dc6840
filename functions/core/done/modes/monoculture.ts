/** Metric monoculture: the target without its other limits, and the suite without what watches them. */
import type { TuningTarget } from '#schemas/target.ts'
import type { DoneFacts } from '../facts.ts'
import { type Attack, type Attempt, judged, noConfiguration } from '../probe.ts'
import type { Defences } from './defences.ts'

export function monoculture({ run: facts }: DoneFacts, { sevenQuestions }: Defences): Attack {
  if (!facts) return noConfiguration
  const { run, files } = facts
  const { target, pack, evaluator_suite: suite, price_table: prices } = run
  const refusal = (asked: TuningTarget, evaluators = suite.evaluators): string | null =>
    sevenQuestions({ target: asked, pack, suite: { ...suite, evaluators }, prices })[1]?.missing[0] ?? null
  const without = ['policy', 'safety', 'utility_delta'].flatMap((name): Attempt[] => {
    const guardrails = Object.fromEntries(Object.entries(target.guardrails ?? {}).filter(([key]) => key !== name))
    // Utility needs no limit beside itself where it is the metric.
    if (name === 'utility_delta' && !(name in (target.guardrails ?? {}))) return []
    return [{ tried: `the target without its limit on ${name}`, stopped: refusal({ ...target, guardrails }) }]
  })
  const unwatched = (['policy', 'safety'] as const).map((dimension) => ({
    tried: `the suite without what watches ${dimension}`,
    stopped: refusal(
      target,
      suite.evaluators.filter((one) => one.dimension !== dimension),
    ),
  }))
  const own = refusal(target)
  return {
    ...(own === null
      ? judged([
          { tried: 'the target with its one metric alone', stopped: refusal({ ...target, guardrails: {} }) },
          ...without,
          ...unwatched,
        ])
      : { answer: 'no', reason: `the configuration itself lacks limits: ${own}` }),
    evidence: [files['target.json']!],
    repair: 'declare a limit in every dimension, and an evaluator that watches it',
  }
}
