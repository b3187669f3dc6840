/** Documents to begin with, made from a survey: every value with where it came from. What the records say nothing about is left out. */
import type { ContextPack, PriceTable } from '#schemas/pack.ts'
import type { Evaluator, EvaluatorSuite } from '#schemas/suite.ts'
import { LAYERS } from '#schemas/surface-fields.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { listPrice, PRICES_DATE } from './list-prices.ts'
import type { Prospect, Prospects } from './prospects.ts'
import type { Survey } from './survey.ts'

export interface Starter {
  readonly pack: ContextPack
  readonly suite: EvaluatorSuite
  readonly prices: PriceTable
  readonly target: TuningTarget
  /** Document, field and where its value came from. */
  readonly notes: readonly (readonly [document: string, field: string, from: string])[]
}

interface StarterOptions {
  /** Of whom nobody said yet who it is. */
  readonly owner: string
  readonly today: string
}

/** @throws RangeError without runs */
export function starterOf(survey: Survey, { surfaces }: Prospects, { owner, today }: StarterOptions): Starter {
  const [largest] = survey.intents
  if (!largest) throw new RangeError('no runs, so no intent')
  const { intent } = largest
  const name = (intent.match(/[A-Za-z0-9_]+/g) ?? ['harness']).join('_').slice(0, 60)
  const notes: [string, string, string][] = []
  const pack = packOf(survey, surfaces, { name, intent, owner }, notes)
  const evaluators = evaluatorsOf(survey, today, notes)
  const prices = pricesOf(survey, notes)
  const suite: EvaluatorSuite = { suite: `evals.${name}@1.0.0`, evaluators }
  const target = targetOf(
    survey,
    surfaces,
    { name, intent, owner, evaluators, hasPrices: Object.keys(prices.models).length > 0 },
    notes,
  )
  return { pack, suite, prices, target, notes }
}

interface Names {
  readonly name: string
  readonly intent: string
  readonly owner: string
}

function packOf(
  survey: Survey,
  surfaces: readonly Prospect[],
  { name, intent, owner }: Names,
  notes: [string, string, string][],
): ContextPack {
  const settings: Record<string, string | number | boolean> = {}
  for (const [path, values] of Object.entries(survey.settings)) {
    if (values.length !== 1) {
      notes.push(['pack.json', `settings.${path}`, `left out: the records have ${values.length} values of it`])
      continue
    }
    settings[path] = values[0]!
    notes.push(['pack.json', `settings.${path}`, 'every record that says it has this value'])
  }
  for (const { path, value, recorded } of surfaces) {
    settings[path] = value
    if (!recorded)
      notes.push([
        'pack.json',
        `settings.${path}`,
        'no record says it: so large that nothing which was recorded is cut. Put in your own',
      ])
  }
  const writes = survey.tools.some((tool) => tool.writes)
  const risk_class = writes ? 'destructive' : 'read_only'
  notes.push([
    'pack.json',
    'intents[0].risk_class',
    writes
      ? 'a tool was named with --writes: the most careful class'
      : 'no tool was named with --writes; say it if one writes',
  ])
  notes.push(['pack.json', 'owner', 'a placeholder, or --owner'])
  for (const surface of surfaces)
    notes.push(['pack.json', `tunable_surfaces ${surface.path}`, `what ${surface.runs} recorded runs can speak about`])
  return {
    pack: `ctxpack.${name}@1.0.0`,
    description: `Made by autotune init from ${survey.runs} recorded runs`,
    settings,
    intents: [{ intent_id: intent, risk_class, owner }],
    tunable_surfaces: surfaces.map(
      ({ layer, field, path, bounds }) =>
        ({ layer, field, path, bounds, intents: [intent], owner }) as ContextPack['tunable_surfaces'][number],
    ),
  }
}

/** An evaluator without what all of them share here. */
type WithoutShared<T> = T extends unknown ? Omit<T, 'evaluator_version' | 'role'> : never

