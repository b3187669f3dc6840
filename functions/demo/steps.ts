/** What happened in a case, step by step: the request, retrieval, lookups, and how it ended. */
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { PriceTable } from '#schemas/pack.ts'
import type { Draw } from './draw.ts'
import { dayText, type RefundCase } from './refund-case.ts'
import { CITIES } from './shop.ts'
import { type Recorder, recordRun, type Step, type Transcript } from './transcript.ts'

/** Steps of one case whose evidence has been drawn. `threshold`: INR from which a refund waits for a person. */
export function stepsOf(
  draw: Draw,
  refund: RefundCase,
  evidence: ExperienceRun['evidence'],
  threshold: number,
  prices: PriceTable,
): Transcript {
  const { target, clause, ending } = refund
  const run = recordRun(draw, evidence, prices)
  run.say('user', request(draw, refund))
  run.retrieve('order_history', 1, 190)
  run.retrieve('order_history', 2, 240)
  if (refund.linkedCaptures) run.retrieve('order_history', 3, 420)
  run.retrieve('policy', 2, 110)
  run.use(
    'adp_payments.find_payment',
    { order_id: target.orderId },
    {
      payment_id: target.paymentId,
      order_id: target.orderId,
      state: 'captured',
      method: target.method,
      captured_on: dayText(target.placed + 1),
    },
  )
  run.use('adp_orders.track_shipment', { order_id: target.orderId }, tracking(draw, refund))
  const found = `I found ${target.orderId}: ${target.item} at INR ${target.price}.`
  if (ending === 'refuse')
    run.answer(`${found} It was a clearance buy. Clause ${clause} allows no refund, so I must decline.`)
  else if (ending === 'escalate') run.answer(`${found} A colleague has to look at this one; you will hear back today.`)
  else refundWithConsent(draw, refund, found, threshold, run)
  return run.transcript()
}

/** Names the clause, waits for a yes, passes the gate, refunds. */
function refundWithConsent(draw: Draw, refund: RefundCase, found: string, threshold: number, run: Recorder): void {
  const { target, credit, clause } = refund
  const earlier = credit ? ` The earlier credit of INR ${credit.amount} on ${credit.purchase.orderId} stays yours.` : ''
  run.answer(
    `${found} Clause ${clause} covers it. Shall I refund INR ${target.price} to your ${target.method}?${earlier}`,
  )
  run.say('user', draw.pick(['Yes, please.', 'Yes, go ahead.', 'Please do, thank you.']))
  run.use(
    'support.refund.execute',
    { order_id: target.orderId, item_id: target.itemId, payment_id: target.paymentId, amount: target.price },
    { refund_id: `RFD-${draw.hex(8)}`, state: 'accepted', days_to_credit: draw.int(2, 7) },
    (toolCallId) => gate(toolCallId, target.price, threshold),
  )
  run.answer(`Done: INR ${target.price} goes back to your ${target.method} within a week.`)
}

/** The gate `refund`: at the threshold and above, the action waited for a person, who granted it. */
const gate = (toolCallId: string, amount: number, threshold: number): Step => ({
  kind: 'approval',
  gate: 'refund',
  tool_call_id: toolCallId,
  amount,
  asked: amount >= threshold,
  granted: amount >= threshold ? true : null,
})

function request(draw: Draw, { target, reason, citesOrder }: RefundCase): string {
  const which = citesOrder ? `from order ${target.orderId}` : `that came on ${dayText(target.delivered)}`
  return draw.pick([
    `Hello, the ${target.item} ${which} ${reason}. I would like my money back.`,
    `The ${target.item} ${which} ${reason}. Please refund me.`,
    `Hi! I need a refund: the ${target.item} ${which} ${reason}.`,
  ])
}

/** Scans from dispatch to delivery. A long log holds every position ping of the van. */
function tracking(draw: Draw, { target, longTracking }: RefundCase): object {
  const scans = longTracking ? draw.int(72, 92) : draw.int(3, 6)
  const minutes = (target.delivered - target.placed) * 24 * 60
  const events = Array.from({ length: scans }, (_, i) => {
    const at = Math.floor((i * minutes) / scans) + draw.int(0, 14)
    const [hour, minute] = [Math.floor(at / 60) % 24, at % 60].map((n) => String(n).padStart(2, '0'))
    return `${dayText(target.placed + Math.floor(at / 1440))} ${hour}:${minute} ${draw.pick(CITIES)} ${draw.pick(['arrived', 'sorted', 'loaded', 'left'])}`
  })
  return { courier: target.courier, delivered: dayText(target.delivered), events }
}
