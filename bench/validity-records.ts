/** Worlds whose records say too little of what was read: each a row of what was once certified. */
import type { EvaluatorSuite } from '#schemas/suite.ts'
import {
  aFamily,
  anEvaluator,
  anOffer,
  aRun,
  aSuite,
  modelCall,
  said,
  toolCall,
  toolResult,
} from '../test/support/builders.ts'
import { type Ending, type EvidenceWorld, type Given, RATES, recorded } from './validity-evidence.ts'
import { packOf, tuned } from './validity-tuned.ts'

/** Nothing is marked: neither what a complete answer rests on nor what policy requires. */
const unmarked = (given: Given): Promise<Ending> =>
  tuned(
    recorded(given, ({ id, side, harmed, bad }) => {
      const rank = harmed ? 4 : 1
      return aFamily(id, bad ? { side } : { side, required: rank, gold: rank })
    }),
  )

/** One family in so many does not say whether it had to refuse, and loses what policy requires. */
const halfMeasured = (given: Given): Promise<Ending> =>
  tuned(
    recorded(given, ({ id, side, harmed, bad }) =>
      aFamily(id, {
        side,
        required: harmed ? 4 : 1,
        gold: 1,
        over: bad ? ({ outcome: { must_refuse: null } } as never) : {},
      }),
    ),
    { suite: aSuite({ evaluators: [...aSuite().evaluators, anEvaluator({ check: 'must_refuse' })] }) },
  )

const TEXTS: readonly ((args: Record<string, string>) => unknown)[] = [
  (args) => JSON.stringify(args),
  (args) => JSON.stringify(JSON.stringify(args)),
  (args) => ({ input: JSON.stringify(args) }),
  (args) => `{'order': '${args.order}'}`,
]
const toolBudget = packOf({ 'budget.tool_tokens': 1600 }, [
  {
    layer: 'context_budget',
    field: 'tool_tokens',
    path: 'budget.tool_tokens',
    bounds: { min: 400, max: 1600, step: 400 },
  },
])

/** Arguments as JSON text; the smaller budget cuts away what every call of a harmed family takes from a tool's output. */
const textArguments = (given: Given): Promise<Ending> =>
  tuned(
    recorded(given, ({ id, side, harmed, bad }, i) => {
      const order = { order: `R-${10_000_000 + i}` }
      const filler = 'item label dock '.repeat(370)
      return aRun(id, {
        split: side,
        settings: toolBudget.settings,
        steps: [
          said('user', 'refund my last order'),
          modelCall({ prompt_tokens: 3000 }),
          toolCall('a', {}),
          toolResult('a', harmed ? `${filler} order ${order.order}` : `order ${order.order} ${filler}`),
          modelCall({ prompt_tokens: 3000 }),
          toolCall('b', (bad ? TEXTS[given.draw.below(TEXTS.length)]!(order) : order) as never, {
            writes: true,
            confirmed: true,
          }),
        ],
      })
    }),
    { pack: toolBudget, suite: ungatedSuite(), not_at_stake: UNMARKED },
  )

const eightDeep = packOf({ 'evidence.orders.top_k': 8 }, [
  { layer: 'retrieval', field: 'top_k', path: 'evidence.orders.top_k', bounds: { min: 1, max: 8 } },
])

/** Passages by their length only: what the action took from the last one cannot be read there. */
const wordless = (given: Given): Promise<Ending> =>
  tuned(
    recorded(given, ({ id, side, harmed, bad }) =>
      aRun(id, {
        split: side,
        settings: eightDeep.settings,
        evidence: Array.from({ length: 8 }, (_, k) =>
          anOffer(`${id}-${k}`, {
            rank: k + 1,
            text: bad ? null : k === (harmed ? 7 : 0) ? `order ORD-4711 of ${id}` : 'another order',
          }),
        ),
        steps: [said('user', 'refund my order'), modelCall(), toolCall('c', { order: 'ORD-4711' })],
      }),
    ),
    { pack: eightDeep, suite: ungatedSuite(), not_at_stake: UNMARKED },
  )

const UNMARKED = { policy: 'no passage is marked in these records' }
/** Without gold coverage: nothing is marked there. */
function ungatedSuite(): EvaluatorSuite {
  return aSuite({ evaluators: aSuite().evaluators.filter((e) => e.check !== 'gold_coverage') })
}

export const RECORD_WORLDS: readonly EvidenceWorld[] = [
  { name: 'evidence of which nothing is marked', rates: RATES, life: unmarked },
  { name: 'arguments as JSON text', rates: RATES, life: textArguments },
  { name: 'passages by their length only', rates: RATES, life: wordless },
  { name: 'a floor that the baseline leaves unmeasured', rates: RATES, life: halfMeasured },
]
