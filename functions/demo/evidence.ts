/** What retrieval offered for a case: order records, their lines, linked captures, and the policy clauses. */
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { Draw } from './draw.ts'
import { dayText, type Purchase, type RefundCase } from './refund-case.ts'
import { CLAUSE_NAMES, CLAUSES, type ClauseName, GOODS, POLICY_OVERVIEW } from './shop.ts'

type Offer = ExperienceRun['evidence'][number]

/** Offers in the order of retrieval, and how deep each bucket was recorded. */
export function offersOf(draw: Draw, refund: RefundCase): Pick<ExperienceRun, 'evidence' | 'offers'> {
  return {
    evidence: [
      ...orderRecords(draw, refund),
      ...orderLines(draw, refund),
      ...(refund.linkedCaptures ? linkedCaptures(draw, refund) : []),
      ...policyClauses(draw, refund),
    ],
    offers: {
      order_history: { depth: refund.purchases.length, exhausted: refund.storeSize <= refund.purchases.length },
      // Three clauses a hop were asked for; the store never held that many which applied.
      policy: { depth: 3, exhausted: true },
    },
  }
}

/** Hop 1: the customer's orders. The one in question is required evidence. */
function orderRecords(draw: Draw, { purchases, target, credit, business, date }: RefundCase): Offer[] {
  return purchases.map((purchase, i) =>
    offer({
      evidence_ref: `kg:tenant_acme_prod/order/${purchase.orderId}#${dayText(date)}`,
      bucket: 'order_history',
      source: 'adp_orders',
      hop: 1,
      rank: i + 1,
      text: `${orderText(draw, purchase)}${business ? bulkLines(draw) : ''}${
        credit?.purchase === purchase
          ? ` Service note: a credit of INR ${credit.amount} was given on this order; name it in any later refund.`
          : ''
      }`,
      gold: purchase === target || credit?.purchase === purchase,
      required: purchase === target,
    }),
  )
}

const orderText = (draw: Draw, p: Purchase): string =>
  `${p.orderId}: ${p.item} and ${draw.int(1, 4)} more, INR ${p.price + draw.int(20, 300) * 10} in all, paid by ${p.method}. Placed ${dayText(p.placed)}, delivered ${dayText(p.delivered)} to ${p.city} by ${p.courier} after ${draw.int(3, 9)} scans. Return window until ${dayText(p.delivered + 30)}.`

/** A business order lists what it holds: long, and of no use to the refund. */
function bulkLines(draw: Draw): string {
  let text = ' Lines:'
  while (text.length < 1130) text += ` ${draw.int(6, 48)}x ${draw.pick(GOODS).item} at INR ${draw.int(49, 599)}9;`
  return text
}

/** Hop 2: lines of the leading orders. Only here stands the item id that a refund names. */
function orderLines(draw: Draw, { purchases, target, date }: RefundCase): Offer[] {
  const others = purchases.filter((p) => p !== target).slice(0, draw.int(1, 2))
  const lines = [...others]
  lines.splice(draw.int(0, Math.min(2, others.length)), 0, target)
  return lines.map((p, i) =>
    offer({
      evidence_ref: `kg:tenant_acme_prod/line/${p.itemId}#${dayText(date)}`,
      bucket: 'order_history',
      source: 'adp_orders',
      hop: 2,
      rank: i + 1,
      text: `Line of ${p.orderId}: ${p.item}, item ${p.itemId}, quantity 1, INR ${p.price} with tax, sold by ${draw.pick(['Lotus Retail', 'Acme Direct', 'Nila Traders'])}, condition new, warranty card enclosed.`,
      gold: p === target,
      required: false,
    }),
  )
}

/**
 * Hop 3: captures linked to those orders. The payment lookup returns the same id, so no value is lost with them; but money
 * goes back only where the capture was read (settled, no dispute), so it is required before a refund.
 */
function linkedCaptures(draw: Draw, { purchases, target, date, ending }: RefundCase): Offer[] {
  const linked = [target, ...purchases.filter((p) => p !== target).slice(0, draw.int(1, 2))]
  return linked.map((p, i) =>
    offer({
      evidence_ref: `kg:tenant_acme_prod/capture/${p.paymentId}#${dayText(date)}`,
      bucket: 'order_history',
      source: 'adp_payments',
      hop: 3,
      rank: i + 1,
      text: `Capture ${p.paymentId} for ${p.orderId} by ${p.method}: authorised ${dayText(p.placed)}, captured ${dayText(p.placed + 1)}, settled in batch ${draw.int(1000, 9999)}, acquirer reference ${draw.hex(12)}, no dispute open.`,
      gold: p === target && ending === 'refund',
      required: p === target && ending === 'refund',
    }),
  )
}

/** Policy: the overview first, then (hop 2, once the goods are known) the clause that applies and a neighbour. */
function policyClauses(draw: Draw, { clause }: RefundCase): Offer[] {
  const neighbour = draw.pick(CLAUSE_NAMES.filter((name) => name !== clause))
  const second = draw.chance(0.8) ? [clause, neighbour] : [neighbour, clause]
  const policy = (name: string, hop: number, rank: number, text: string, required: boolean): Offer =>
    offer({
      evidence_ref: `kg:POLICY_RETURNS_V4/${name}#4.1.0`,
      bucket: 'policy',
      source: 'adp_policy',
      hop,
      rank,
      text,
      gold: required,
      required,
    })
  return [
    policy('overview', 1, 1, POLICY_OVERVIEW, false),
    ...second.map((name: ClauseName, i) => policy(name, 2, i + 1, CLAUSES[name], name === clause)),
  ]
}

const offer = ({ rank, ...rest }: Omit<Offer, 'ranks' | 'tokens'> & { rank: number }): Offer => ({
  ...rest,
  ranks: { as_ranked: rank },
  tokens: null,
})
