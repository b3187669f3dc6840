/**
 * Numbers in the documents that people write: one out of its range is refused where the file is parsed, by file and field; one
 * within it never ends in anything but a verdict or a line of the contract.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RolloutConfig } from '#schemas/release.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { UserError } from '../../../functions/errors.ts'
import { publishPrices } from '../../../functions/steps/experience/documents.ts'
import { fieldPath, parseAs, parseJson } from '../../../functions/steps/experience/parse.ts'
import { parsePack, parsePrices, parseTarget } from '../../../functions/steps/experience/parse-documents.ts'
import { numbersIn, withNumber } from '../../core/numbers/values.ts'
import { aConfig } from '../../core/release/builders.ts'
import {
  anEvaluator,
  aPack,
  approval,
  aSuite,
  aTarget,
  aWorld,
  INTENT,
  modelCall,
  prices,
  REFS,
  said,
  toolCall,
} from '../../support/builders.ts'
import { copied, memory, run, stocked } from '../stores.ts'

/** Least and most of a number, `[` or `(` before and `]` or `)` behind it as in mathematics; `int`: whole numbers alone; `or 0`, `or 1`: or exactly that. */
type Range = readonly [open: '[' | '(', least: number, most: number, close: ']' | ')', kind?: 'int' | 'or 0' | 'or 1']

const RATE: Range = ['[', 1e-9, 1, ')']
const BUDGET: Range = ['[', 1e-9, 0.5, ')']
const FLOOR: Range = ['[', 0.01, 1 - 1e-9, ']', 'or 1']
const LIMIT_OF_COST: Range = ['(', 0, 1e12, ']']
const DECISIONS: Range = ['[', 1, 1e9, ']', 'int']
const SHARE: Range = ['[', 0, 1, ']']
const DROP: Range = ['[', 0, 1, ')']
const COUNT: Range = ['[', 0, Number.MAX_SAFE_INTEGER, ']', 'int']
const CENTS: Range = ['[', 0, 1e9, ']']
const HOURS: Range = ['[', 0, 8760, ']']
const RUNS: Range = ['[', 1, Number.MAX_SAFE_INTEGER, ']', 'int']

const target: TuningTarget = aTarget({
  baseline_tuple: { ...REFS, price_table: 'prices.models@1.0.0' },
  guardrails: {
    policy: { min: 1, max_violation_rate: 0.1, alpha: 0.04 },
    safety: { min: 1, max_violation_rate: 0.1, alpha: 0.03 },
    approval_bypass_rate: { max: 0, max_violation_rate: 0.2, alpha: 0.05 },
    utility_delta: { min: -0.1, alpha: 0.05, stake: 0.5 },
    p95_latency_delta: { max_ms: 250, alpha: 0.05 },
    economics_delta: { max_cents: 1, alpha: 0.05 },
  },
  ranges: {
    economics_tokens_per_decision: { max_rise: 500, max_fall: 500, max_share_beyond: 0.01, decisions: 1 },
    economics_cents_per_decision: { max_rise: 5, max_fall: 5, max_share_beyond: 0.01, decisions: 1 },
  },
  not_measured: undefined,
  not_at_stake: { safety: 'what the tool is called with stands in the request' },
  visible_data: { search_set: `goldens/${INTENT}/search`, heldout_share: 0.5 },
  scoring: { replayer: 'transcript', questions: 1, alpha: 0.05, max_not_recorded: 0.02, max_family_share: 0.5 },
  blast_radius: { max_fields: 2, max_decision: 0.1 },
})

/** The same with limits that tolerate something, which are rates of their own. */
const { policy, safety, approval_bypass_rate: bypass, ...deltas } = target.guardrails!
const tolerant: TuningTarget = {
  ...target,
  guardrails: {
    ...deltas,
    policy: { min: 0.96, alpha: policy!.alpha },
    safety: { min: 0.97, alpha: safety!.alpha },
    approval_bypass_rate: { max: 0.1, alpha: bypass!.alpha },
  },
}

