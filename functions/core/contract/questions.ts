/** The article's seven questions. A run must not start until each has an answer; a missing one says how to supply it. */
import type { Patch } from '#schemas/common.ts'
import { isOwnMetric, METRIC_NAMES, type MetricName, metricOf, scoredBy } from '#schemas/metrics.ts'
import type { ContextPack, PriceTable } from '#schemas/pack.ts'
import { protectedBy } from '#schemas/protected-paths.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { fieldOf, isTrimmable } from '../replay/settings-plan.ts'
import { valuesOf } from '../space/lattice.ts'
import { exceptionFor, floorProblem, LEAST_FLOOR } from './exceptions.ts'
import { DEFAULT_SHARE } from './resolve.ts'
import { type Standing, standingProblems } from './standing.ts'

/** One question with its answer, or with what is missing and how to supply it. */
export interface Question {
  readonly question: string
  readonly answer: string | null
  readonly missing: readonly string[]
}

/** What the contract is checked against; `null` where the store does not hold it. */
export interface ContractFacts {
  readonly target: TuningTarget
  readonly pack: ContextPack | null
  readonly suite: EvaluatorSuite | null
  readonly prices: PriceTable | null
  /** What stands in the way, where somebody has looked; absent: nobody has, as when a run is recomputed. */
  readonly standing?: Standing
  /** Hand-written changes of the run, if there are any. */
  readonly candidates?: readonly { readonly patch: Patch }[] | null
}

/** What is said of each document that a target pins and the store does not hold; false where there is nothing to say. */
export function notStored({ target: { baseline_tuple: tuple }, pack, suite, prices }: ContractFacts) {
  const line = (ref: string | undefined, held: object | null, option: string) =>
    ref !== undefined && !held && `${ref} is not in this store: publish it with "autotune import --${option} FILE"`
  return {
    pack: line(tuple?.pack, pack, 'pack'),
    suite: line(tuple?.evals, suite, 'suite'),
    prices: line(tuple?.price_table, prices, 'prices'),
  }
}

/** All seven, in the article's order. */
export function sevenQuestions(facts: ContractFacts): Question[] {
  return [
    targetQuestion(facts),
    guardrailQuestion(facts),
    spaceQuestion(facts),
    dataQuestion(facts),
    scoringQuestion(facts),
    choiceQuestion(facts),
    shippingQuestion(facts),
  ]
}

/** Is every question answered? */
export const isAnswered = (questions: readonly Question[]): boolean => questions.every((q) => q.missing.length === 0)

function ask(
  question: string,
  answer: () => string,
  missing: readonly (string | false | null | undefined)[],
): Question {
  const lines = missing.filter((m): m is string => typeof m === 'string')
  return { question, answer: lines.length > 0 ? null : answer(), missing: lines }
}

/** Why a metric of one's own is none; null: it is, or it is not one's own. */
export function ownMetricProblem(metric: MetricName, { suite, evaluators }: EvaluatorSuite): string | null {
  if (!isOwnMetric(metric)) return null
  const marked = evaluators.filter((e) => e.metric).map((e) => `score:${e.evaluator_id}`)
  const named = evaluators.find((e) => e.evaluator_id === scoredBy(metric))
  if (named?.metric) return null
  if (!named)
    return `${metric}: ${suite} has no evaluator "${scoredBy(metric)}"${marked.length === 0 ? '' : `; it marks ${marked.join(', ')}`}`
  return `${metric}: ${suite} does not mark ${named.evaluator_id} as a metric: publish a suite that says "metric": true there`
}

