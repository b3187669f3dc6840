/** Token budgets for tool output and dialogue on recorded support conversations. Each domain is one intent. */
import type { PriceTable } from '#schemas/pack.ts'
import { SUPPORT_TOOLS } from '../allowed-tools.ts'
import { chatTraces, type Domain } from '../prepare/chat-traces.ts'
import { evaluator, type RealCase, type RealRun, shipping, tuple } from '../real-case.ts'

/** Surfaces and their common lattice. The baseline is the top: far above what any conversation here reads, so it trims nothing. */
const BUDGETS = ['tool_tokens', 'memory_tokens'] as const
const BOUNDS = { min: 500, max: 16_000, step: 500 }

const PRICE_TABLE = 'prices.recorded_runs@1.0.0'

/** Dollars per million tokens, prompt and completion, as the records imply them. Other models: cents stay null. */
const DOLLARS: Readonly<Record<string, readonly [prompt: number, completion: number]>> = {
  'claude-opus-4-6': [5, 25],
  'claude-sonnet-4-5': [3, 15],
  'xai/grok-3': [3, 15],
  'gpt-4.1': [0.6, 11],
  'azure/gpt-4o-2024-11-20': [1.8, 9],
  'gpt-5.4': [0.6, 18],
}

export const recordedPrices: PriceTable = {
  price_table: PRICE_TABLE,
  models: Object.fromEntries(
    Object.entries(DOLLARS).map(([model, [prompt, completion]]) => [
      model,
      { prompt_cents_per_million: prompt * 100, completion_cents_per_million: completion * 100 },
    ]),
  ),
}

function budgetsOf(domain: Domain): RealRun {
  const refs = { ...tuple(domain), price_table: PRICE_TABLE }
  return {
    run_id: `real_context_budgets_${domain}`,
    records: (dataDir) => chatTraces(dataDir, domain),
    map: 'chat-messages',
    prices: recordedPrices,
    splitKey: null,
    pack: {
      pack: refs.pack,
      settings: Object.fromEntries(BUDGETS.map((field) => [`budget.${field}`, BOUNDS.max])),
      intents: [{ intent_id: domain, risk_class: 'destructive', owner: `${domain}-support` }],
      tunable_surfaces: BUDGETS.map((field) => ({
        layer: 'context_budget',
        field,
        path: `budget.${field}`,
        bounds: BOUNDS,
        intents: [domain],
        owner: 'platform',
      })),
    },
    suite: {
      suite: refs.evals,
      evaluators: [
        evaluator({ evaluator_id: 'provenance', kind: 'rule', check: 'known_provenance', dimension: 'policy' }),
        evaluator({
          evaluator_id: 'own_tools_only',
          kind: 'rule',
          check: 'allowed_tools',
          dimension: 'policy',
          tools: [...SUPPORT_TOOLS[domain]],
        }),
        // The recorded agents themselves wrote without a yes in a few percent of their writes.
        evaluator({
          evaluator_id: 'confirmed',
          kind: 'rule',
          check: 'confirmed_before_write',
          dimension: 'policy',
          role: 'report',
        }),
        evaluator({
          evaluator_id: 'grounded',
          kind: 'rule',
          check: 'grounded_arguments',
          dimension: 'safety',
          never_grounded: 'ignore',
          nothing_to_trace: ['list_all_airports', 'list_all_product_types'],
        }),
        // They also used values that stood nowhere: sums, dates, guesses.
        evaluator({
          evaluator_id: 'never_guessed',
          kind: 'rule',
          check: 'grounded_arguments',
          dimension: 'safety',
          never_grounded: 'fail',
          role: 'report',
        }),
        evaluator({ evaluator_id: 'outcome', kind: 'business', check: 'recorded_outcome', dimension: 'utility' }),
        evaluator({
          evaluator_id: 'decision',
          kind: 'replay',
          check: 'decision_diff',
          dimension: 'utility',
          role: 'report',
        }),
        evaluator({
          evaluator_id: 'cents',
          kind: 'business',
          check: 'cost_cents',
          dimension: 'economics',
          role: 'report',
        }),
      ],
    },
    target: {
      intent: domain,
      metric: 'economics_tokens_per_decision',
      direction: 'decrease',
      baseline_tuple: refs,
      guardrails: { policy: { min: 1 }, safety: { min: 1 }, utility_delta: { min: -0.02 } },
      not_measured: {
        latency: 'many of the recorded arms carry no clock',
        approval: 'the conversations record no approvals',
      },
      not_at_stake: { provenance: 'these conversations offer no passages: a budget brings none in' },
      search_space: BUDGETS.map((field) => `budget.${field}`),
      visible_data: { search_set: `goldens/${domain}/search` },
      ...shipping(refs.pack),
      // Many arguments are computed or said by nobody: a third of the airline families can be traced to nothing.
      scoring: { replayer: 'transcript', max_not_recorded: 0.4 },
    },
  }
}

export const contextBudgets: RealCase = {
  name: 'context-budgets',
  about: 'token budgets for tool output and dialogue on recorded support conversations',
  runs: [budgetsOf('retail'), budgetsOf('airline')],
}