/** Only what these records can feed. */
function evaluatorsOf(survey: Survey, today: string, notes: [string, string, string][]): Evaluator[] {
  const of = { evaluator_version: today, role: 'floor' as const }
  const { tools, gates, required, labels, gold, latency_ms, prompt_tokens, models } = survey
  const isLabelled = labels.passed + labels.failed > 0
  const named = tools.map(({ tool }) => tool)
  // One that writes is left to its owner; and where no tool passes anything, what they passed was not recorded.
  const empty = tools.filter(({ passing, writes }) => passing === 0 && writes !== true).map(({ tool }) => tool)
  const takesNothing = empty.length > 0 && empty.length < tools.length ? empty : null
  /** Do the records feed it, the evaluator, and why it stands there. */
  const table: readonly (readonly [boolean, WithoutShared<Evaluator>, string])[] = [
    [
      tools.length > 0,
      {
        evaluator_id: 'grounded_arguments',
        kind: 'rule',
        check: 'grounded_arguments',
        never_grounded: 'ignore',
        ...(takesNothing && { nothing_to_trace: takesNothing }),
        dimension: 'safety',
      },
      `tools were called: a value that a call used must stay readable. Values found nowhere are counted, not failed${takesNothing ? `; no recorded call of ${takesNothing.join(', ')} passes anything: take out what does take arguments` : ''}`,
    ],
    [
      tools.length > 0,
      { evaluator_id: 'allowed_tools', kind: 'rule', check: 'allowed_tools', tools: named, dimension: 'policy' },
      'every tool that was called; take out what no agent of yours should call',
    ],
    [
      gates.length > 0,
      { evaluator_id: 'approval_honoured', kind: 'rule', check: 'approval_honoured', dimension: 'approval' },
      'approvals were recorded',
    ],
    [
      required > 0,
      { evaluator_id: 'required_evidence', kind: 'rule', check: 'required_evidence', dimension: 'policy' },
      'passages are marked as required',
    ],
    [
      isLabelled,
      { evaluator_id: 'recorded_outcome', kind: 'business', check: 'recorded_outcome', dimension: 'utility' },
      'runs say whether they were right (--score)',
    ],
    [
      !isLabelled && labels.scored > 0,
      { evaluator_id: 'recorded_score', kind: 'judge', check: 'recorded_score', dimension: 'utility' },
      'runs are scored (--score)',
    ],
    [
      gold > 0,
      { evaluator_id: 'gold_coverage', kind: 'replay', check: 'gold_coverage', dimension: 'utility' },
      'passages are marked as needed',
    ],
    [
      latency_ms !== null,
      { evaluator_id: 'latency', kind: 'business', check: 'latency_ms', dimension: 'latency' },
      'runs say how long they took',
    ],
    [
      prompt_tokens !== null && models.some(({ model }) => listPrice(model) !== null),
      { evaluator_id: 'cost', kind: 'business', check: 'cost_cents', dimension: 'economics' },
      'runs count tokens, of models with a known price',
    ],
  ]
  return table.flatMap(([isFed, evaluator, from]) => {
    if (!isFed) return []
    notes.push(['suite.json', evaluator.evaluator_id, from])
    return [{ ...of, ...evaluator } as Evaluator]
  })
}

function pricesOf({ models }: Survey, notes: [string, string, string][]): PriceTable {
  const priced: Record<string, PriceTable['models'][string]> = {}
  for (const { model } of models) {
    const price = listPrice(model)
    notes.push([
      'prices.json',
      model,
      price
        ? `list price of ${price.known} as of ${PRICES_DATE}: check it`
        : 'left out, so its cost is null: put in what you pay',
    ])
    if (price) {
      const [prompt, completion, cached] = price.cents
      priced[model] = {
        prompt_cents_per_million: prompt,
        completion_cents_per_million: completion,
        cached_prompt_cents_per_million: cached,
      }
    }
  }
  return { price_table: 'prices.models@1.0.0', models: priced }
}

