/** How many of a customer's own orders or reservations a refund has to read. Retail and airline apart. */
import type { Domain } from '../prepare/chat-traces.ts'
import { customerRecords } from '../prepare/customer-records.ts'
import { evaluator, type RealCase, type RealRun, shipping, tuple } from '../real-case.ts'

const INTENT = 'support.refund'
const TOP_K = 'evidence.order_history.top_k'

function refundsOf(domain: Domain): RealRun {
  const refs = tuple(`${domain}_refund`)
  return {
    run_id: `real_order_history_${domain}`,
    records: (dataDir) => customerRecords(dataDir, domain),
    map: 'customer-records',
    prices: null,
    splitKey: null,
    pack: {
      pack: refs.pack,
      settings: { [TOP_K]: 10 },
      intents: [{ intent_id: INTENT, risk_class: 'destructive', owner: 'refunds' }],
      tunable_surfaces: [
        {
          layer: 'retrieval',
          field: 'top_k',
          path: TOP_K,
          bounds: { min: 1, max: 10 },
          intents: [INTENT],
          owner: 'refunds',
        },
      ],
    },
    suite: {
      suite: refs.evals,
      evaluators: [
        evaluator({ evaluator_id: 'provenance', kind: 'rule', check: 'known_provenance', dimension: 'policy' }),
        evaluator({
          evaluator_id: 'own_history_only',
          kind: 'rule',
          check: 'allowed_sources',
          dimension: 'policy',
          sources: ['order_history', 'reservation_history'],
        }),
        evaluator({
          evaluator_id: 'grounded',
          kind: 'rule',
          check: 'grounded_arguments',
          dimension: 'safety',
          never_grounded: 'fail',
        }),
        evaluator({ evaluator_id: 'coverage', kind: 'replay', check: 'gold_coverage', dimension: 'utility' }),
      ],
    },
    target: {
      intent: INTENT,
      metric: 'economics_tokens_per_decision',
      direction: 'decrease',
      baseline_tuple: refs,
      guardrails: { policy: { min: 1 }, safety: { min: 1 }, utility_delta: { min: -0.02 } },
      not_measured: {
        latency: 'the customer records carry no clock',
        approval: 'reading the history asks nobody for approval',
      },
      not_at_stake: {
        policy: 'every record that is offered is the customer’s own, and names its source',
        safety: 'the requests are read, and no tool is called',
      },
      search_space: [TOP_K],
      visible_data: { search_set: `goldens/${INTENT}/search` },
      ...shipping(refs.pack),
    },
  }
}

export const orderHistory: RealCase = {
  name: 'order-history',
  about: "how many of the customer's own orders or reservations a refund request reads",
  runs: [refundsOf('retail'), refundsOf('airline')],
}
