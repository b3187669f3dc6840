/** Recorded runs, packs, suites and targets for tests: valid by schema, and only what a test names differs. */
import type { Measures } from '#core/evaluate/scorecard.ts'
import { filesOf, readRunFiles } from '#core/experience/run-files.ts'
import { compileCase } from '#core/replay/compile.ts'
import { ExperienceRun, type Offer, type Step } from '#schemas/experience-run.ts'
import { ContextPack, PriceTable } from '#schemas/pack.ts'
import type { ProposerModel } from '#schemas/proposer-model.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { EvaluatorSuite } from '#schemas/suite.ts'
import type { TunableSurface } from '#schemas/surface.ts'
import { TuningTarget } from '#schemas/target.ts'

export const INTENT = 'support.refund'
export const REFS = {
  pack: 'ctxpack.support@1.0.0',
  policy: 'policy.returns@1.0.0',
  tools: 'tools.support@1.0.0',
  evals: 'evals.refund@1.0.0',
} as const

/** An offer of bucket `orders`, rank 1 unless told otherwise, 100 tokens. */
export const anOffer = (
  ref: string,
  { rank = 1, ...over }: Partial<Offer> & { readonly rank?: number } = {},
): ExperienceRun['evidence'][number] => ({
  evidence_ref: ref,
  bucket: 'orders',
  source: 'shop',
  hop: 1,
  ranks: { as_ranked: rank },
  tokens: 100,
  text: null,
  gold: false,
  required: false,
  ...over,
})

/** Offers ref1, ref2, ... in rank order. */
export const offersInOrder = (count: number, over: Partial<Offer> = {}) =>
  Array.from({ length: count }, (_, i) => anOffer(`ref${i + 1}`, { rank: i + 1, ...over }))

type Kind<K extends Step['kind']> = Extract<Step, { kind: K }>

export const said = (
  role: 'user' | 'assistant' | 'system',
  content: string,
  tokens: number | null = null,
): Kind<'message'> => ({
  kind: 'message',
  role,
  content,
  tokens,
})

export const modelCall = (over: Partial<Kind<'model_call'>> = {}): Kind<'model_call'> => ({
  kind: 'model_call',
  model: 'large',
  prompt_tokens: 1000,
  completion_tokens: 50,
  latency_ms: 400,
  ...over,
})

export const retrieval = (hop: number, latency_ms: number | null, bucket = 'orders'): Kind<'retrieval'> => ({
  kind: 'retrieval',
  bucket,
  hop,
  latency_ms,
})

export const toolCall = (
  id: string,
  args: Kind<'tool_call'>['arguments'] = {},
  over: Partial<Kind<'tool_call'>> = {},
): Kind<'tool_call'> => ({
  kind: 'tool_call',
  tool_call_id: id,
  name: 'orders.read',
  arguments: args,
  writes: false,
  confirmed: null,
  correct: null,
  latency_ms: 100,
  ...over,
})

export const toolResult = (id: string, content: string, tokens: number | null = null): Kind<'tool_result'> => ({
  kind: 'tool_result',
  tool_call_id: id,
  content,
  error: false,
  tokens,
})

export const approval = (
  toolCallId: string | null,
  amount: number | null,
  over: Partial<Kind<'approval'>> = {},
): Kind<'approval'> => ({
  kind: 'approval',
  gate: 'refund',
  tool_call_id: toolCallId,
  amount,
  asked: null,
  granted: null,
  ...over,
})

type RunParts = Partial<Omit<ExperienceRun, 'outcome'>> & { readonly outcome?: Partial<ExperienceRun['outcome']> }

/** A recorded run under `PACK`'s settings: no evidence, no steps, passed. Family and case are the run unless named. */
export function aRun(run_id: string, { outcome, ...over }: RunParts = {}): ExperienceRun {
  const evidence = over.evidence ?? []
  const buckets = [...new Set(evidence.map((o) => o.bucket))]
  const depth = (bucket: string) => evidence.filter((o) => o.bucket === bucket).length
  return ExperienceRun.parse({
    run_id,
    trace_id: run_id,
    case_id: run_id,
    family_id: `family-${run_id}`,
    intent_id: INTENT,
    date: '2026-05-12',
    split: null,
    pack_version: REFS.pack,
    policy_bundle_version: REFS.policy,
    tool_manifest_version: REFS.tools,
    evaluator_suite_version: REFS.evals,
    release_tuple_id: null,
    decision_record_id: null,
    operator_corrections: [],
    settings: aPack().settings,
    offers: Object.fromEntries(buckets.map((b) => [b, { depth: depth(b), exhausted: false }])),
    evidence,
    gold_not_offered: 0,
    steps: [],
    ...over,
    outcome: {
      status: 'DECIDED',
      outputs: { refund: true },
      passed: true,
      score: null,
      score_kind: 'business',
      must_refuse: false,
      refused: false,
      latency_ms: 2000,
      cost_cents: null,
      ...outcome,
    },
  })
}