/** Cents of a run's prompts, of which 95 % take no more, to two digits. */
function dearestPrompt({ prompt_tokens, models }: Survey): number {
  const prices = models.map(({ model }) => listPrice(model)?.cents[0] ?? 0)
  return Number((((prompt_tokens?.p95 ?? 0) * Math.max(...prices)) / 1e6).toPrecision(2))
}

function targetOf(
  survey: Survey,
  surfaces: readonly Prospect[],
  {
    name,
    intent,
    owner,
    evaluators,
    hasPrices,
  }: Names & { readonly evaluators: readonly Evaluator[]; readonly hasPrices: boolean },
  notes: [string, string, string][],
): TuningTarget {
  const has = (dimension: string) => evaluators.some((evaluator) => evaluator.dimension === dimension)
  const metric =
    hasPrices && has('economics')
      ? 'economics_cents_per_decision'
      : survey.prompt_tokens !== null
        ? 'economics_tokens_per_decision'
        : 'p95_latency_ms'
  const lacks = (dimension: string, why: string): Record<string, string> => (has(dimension) ? {} : { [dimension]: why })
  const not_measured = {
    ...lacks('approval', 'no approval was recorded'),
    ...lacks('latency', 'no run says how long it took'),
  }
  const not_at_stake = {
    ...lacks('policy', 'no tool was called and no passage is required, so nothing of a policy was recorded'),
    ...lacks('safety', 'no tool was called, so no argument could lose what it stands on'),
  }
  notes.push([
    'target.json',
    'metric',
    metric === 'p95_latency_ms'
      ? 'no run counts tokens'
      : metric === 'economics_cents_per_decision'
        ? 'tokens and prices are known'
        : 'tokens are known, prices are not',
  ])
  if (metric === 'economics_cents_per_decision')
    notes.push([
      'target.json',
      'ranges.economics_cents_per_decision.max_rise',
      'what 95 % of the recorded prompts cost at most, at the dearest of the prices: the smaller it is, the fewer families a bound takes',
    ])
  notes.push(['target.json', 'guardrails', 'the usual limits, for what these records feed: argue about them'])
  for (const [field, reasons] of Object.entries({ not_measured, not_at_stake }))
    for (const [dimension, why] of Object.entries(reasons)) notes.push(['target.json', `${field}.${dimension}`, why])
  const first = surfaces.toSorted((a, b) => LAYERS.indexOf(a.layer) - LAYERS.indexOf(b.layer))
  return {
    intent,
    metric,
    direction: 'decrease',
    baseline_tuple: {
      pack: `ctxpack.${name}@1.0.0`,
      policy: `policy.${name}@1.0.0`,
      tools: `tools.${name}@1.0.0`,
      evals: `evals.${name}@1.0.0`,
      ...(hasPrices ? { price_table: 'prices.models@1.0.0' } : {}),
    },
    guardrails: {
      policy: { min: 1 },
      safety: { min: 1 },
      ...(has('approval') ? { approval_bypass_rate: { max: 0 } } : {}),
      ...(has('utility') ? { utility_delta: { min: -0.02 } } : {}),
      ...(has('latency')
        ? { p95_latency_delta: { max_ms: Math.max(50, Math.round((survey.latency_ms?.p95 ?? 1000) / 20)) } }
        : {}),
    },
    ...(metric === 'economics_cents_per_decision'
      ? { ranges: { economics_cents_per_decision: { max_rise: dearestPrompt(survey) } } }
      : {}),
    ...(Object.keys(not_measured).length > 0 ? { not_measured } : {}),
    ...(Object.keys(not_at_stake).length > 0 ? { not_at_stake } : {}),
    search_space: first.map(({ path }) => path),
    visible_data: { search_set: `goldens/${intent}/search`, heldout_share: 0.5 },
    scoring: { replayer: 'transcript' },
    choice_rule: 'pareto',
    release_path: {
      requires_reviewers: ['domain_owner'],
      rollout_stage: '0%_shadow',
      rollback_target: `ctxpack.${name}@1.0.0`,
    },
    owner,
  } as TuningTarget
}