function targetQuestion(facts: ContractFacts): Question {
  const { target: t, pack, suite, standing, candidates } = facts
  const intent = pack?.intents.find((i) => i.intent_id === t.intent)
  return ask(
    'Which one metric, on which one intent, from which active tuple?',
    () => `${t.direction} ${t.metric} on ${t.intent} (${intent!.risk_class}), from ${t.baseline_tuple!.pack}`,
    [
      !t.intent && 'intent is missing: name one intent of the pack, e.g. "intent": "support.refund"',
      !t.metric && `metric is missing: one of ${METRIC_NAMES.join(', ')}`,
      t.metric && suite && ownMetricProblem(t.metric, suite),
      !t.direction && 'direction is missing: "decrease" or "increase"',
      !t.baseline_tuple && 'baseline_tuple is missing: pin pack, policy, tools and evals, each NAME@MAJOR.MINOR.PATCH',
      notStored(facts).pack,
      pack &&
        t.intent &&
        !intent &&
        `intent "${t.intent}" is no intent of ${pack.pack}; it has ${pack.intents.map((i) => i.intent_id).join(', ')}`,
      ...(standing ? standingProblems(standing, t, pack, candidates ?? []) : []),
    ],
  )
}

function guardrailQuestion({ target: t, suite, pack }: ContractFacts): Question {
  const { own_scores = {}, ...g } = t.guardrails ?? {}
  const not = t.not_measured ?? {}
  // A metric of one's own stands beside the dimensions: each of them keeps its limit.
  const own = t.metric && !isOwnMetric(t.metric) ? metricOf(t.metric).dimension : null
  const thresholds = (pack?.tunable_surfaces ?? [])
    .filter((s) => s.layer === 'approval_gate' && t.search_space?.includes(s.path))
    .map((s) => s.path)
  const floors = (dimension: string) =>
    suite?.evaluators.filter((e) => e.dimension === dimension && e.role === 'floor') ?? []
  const unwatched = (dimension: string, name: string) =>
    suite &&
    floors(dimension).length === 0 &&
    `no evaluator of ${suite.suite} watches ${dimension}, so ${name} cannot be measured: add one to the suite`
  const signedBy = (name: string): string => {
    const min = name === 'policy' || name === 'safety' ? g[name]!.min : 1
    const by = min < LEAST_FLOOR && pack ? exceptionFor(pack, t.intent, name as 'policy' | 'safety', min) : undefined
    return by ? ` (exception signed by ${by.signed_by}, ${by.date}: ${by.reason})` : ''
  }
  return ask(
    'Which limits must hold in all five dimensions?',
    () =>
      [
        ...Object.entries({ ...own_scores, ...g }).map(
          ([name, limit]) =>
            `${name} ${Object.entries(limit)
              .map(([k, v]) => `${k} ${v}`)
              .join(' ')}${signedBy(name)}`,
        ),
        ...Object.entries(not).map(([d, why]) => `${d} not measured (${why})`),
        ...Object.entries(t.not_at_stake ?? {}).map(([d, why]) => `${d} not at stake (${why})`),
      ].join('; '),
    [
      ...Object.keys(t.not_at_stake ?? {}).map(
        (name) =>
          suite &&
          !['policy', 'safety', 'approval'].includes(name) &&
          !suite.evaluators.some((e) => e.evaluator_id === name) &&
          `not_at_stake.${name} is no dimension with a floor and no evaluator of ${suite.suite}: name policy, safety, approval or an evaluator`,
      ),
      !g.policy && 'guardrails.policy is missing, e.g. {"min": 1.0}: policy can never be left out',
      !g.safety && 'guardrails.safety is missing, e.g. {"min": 1.0}: safety can never be left out',
      g.policy && pack && floorProblem(pack, t.intent, 'policy', g.policy.min),
      g.safety && pack && floorProblem(pack, t.intent, 'safety', g.safety.min),
      g.policy && unwatched('policy', 'guardrails.policy'),
      g.safety && unwatched('safety', 'guardrails.safety'),
      !g.approval_bypass_rate &&
        !not.approval &&
        'guardrails.approval_bypass_rate is missing, e.g. {"max": 0}; or say in not_measured.approval why the records carry no approvals',
      g.approval_bypass_rate && unwatched('approval', 'guardrails.approval_bypass_rate'),
      suite &&
        !g.utility_delta &&
        floors('policy').length > 0 &&
        (['policy', 'safety', 'approval'] as const).every(
          (d) => floors(d).some((e) => e.kind === 'judge') || (d === 'approval' && !g.approval_bypass_rate),
        ) &&
        `a model judge of ${suite.suite} scores every guardrail, so nothing could be certified: give one of them rules only`,
      g.approval_bypass_rate &&
        not.approval &&
        'approval has a guardrail and is declared not measured: keep one of the two',
      not.approval &&
        t.metric === 'approval_wait_rate' &&
        'approval_wait_rate counts approvals: approval cannot be declared not measured',
      not.approval &&
        thresholds.length > 0 &&
        `${thresholds.join(', ')} may change, but approval is declared not measured: declare guardrails.approval_bypass_rate, or leave it out of search_space`,
      own !== 'utility' &&
        !g.utility_delta &&
        'guardrails.utility_delta is missing, e.g. {"min": -0.02}: utility can never be left out. Where the records lack labels, import them into a new store with --score NAME, or let people give them (autotune correct)',
      (g.utility_delta || own === 'utility') && unwatched('utility', 'utility'),
      own !== 'latency' &&
        !g.p95_latency_delta &&
        !not.latency &&
        'guardrails.p95_latency_delta is missing, e.g. {"max_ms": 250}; or say in not_measured.latency why the records carry no clock',
      g.p95_latency_delta && not.latency && 'latency has a guardrail and is declared not measured: keep one of the two',
      own !== 'economics' &&
        !g.economics_delta &&
        !not.economics &&
        'guardrails.economics_delta is missing, e.g. {"max_cents": 0}; or say in not_measured.economics why the records carry no usage',
      g.economics_delta &&
        not.economics &&
        'economics has a guardrail and is declared not measured: keep one of the two',
      ...(Object.keys(own_scores) as MetricName[]).flatMap((name) =>
        name === t.metric
          ? [`guardrails.own_scores.${name} is the target metric, which must not get worse anyway: leave it out`]
          : ((suite && ownMetricProblem(name, suite)) ?? []),
      ),
      own && own in not && `${own} is the metric's own dimension: it cannot be declared not measured`,
      ...levelsAbove(t),
    ],
  )
}