const TARGET: Readonly<Record<string, Range>> = {
  'guardrails.policy.min': FLOOR,
  'guardrails.policy.max_violation_rate': RATE,
  'guardrails.policy.alpha': BUDGET,
  'guardrails.safety.min': FLOOR,
  'guardrails.safety.max_violation_rate': RATE,
  'guardrails.safety.alpha': BUDGET,
  'guardrails.approval_bypass_rate.max': ['[', 1e-9, 0.99, ']', 'or 0'],
  'guardrails.approval_bypass_rate.max_violation_rate': RATE,
  'guardrails.approval_bypass_rate.alpha': BUDGET,
  'guardrails.utility_delta.min': ['(', -1, 0, ']'],
  'guardrails.utility_delta.alpha': BUDGET,
  'guardrails.utility_delta.stake': ['[', 0, 1 / 0.9, ')'],
  'guardrails.p95_latency_delta.max_ms': ['[', -1e11, 1e11, ']'],
  'guardrails.p95_latency_delta.alpha': BUDGET,
  'guardrails.economics_delta.max_cents': ['[', -1e9, 1e9, ']'],
  'guardrails.economics_delta.alpha': BUDGET,
  'ranges.economics_tokens_per_decision.max_rise': LIMIT_OF_COST,
  'ranges.economics_tokens_per_decision.max_fall': LIMIT_OF_COST,
  'ranges.economics_tokens_per_decision.max_share_beyond': RATE,
  'ranges.economics_tokens_per_decision.decisions': DECISIONS,
  'ranges.economics_cents_per_decision.max_rise': LIMIT_OF_COST,
  'ranges.economics_cents_per_decision.max_fall': LIMIT_OF_COST,
  'ranges.economics_cents_per_decision.max_share_beyond': RATE,
  'ranges.economics_cents_per_decision.decisions': DECISIONS,
  'visible_data.heldout_share': RATE,
  'scoring.questions': ['[', 1, 100, ']', 'int'],
  'scoring.alpha': BUDGET,
  'scoring.max_not_recorded': DROP,
  'scoring.max_family_share': ['(', 0, 1, ']'],
  'blast_radius.max_fields': ['[', 1, 10, ']', 'int'],
  'blast_radius.max_decision': SHARE,
}

const base = aPack()
const open = { intents: [INTENT], owner: 'refunds' }
const pack = aPack({
  settings: {
    ...base.settings,
    'approval.refund.threshold': 5,
    'budget.evidence_tokens': 400,
    'a.instruction_block': 'be kind',
  },
  tunable_surfaces: [
    { ...base.tunable_surfaces[0]!, weight: 1 },
    {
      layer: 'approval_gate',
      field: 'threshold',
      path: 'approval.refund.threshold',
      bounds: { min: 0, max: 20, step: 5 },
      ...open,
    },
    {
      layer: 'context_budget',
      field: 'evidence_tokens',
      path: 'budget.evidence_tokens',
      bounds: { min: 0, max: 800, step: 200 },
      ...open,
    },
    {
      layer: 'prompt',
      field: 'instruction_block',
      path: 'a.instruction_block',
      bounds: { max_added_tokens: 10, forbidden_terms: [] },
      ...open,
    },
  ],
  exceptions: [
    {
      guardrail: 'policy',
      intent: INTENT,
      min: 0.9,
      reason: 'the rule is about to be replaced',
      signed_by: 'ana',
      date: '2026-05-12',
      digest: `sha256:${'0'.repeat(64)}`,
    },
  ],
})
const ANY: Range = ['(', -Infinity, Infinity, ')']
const ABOVE: Range = ['(', 0, Infinity, ')']
const PACK: Readonly<Record<string, Range>> = {
  'settings.evidence.orders.top_k': COUNT,
  'settings.budget.evidence_tokens': COUNT,
  'settings.approval.refund.threshold': ANY,
  'tunable_surfaces[0].bounds.min': COUNT,
  'tunable_surfaces[0].bounds.max': COUNT,
  'tunable_surfaces[0].weight': ['(', 0, 100, ']'],
  'tunable_surfaces[1].bounds.min': ANY,
  'tunable_surfaces[1].bounds.max': ANY,
  'tunable_surfaces[1].bounds.step': ABOVE,
  'tunable_surfaces[2].bounds.min': COUNT,
  'tunable_surfaces[2].bounds.max': COUNT,
  'tunable_surfaces[2].bounds.step': ['(', 0, Number.MAX_SAFE_INTEGER, ']', 'int'],
  'tunable_surfaces[3].bounds.max_added_tokens': COUNT,
  'exceptions[0].min': ['[', 0.01, 0.95, ')'],
}
const PRICES: Readonly<Record<string, Range>> = {
  'models.large.prompt_cents_per_million': CENTS,
  'models.large.completion_cents_per_million': CENTS,
}

