/** One conversation of a made-up shop: the request, the order, the rules that were found, the refund, and whether it was right. */
import type { Draw } from '../draw.ts'

export interface ShopConversation {
  readonly n: number
  readonly request: string
  readonly order: string
  /** What the shop's system answered: the order's lines, some of them long. */
  readonly orderText: string
  readonly line: string
  readonly rules: readonly { readonly id: string; readonly text: string; readonly score: number }[]
  readonly clause: string
  readonly answer: string
  readonly resolved: boolean
}

const ITEMS = ['kettle', 'lamp', 'rucksack', 'teapot', 'jacket', 'headset', 'blanket', 'pan', 'scarf', 'clock']
const FAULTS = ['arrived broken', 'has the wrong colour', 'came twice', 'is missing a part', 'never arrived']
const TOPICS = [
  'damaged parcels',
  'wrong items',
  'late parcels',
  'missing parts',
  'opened boxes',
  'gift orders',
  'sale items',
  'foreign orders',
]

/** Passages that the retriever offers, and the ranks at which the one that was used stands: nearly always among the first. */
const OFFERED = 8
const RANKS = [1, 1, 1, 2, 2, 3, 4, 5] as const
const LINES = 6

export function conversation(n: number, draw: Draw): ShopConversation {
  const order = `A-${10_000 + n}`
  const item = draw.pick(ITEMS)
  const fault = draw.pick(FAULTS)
  const wanted = draw.int(0, LINES - 1)
  const lines = Array.from({ length: LINES }, (_, i) => ({
    line: `L-${n}-${draw.int(100_000, 999_999)}`,
    item: i === wanted ? item : draw.pick(ITEMS),
    note: `packed in hall ${draw.int(1, 9)}, shelf ${draw.int(100, 499)}, carrier ${draw.pick(['north', 'west', 'blue'])}`,
  }))
  const used = draw.pick(RANKS) - 1
  const rules = Array.from({ length: OFFERED }, (_, i) => {
    const id = `R-${n % 40}-${100 + i * 7 + draw.int(0, 5)}`
    const text = `Clause ${id} on ${TOPICS[i]}: a customer whose ${item} ${fault} is paid back within ${draw.int(10, 29)} days, if the parcel was reported in time and the order is not older than ${draw.int(30, 89)} days.`
    return { id, text, score: Math.round((0.95 - i * 0.07) * 1000) / 1000 }
  })
  const { line } = lines[wanted]!
  const clause = rules[used]!.id
  return {
    n,
    request: `My ${item} from order ${order} ${fault}. I want my money back.`,
    order,
    orderText: JSON.stringify({ order, lines }),
    line,
    rules,
    clause,
    answer: `I have refunded line ${line} of order ${order}, as clause ${clause} says.`,
    resolved: draw.chance(0.96),
  }
}
