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

/** What a record that lost them says of the arguments of a call. */
const EMPTY = [{}, { confirm: true }, { confirm: 'no' }]

/** The smaller budget cuts away what every call of a harmed family takes from a tool's output; `lost`: what a bad record says. */
const cutArguments = (given: Given, lost: (order: Record<string, string>) => unknown): Promise<Ending> =>
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
          toolCall('a', {}, { name: 'orders.last' }),
          toolResult('a', harmed ? `${filler} order ${order.order}` : `order ${order.order} ${filler}`),
          modelCall({ prompt_tokens: 3000 }),
          toolCall('b', (bad ? lost(order) : order) as never, {
            writes: true,
            confirmed: true,
          }),
        ],
      })
    }),
    { pack: toolBudget, suite: namedSuite(), not_at_stake: UNMARKED },
  )

/** Arguments as JSON text. */
const textArguments = (given: Given): Promise<Ending> =>
  cutArguments(given, (order) => TEXTS[given.draw.below(TEXTS.length)]!(order))

/** Arguments that were dropped: the call passes nothing, or a yes or no alone. */
const emptyArguments = (given: Given): Promise<Ending> =>
  cutArguments(given, () => EMPTY[given.draw.below(EMPTY.length)])

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

/** The same, which says of a tool that it takes nothing. */
function namedSuite(): EvaluatorSuite {
  const { evaluators } = ungatedSuite()
  return aSuite({
    evaluators: evaluators.map((e) =>
      e.check === 'grounded_arguments' ? { ...e, nothing_to_trace: ['orders.last'] } : e,
    ),
  })
}

export const RECORD_WORLDS: readonly EvidenceWorld[] = [
  { name: 'evidence of which nothing is marked', rates: RATES, life: unmarked },
  { name: 'arguments as JSON text', rates: RATES, life: textArguments },
  // Where all are dropped the control is blind: a part of them hides more.
  { name: 'calls whose arguments were dropped', rates: [0.01, 0.05, 0.15, 0.25], life: emptyArguments },
  { name: 'passages by their length only', rates: RATES, life: wordless },
  { name: 'a floor that the baseline leaves unmeasured', rates: RATES, life: halfMeasured },
]