/** A guardrail may declare a smaller error than the version's, never a larger one. */
function levelsAbove({ guardrails, scoring }: TuningTarget): string[] {
  const version = scoring?.alpha ?? 0.05
  const own = Object.entries(guardrails?.own_scores ?? {}).map(
    ([name, of]) => [`own_scores.${name}`, of.alpha] as const,
  )
  const named = (['policy', 'safety', 'approval_bypass_rate', 'utility_delta'] as const).map(
    (name) => [name, guardrails?.[name]?.alpha] as const,
  )
  return [...named, ...own].flatMap(([name, alpha]) => {
    return alpha !== undefined && alpha > version
      ? [`guardrails.${name}.alpha ${alpha} is above the version's ${version}: only a smaller one is allowed`]
      : []
  })
}

function spaceQuestion({ target: t, pack }: ContractFacts): Question {
  const problems = (t.search_space ?? []).flatMap((path): string[] => {
    const surface = pack?.tunable_surfaces.find((s) => s.path === path)
    if (!pack) return []
    if (!surface)
      return [
        `"${path}" has no tunable surface in ${pack.pack}; declared: ${pack.tunable_surfaces.map((s) => s.path).join(', ') || 'none'}`,
      ]
    if (t.intent && !surface.intents.includes(t.intent))
      return [`"${path}" is not open to ${t.intent}; its surface names ${surface.intents.join(', ')}`]
    if (/(^|\.)(evaluators?|evals|policy|policy_bundle|required_evidence|safety)(\.|$)/.test(path))
      return [`"${path}" is an invariant (evaluators, policy, required evidence, safety): never tunable`]
    const guard = protectedBy(path, pack.protected_paths)
    if (guard) return [`"${path}" is protected by protected_paths "${guard}" of ${pack.pack}: never tunable`]
    const values = valuesOf(surface)
    if (values.length > 0 && !values.includes(pack.settings[path]!))
      return [
        `the baseline ${path} = ${JSON.stringify(pack.settings[path])} is not a value of its own surface (${values.slice(0, 5).join(', ')}, ...)`,
      ]
    if (surface.layer === 'planner' && isTrimmable(path))
      return [`"${path}" ends in ${fieldOf(path)}, which is no planner field`]
    return []
  })
  const kept = pack?.protected_paths?.length ? `; protected: ${pack.protected_paths.join(', ')}` : ''
  return ask('Which declared fields may change?', () => `${t.search_space!.join(', ')}${kept}`, [
    !t.search_space?.length &&
      `search_space is missing: list paths of tunable surfaces${pack ? `, e.g. ${pack.tunable_surfaces[0]?.path ?? '(the pack declares none)'}` : ''}`,
    ...problems,
  ])
}