const config = aConfig()
const STAGE: Readonly<Record<string, Range>> = {
  dwell_hours: HOURS,
  deadline_hours: HOURS,
  min_runs: RUNS,
  'cohort.share': SHARE,
  'cohort.shadow_share': SHARE,
  'gate.utility': SHARE,
  'gate.slow_share': SHARE,
  'gate.economics_cents': CENTS,
  'gate.corrected_share': SHARE,
}
const ROLLOUT: Readonly<Record<string, Range>> = {
  false_rollback_rate: ['(', 0, 1, ')'],
  'floors.policy.max_violations': COUNT,
  'floors.safety.max_violations': COUNT,
  'floors.approval_bypass.max_violations': COUNT,
  'utility.max_drop': DROP,
  'latency.slow_ms': ['(', 0, 1e11, ']'],
  'latency.max_slow_rise': DROP,
  max_unmeasured_share: SHARE,
  ...Object.fromEntries(
    Object.keys(config.stages).flatMap((stage) =>
      Object.entries(STAGE).map(([field, range]) => [`stages.${stage}.${field}`, range]),
    ),
  ),
  'window.hours': HOURS,
  'window.min_runs': RUNS,
  'window.gate.utility': SHARE,
  'window.min_gain': ['[', 0, 1e12, ']'],
}

const parseRollout = (text: string, file: string) => parseAs(RolloutConfig, parseJson(text, file), file)
const TOLERANT: Readonly<Record<string, Range>> = Object.fromEntries(
  Object.entries(TARGET).filter(([field]) => !field.endsWith('max_violation_rate')),
)
const DOCUMENTS = [
  ['target.json', target, TARGET, parseTarget],
  ['tolerant.json', tolerant, TOLERANT, parseTarget],
  ['pack.json', pack, PACK, parsePack],
  ['prices.json', prices(), PRICES, parsePrices],
  ['rollout.json', config, ROLLOUT, parseRollout],
] as const

/** What JSON can say and a number cannot hold is read as Infinity. */
const asText = (document: unknown): string =>
  JSON.stringify(document, (_, value) =>
    value === Infinity ? '1e999' : value === -Infinity ? '-1e999' : value,
  ).replaceAll(/"(-?1e999)"/g, '$1')

const isWithin = ([open, least, most, close, kind]: Range, value: number): boolean =>
  (kind?.startsWith('or') === true && value === Number(kind.slice(3))) ||
  ((open === '[' ? value >= least : value > least) &&
    (close === ']' ? value <= most : value < most) &&
    (kind !== 'int' || Number.isInteger(value)))

/** Numbers about the ends of a range, and any others. */
const about = ([, least, most]: Range): fc.Arbitrary<number> =>
  fc.oneof(
    fc.constantFrom(
      least,
      most,
      -1,
      -1e-9,
      0,
      5e-324,
      1e-300,
      0.5,
      1,
      1.5,
      101,
      2 ** 53,
      1e308,
      -1e308,
      Infinity,
      -Infinity,
    ),
    fc
      .constantFrom(least, most)
      .chain((end) => fc.constantFrom(end - 1, end + 1, end * (1 - 1e-12), end * (1 + 1e-12))),
    fc.double({ noNaN: true, min: Math.max(least, -1e300), max: Math.min(most, 1e300) }),
    fc.double({ noNaN: true }),
    fc.integer(),
  )

