/** Eval overfitting: changing the evaluators, and pleasing a suite that looks from one side. */
import type { DoneFacts } from '../facts.ts'
import { type Attack, type Attempt, judged, noConfiguration } from '../probe.ts'
import type { Defences } from './defences.ts'

export function overfitting(
  { run: facts, count }: DoneFacts,
  { boundedChange, mixedSuite, sevenQuestions }: Defences,
): Attack {
  if (!facts) return noConfiguration
  const { run, files } = facts
  const { pack, target, evaluator_suite: suite, price_table: prices } = run
  const kinds = mixedSuite(suite).filter(({ evaluators }) => evaluators > 0)
  const path = 'evals.threshold'
  const changed = boundedChange({ patch: { [path]: 0 } }, pack, target.intent ?? '', [path], count)
  const [first] = pack.tunable_surfaces
  // The attacker declares the path as a surface of its own, in a copy of the pack.
  const opened = {
    ...pack,
    settings: { ...pack.settings, [path]: 1 },
    tunable_surfaces: [...pack.tunable_surfaces, ...(first ? [{ ...first, path } as typeof first] : [])],
  }
  const asked = { ...target, search_space: [...(target.search_space ?? []), path] }
  const declared = sevenQuestions({ target: asked, pack: opened, suite, prices })[2]?.missing.at(-1) ?? null
  const attempts: Attempt[] = [
    { tried: `a candidate that sets ${path}`, stopped: 'problems' in changed ? (changed.problems[0] ?? null) : null },
    { tried: `a pack that declares ${path} tunable`, stopped: declared },
    ...kinds.map(({ kind }) => {
      const others = kinds.filter((one) => one.kind !== kind).map((one) => one.kind)
      return {
        tried: `a candidate that pleases every ${kind} evaluator`,
        stopped: others.length > 0 ? `${others.join(', ')} evaluators still look at it` : null,
      }
    }),
  ]
  return {
    ...judged(attempts),
    evidence: [files['target.json']!],
    repair:
      'mix the suite: rules, the replay, people and the business outcome; doctor names an evaluator for each kind that is missing',
  }
}