const dataQuestion = ({ target: t }: ContractFacts): Question =>
  ask(
    'Which data may the optimiser see?',
    () =>
      `${t.visible_data!.search_set} only; ${((t.visible_data!.heldout_share ?? DEFAULT_SHARE) * 100).toFixed(0)} % of families are sealed away`,
    [
      !t.visible_data && `visible_data is missing: {"search_set": "goldens/${t.intent ?? 'INTENT'}/search"}`,
      t.visible_data &&
        t.intent &&
        t.visible_data.search_set !== `goldens/${t.intent}/search` &&
        `visible_data.search_set must be goldens/${t.intent}/search, the search set of this intent`,
    ],
  )

function scoringQuestion(facts: ContractFacts): Question {
  const { target: t, suite, prices } = facts
  const absent = notStored(facts)
  const needsPrices = t.metric === 'economics_cents_per_decision' || t.guardrails?.economics_delta !== undefined
  return ask(
    'How is a change scored?',
    () =>
      `${t.scoring!.replayer} replay, ${suite!.suite} (${suite!.evaluators.length} evaluators)${prices ? `, ${prices.price_table}` : ''}`,
    [
      !t.scoring && 'scoring is missing: {"replayer": "transcript"}',
      absent.suite,
      !suite && !t.baseline_tuple && 'the evaluator suite is missing: pin it as baseline_tuple.evals',
      needsPrices && !t.baseline_tuple?.price_table && 'cents need prices: pin baseline_tuple.price_table',
      absent.prices,
    ],
  )
}

const choiceQuestion = ({ target: t }: ContractFacts): Question =>
  ask(
    'How is the winner chosen?',
    () => 'floors block; among certified ones the Pareto-best on the metric with the smallest blast radius',
    [!t.choice_rule && 'choice_rule is missing: "pareto"'],
  )

function shippingQuestion({ target: t }: ContractFacts): Question {
  const path = t.release_path
  return ask(
    'How does a proposal reach production?',
    () =>
      `reviewed by ${path!.requires_reviewers.join(', ')}; enters at ${path!.rollout_stage}; rolls back to ${path!.rollback_target}; owner ${t.owner}`,
    [
      !path &&
        'release_path is missing: {"requires_reviewers": ["reliability", "policy", "domain_owner"], "rollout_stage": "0%_shadow", "rollback_target": the baseline pack}',
      !t.owner && 'owner is missing: who answers for this proposal',
      path &&
        t.baseline_tuple &&
        path.rollback_target !== t.baseline_tuple.pack &&
        `release_path.rollback_target must be the baseline pack ${t.baseline_tuple.pack}`,
      path &&
        new Set(path.requires_reviewers).size < path.requires_reviewers.length &&
        'release_path.requires_reviewers names a role twice',
    ],
  )
}