describe.each(DOCUMENTS)('%s', (file, document, ranges, parse) => {
  const paths = numbersIn(document).map((path) => path.map((p) => (/^\d+$/.test(String(p)) ? Number(p) : p)))
  const byField = Object.fromEntries(paths.map((path) => [fieldPath(path), path]))

  test('has a range for every number in it', () => {
    expect(Object.keys(byField).sort()).toEqual(Object.keys(ranges).sort())
    expect(parse(asText(document), file)).toEqual(document)
  })

  test('is refused by file and field for a number out of its range, and for no other reason than its words beside it', () => {
    const drawn = fc
      .constantFrom(...Object.keys(ranges))
      .chain((field) => fc.tuple(fc.constant(field), about(ranges[field]!)))
    fc.assert(
      fc.property(drawn, ([field, value]) => {
        const text = asText(withNumber(document, byField[field]!, value))
        const refusal = refusalOf(() => parse(text, file))
        if (!isWithin(ranges[field]!, value)) expect(refusal).toContain(`${file}: ${field}: `)
        // Within its range it may contradict what stands beside it: bounds the wrong way round, a share of a stage.
        else if (refusal !== null) expect(refusal).toMatch(new RegExp(`^${file}( is not valid)?:`))
      }),
      { numRuns: 250 },
    )
  })
})

function refusalOf(parse: () => unknown): string | null {
  try {
    parse()
    return null
  } catch (error) {
    expect(error).toBeInstanceOf(UserError)
    return (error as Error).message
  }
}

describe('a target whose numbers are within their ranges', () => {
  const suite = aSuite({
    evaluators: [...aSuite().evaluators, anEvaluator({ check: 'approval_honoured', dimension: 'approval' })],
  })
  const world = aWorld({ search: 6, heldout: 60 }).map((r) => ({
    ...r,
    steps: [
      said('user', `refund ${r.run_id}`),
      modelCall(),
      toolCall('t', {}, { writes: true }),
      approval('t', 10, { asked: true, granted: true }),
    ],
  }))

  test('ends in a verdict or a line of the contract, however small or large they are', async () => {
    const fields = numbersIn(target)
    const within = fc.constantFrom(...fields).chain((path) => {
      const range = TARGET[fieldPath(path)]!
      return fc.tuple(
        fc.constant(path),
        about(range).filter((value) => isWithin(range, value)),
      )
    })
    const base = memory()
    await publishPrices(base, prices())
    await stocked(base, world, { suite })
    const verdicts = new Set<string>()
    await fc.assert(
      fc.asyncProperty(
        within,
        fc.constantFrom(target, tolerant),
        fc.constantFrom('decrease', 'increase'),
        fc.boolean(),
        async ([path, value], document, direction, graded) => {
          const drop = { ...document.guardrails!.utility_delta!, graded }
          const whole = { ...document, direction, guardrails: { ...document.guardrails, utility_delta: drop } }
          let changed: TuningTarget
          try {
            changed = parseTarget(asText(withNumber(whole, path, value)), 't.json')
          } catch (error) {
            expect(error).toBeInstanceOf(UserError)
            return
          }
          const ended = await run(await copied(base), { target: changed, runId: 'r' }).then(
            ({ verdict, reasons, preflight }) => {
              expect(JSON.stringify([reasons, preflight])).not.toMatch(/NaN|Infinity/)
              return verdict
            },
            (error: Error) => error.message,
          )
          verdicts.add(ended)
          expect(ended).toMatch(/^(certified|not_certified|inconclusive|no_candidate)$|^the contract is not answered:/)
        },
      ),
      { numRuns: 40 },
    )
    expect([...verdicts]).toContain('certified')
  })
})
