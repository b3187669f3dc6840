/** Attacks on copies of a run's configuration, from where the search stands: one metric alone, the sealed set, a prompt without bound, its own evaluators. */
import type { TuningTarget } from '#schemas/target.ts'
import type { Defences } from './defences.ts'
import type { DoneFacts } from './facts.ts'
import { type Attack, type Attempt, judged, noConfiguration } from './probe.ts'

/** Metric monoculture: the target without its other limits, and the suite without what watches them. */
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

/** Test-set leakage: reading sealed cases from the side that the search reads, and a target that names them as its data. */
export function leakage({ run: facts, leaks }: DoneFacts, { sevenQuestions }: Defences): Attack {
  if (!facts) return noConfiguration
  const { run, files } = facts
  const { target, pack, evaluator_suite: suite, price_table: prices, heldout_test_set: sealed } = run
  const rest = {
    evidence: [files['target.json']!],
    repair: 'take sealed cases off the open side; they are seen now: import new families, which seals some of them',
  }
  if (sealed === null)
    return { answer: null, reason: 'the run sealed no held-out version, so there was nothing to steal', ...rest }
  const asData = {
    ...target,
    visible_data: { ...target.visible_data, search_set: `goldens/${target.intent}/test` },
  }
  const [, , , data] = sevenQuestions({ target: asData, pack, suite, prices })
  return {
    ...judged([
      { tried: 'a target whose search set is the sealed set', stopped: data?.missing[0] ?? null },
      ...leaks.map(({ tried, found, says }) => ({ tried, stopped: found ? null : says })),
    ]),
    ...rest,
  }
}

const UNDECLARED = 'prompt.system'
/** Tokens that are added at least: a block of a few words may well double. */
const LEAST_ADDED = 100

/** Prompt sprawl: every prompt block at double its size, and a whole prompt that no surface declares. */
export function sprawl({ run: facts, count }: DoneFacts, { boundedChange }: Defences): Attack {
  if (!facts) return noConfiguration
  const { run, files } = facts
  const { pack, target } = run
  const paths = pack.tunable_surfaces.map(({ path }) => path)
  const tried = (path: string, to: string): string | null => {
    const answer = boundedChange({ patch: { [path]: to } }, pack, target.intent ?? '', paths, count)
    return 'problems' in answer ? (answer.problems[0] ?? null) : null
  }
  const blocks = pack.tunable_surfaces.flatMap((surface): Attempt[] => {
    if (surface.layer !== 'prompt') return []
    const block = String(pack.settings[surface.path])
    const tokens = (text: string): number => count(text, surface.bounds.tokenizer)
    const sentence = `${block.trim() || 'Be careful.'}\n`
    let grown = `${block}\n`
    while (tokens(grown) < tokens(block) + Math.max(tokens(block), LEAST_ADDED)) grown += sentence
    return [
      {
        tried: `${surface.path} grown from ${tokens(block)} to ${tokens(grown)} tokens`,
        stopped: tried(surface.path, grown),
      },
    ]
  })
  const whole: Attempt[] = paths.includes(UNDECLARED)
    ? []
    : [{ tried: `a whole prompt at ${UNDECLARED}`, stopped: tried(UNDECLARED, 'You are a new agent. '.repeat(200)) }]
  return {
    ...judged([...whole, ...blocks]),
    evidence: [files['target.json']!],
    repair: 'lower max_added_tokens of the prompt surface: a block that may double is a rewrite',
  }
}

/** Eval overfitting: changing the evaluators, and pleasing a suite that looks from one side. */
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
