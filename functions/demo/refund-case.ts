/** Draws one family: who writes, which orders stand behind them, where the one that matters is ranked, how it ends. */
import type { Draw } from './draw.ts'
import { CITIES, type ClauseName, COURIERS, GOODS, METHODS, REASONS } from './shop.ts'
import { WORLD } from './world.ts'

export interface Purchase {
  readonly orderId: string
  readonly itemId: string
  readonly paymentId: string
  readonly item: string
  readonly clause: ClauseName
  /** INR, whole rupees. */
  readonly price: number
  /** Days, as `dayText` writes them. */
  readonly placed: number
  readonly delivered: number
  readonly city: string
  readonly courier: string
  readonly method: string
}

export interface RefundCase {
  readonly number: number
  readonly familyId: string
  readonly traceId: string
  /** Day on which the customer wrote. */
  readonly date: number
  readonly business: boolean
  /** Offered orders, best first, and how many the store holds. */
  readonly purchases: readonly Purchase[]
  readonly storeSize: number
  /** The order in question, an entry of `purchases`. */
  readonly target: Purchase
  /** The order on which an earlier credit is noted, if any. */
  readonly credit: { readonly purchase: Purchase; readonly amount: number } | null
  readonly linkedCaptures: boolean
  readonly longTracking: boolean
  readonly reason: string
  readonly citesOrder: boolean
  /** Clause that applies, and what it leads to. */
  readonly clause: ClauseName
  readonly ending: 'refund' | 'refuse' | 'escalate'
}

/** The family with this number. Draws in a fixed order, so that a longer set begins with the shorter one. */
export function drawCase(draw: Draw, number: number): RefundCase {
  const creditRank = drawCreditRank(draw)
  const business = creditRank === null && draw.chance(WORLD.business)
  const storeSize = drawStoreSize(draw, business, creditRank !== null)
  const date = FIRST_DAY + draw.int(0, 29)
  const offered = Math.min(storeSize, 10)
  const targetSlot = Math.min(draw.weighted(WORLD.orderRanks), offered - 1)
  const purchases = Array.from({ length: offered }, (_, slot) => {
    // People write about what just came; the rest of their history is older.
    const deliveredOn = date - (slot === targetSlot ? draw.int(1, 8) : draw.int(9, 90))
    return drawPurchase(draw, number * 16 + slot, deliveredOn)
  })
  const target = purchases[targetSlot]!
  const ending = (['refuse', 'escalate', 'refund'] as const)[draw.weighted([WORLD.mustRefuse, WORLD.escalated, 1])]!
  return {
    number,
    familyId: `cust_${draw.hex(10)}`,
    traceId: draw.hex(32),
    date,
    business,
    purchases,
    storeSize,
    target,
    credit: creditRank === null ? null : { purchase: purchases[creditRank - 1]!, amount: draw.int(5, 40) * 10 },
    linkedCaptures: draw.chance(WORLD.linkedCaptures),
    longTracking: draw.chance(WORLD.longTracking),
    reason: draw.pick(REASONS),
    citesOrder: draw.chance(0.5),
    clause: ending === 'refuse' ? 'final_sale' : target.clause,
    ending,
  }
}

function drawCreditRank(draw: Draw): number | null {
  const ranks = Object.entries(WORLD.creditRanks)
  const at = draw.weighted([...ranks.map(([, share]) => share), 1])
  return at < ranks.length ? Number(ranks[at]![0]) : null
}

function drawStoreSize(draw: Draw, business: boolean, many: boolean): number {
  if (business) return 7
  if (!many && draw.chance(WORLD.fewOrders)) return draw.int(3, 7)
  return draw.int(8, 24)
}

/** `serial` makes the ids unique across the whole set. */
function drawPurchase(draw: Draw, serial: number, delivered: number): Purchase {
  const { item, clause, low, high } = draw.pick(GOODS)
  return {
    orderId: `ORD-${500000 + serial}`,
    itemId: `ITM-${draw.hex(4)}-${500000 + serial}`,
    paymentId: `PAY-${draw.hex(6)}-${500000 + serial}`,
    item,
    clause,
    // Prices end in 9, so none stands exactly at the approval threshold.
    price: draw.int(low / 10, high / 10) * 10 + 9,
    placed: delivered - draw.int(2, 6),
    delivered,
    city: draw.pick(CITIES),
    courier: draw.pick(COURIERS),
    method: draw.pick(METHODS),
  }
}

const DAYS = Array.from({ length: 240 }, (_, i) => new Date(Date.UTC(2026, 0, i - 90)).toISOString().slice(0, 10))
/** 2026-04-01 as a day number. */
const FIRST_DAY = DAYS.indexOf('2026-04-01')

/** Day number as `YYYY-MM-DD`. */
export const dayText = (day: number): string => DAYS[day]!