/** A case as a store compiles it: through the five files of each run, so that its baseline can reproduce. */
export const aCase = (...runs: readonly ExperienceRun[]): ReplayCase => {
  const recorded = new Map(runs.map((run) => [run.run_id, readRunFiles(run.run_id, filesOf(run)).recorded]))
  return compileCase(runs, (run) => recorded.get(run.run_id)!)
}

/** One tunable field (`evidence.orders.top_k` 1..5, baseline 4) unless told otherwise. */
export const aPack = (over: Partial<ContextPack> = {}): ContextPack =>
  ContextPack.parse({
    pack: REFS.pack,
    settings: { 'evidence.orders.top_k': 4 },
    intents: [
      { intent_id: INTENT, risk_class: 'destructive', owner: 'refunds' },
      { intent_id: 'support.status', risk_class: 'read_only', owner: 'orders' },
    ],
    tunable_surfaces: [
      {
        layer: 'retrieval',
        field: 'top_k',
        path: 'evidence.orders.top_k',
        bounds: { min: 1, max: 5 },
        intents: [INTENT],
        owner: 'refunds',
      },
    ],
    ...over,
  })

/** Layers by the first word of a path. */
const LAYERS = {
  evidence: 'retrieval',
  budget: 'context_budget',
  planner: 'planner',
  approval: 'approval_gate',
  prompt: 'prompt',
} as const

/** A surface that is open to `INTENT`; its path names its layer and its field. */
export const aSurface = (path: `${keyof typeof LAYERS}.${string}`, bounds: object): TunableSurface => {
  const [first, ...rest] = path.split('.')
  const layer = LAYERS[first as keyof typeof LAYERS]
  return { layer, field: rest.at(-1), path, bounds, intents: [INTENT], owner: 'o' } as unknown as TunableSurface
}

type EvaluatorParts = Partial<EvaluatorSuite['evaluators'][number]> & { readonly check: string }

export const anEvaluator = ({ check, ...over }: EvaluatorParts): EvaluatorSuite['evaluators'][number] =>
  ({
    evaluator_id: check,
    evaluator_version: '2026-03-02',
    kind: 'rule',
    check,
    dimension: 'policy',
    role: 'floor',
    ...over,
  }) as EvaluatorSuite['evaluators'][number]

/** Required evidence guards policy, grounding guards safety, recorded outcome and gold coverage make utility. */
export const aSuite = (over: Partial<EvaluatorSuite> = {}): EvaluatorSuite =>
  EvaluatorSuite.parse({
    suite: REFS.evals,
    evaluators: [
      anEvaluator({ check: 'required_evidence' }),
      anEvaluator({ check: 'grounded_arguments', dimension: 'safety', never_grounded: 'ignore' } as EvaluatorParts),
      anEvaluator({ check: 'recorded_outcome', kind: 'business', dimension: 'utility' }),
      anEvaluator({ check: 'gold_coverage', kind: 'replay', dimension: 'utility' }),
    ],
    ...over,
  })

export const prices = (): PriceTable =>
  PriceTable.parse({
    price_table: 'prices.models@1.0.0',
    models: { large: { prompt_cents_per_million: 1000, completion_cents_per_million: 4000 } },
  })

/** A target with every question answered: fewer tokens, margins that a hundred sealed families can answer. */
export const aTarget = (over: Partial<TuningTarget> = {}): TuningTarget =>
  TuningTarget.parse({
    intent: INTENT,
    metric: 'economics_tokens_per_decision',
    direction: 'decrease',
    baseline_tuple: REFS,
    guardrails: {
      policy: { min: 1, max_violation_rate: 0.1 },
      safety: { min: 1, max_violation_rate: 0.1 },
      utility_delta: { min: -0.1 },
    },
    ranges: { economics_tokens_per_decision: { max_rise: 500, max_fall: 500 } },
    not_measured: { latency: 'no clock in these records', approval: 'no gate in these records' },
    not_at_stake: { safety: 'no tool is called in these records' },
    search_space: ['evidence.orders.top_k'],
    visible_data: { search_set: `goldens/${INTENT}/search` },
    scoring: { replayer: 'transcript' },
    choice_rule: 'pareto',
    release_path: {
      requires_reviewers: ['reliability', 'policy'],
      rollout_stage: '0%_shadow',
      rollback_target: REFS.pack,
    },
    owner: 'refunds',
    ...over,
  })

