/** A recorded run that a harness replays in the tests of what it is given and how it is judged. */
import type { ExperienceRun } from '#schemas/experience-run.ts'
import {
  aPack,
  approval,
  aRun,
  modelCall,
  offersInOrder,
  retrieval,
  said,
  toolCall,
  toolResult,
} from '../../support/builders.ts'

export const SETTINGS = { ...aPack().settings, 'approval.refund.threshold': 500 }

/** A refund of 900 that a person granted: five orders offered, four kept, a lookup, then the refund. */
export const refund = (over: Parameters<typeof aRun>[1] = {}): ExperienceRun =>
  aRun('r', {
    settings: SETTINGS,
    offers: { orders: { depth: 5, exhausted: false } },
    evidence: offersInOrder(5).map((o, i) => ({
      ...o,
      text: `order ORD-${i + 1}`,
      gold: i < 2,
      required: i === 0,
    })),
    steps: [
      said('user', 'I want my 900 back'),
      retrieval(1, 80),
      modelCall({ latency_ms: 300 }),
      toolCall('t1', { order_id: 'ORD-1' }),
      toolResult('t1', '{"payment":"PAY-7"}'),
      modelCall({ latency_ms: 500 }),
      approval('t2', 900, { asked: true, granted: true }),
      toolCall(
        't2',
        { payment: 'PAY-7', amount: 900 },
        { name: 'refund.execute', writes: true, confirmed: true, correct: true },
      ),
      toolResult('t2', '{"done":true}'),
    ],
    ...over,
  })

export const LOOKUP = { name: 'orders.read', arguments: { order_id: 'ORD-1' } }
export const REFUND = { name: 'refund.execute', arguments: { payment: 'PAY-7', amount: 900 } }