/** The same with margins that thirty sealed families can answer, for tests that run it many times. */
export const aRoughTarget = (over: Partial<TuningTarget> = {}): TuningTarget =>
  aTarget({
    guardrails: {
      policy: { min: 1, max_violation_rate: 0.25 },
      safety: { min: 1, max_violation_rate: 0.25 },
      utility_delta: { min: -0.25 },
    },
    ...over,
  })

/** Measures of a case that is fine in every dimension. */
export const measuresLike = (over: Partial<Measures> = {}): Measures => ({
  policy_violation: false,
  safety_violation: false,
  approval_bypass: false,
  utility_passed: true,
  utility_score: 1,
  latency_ms: 1000,
  economics_cents: 1,
  economics_tokens: 1000,
  approval_waits: 0,
  approval_actions: 0,
  ...over,
})

/** What differs between the families of a small world; ranks are those of the passage at top_k 1 to 5. */
export interface FamilyParts {
  readonly side: 'search' | 'heldout'
  readonly family?: string
  /** Rank of the required passage: top_k below it is a policy violation. */
  readonly required?: number
  /** Rank of the gold passage: top_k below it fails the case. */
  readonly gold?: number
  readonly passed?: boolean | null
  readonly over?: RunParts
}

/** One recorded run of the small world: five passages of 100 tokens, read down to rank 4, one model call. */
export function aFamily(
  name: string,
  { side, family, required, gold, passed = true, over }: FamilyParts,
): ExperienceRun {
  return aRun(name, {
    family_id: family ?? `family-${name}`,
    split: side,
    evidence: Array.from({ length: 5 }, (_, i) =>
      anOffer(`${name}-e${i + 1}`, { rank: i + 1, required: required === i + 1, gold: gold === i + 1 }),
    ),
    offers: { orders: { depth: 5, exhausted: true } },
    steps: [said('user', `refund ${name}`), modelCall()],
    ...over,
    outcome: { passed, ...over?.outcome },
  })
}

const count = (n: number) => Array.from({ length: n }, (_, i) => i)

/**
 * Runs of a small world, recorded split: `search` and `heldout` families that top_k 1 serves as well as 4 does, and
 * `extra` ones that differ. Names are numbered, so a world with more families begins with the smaller one.
 */
export const aWorld = ({
  search = 40,
  heldout = 120,
  extra = [],
}: {
  readonly search?: number
  readonly heldout?: number
  readonly extra?: readonly FamilyParts[]
} = {}): ExperienceRun[] => [
  ...count(search).map((i) => aFamily(`s${i}`, { side: 'search', required: 1, gold: 1 })),
  ...count(heldout).map((i) => aFamily(`h${i}`, { side: 'heldout', required: 1, gold: 1 })),
  ...extra.map((parts, i) => aFamily(`x${i}`, parts)),
]

/** The file of another producer: policy in a new version, unless told otherwise; a field that is undefined is left out. */
export const aPartFile = (over: object = {}): Readonly<Record<string, unknown>> =>
  JSON.parse(
    JSON.stringify({
      kind: 'part_release',
      intent: INTENT,
      baseline_tuple: REFS,
      part: 'policy',
      to: 'policy.returns@1.1.0',
      digest: `sha256:${'a'.repeat(64)}`,
      reason: 'the limit was too high',
      producer: 'policy desk',
      owner: 'dana@acme',
      risk_class: 'destructive',
      ...over,
    }),
  )

/** Who is asked for proposals: one call of a model behind an OpenAI-compatible endpoint. */
export const aProposerModel = (base_url: string): ProposerModel => ({
  kind: 'proposer_model',
  model: { provider: 'openai', base_url, model: 'm' },
  max_tokens: 500,
  temperature: 0,
  seed: null,
  max_prompt_tokens: 4000,
  budget: { calls: 1, cents: null },
})
