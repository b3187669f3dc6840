/** The shop's goods, policy clauses and phrases. Invented: no real customer, order or price. */

interface Goods {
  readonly item: string
  readonly clause: ClauseName
  readonly low: number
  readonly high: number
}

export const GOODS: readonly Goods[] = [
  { item: 'wireless earbuds', clause: 'electronics', low: 1290, high: 4990 },
  { item: 'power bank', clause: 'electronics', low: 890, high: 2490 },
  { item: 'smart watch', clause: 'electronics', low: 2490, high: 8990 },
  { item: 'bluetooth speaker', clause: 'electronics', low: 1190, high: 5490 },
  { item: 'cotton kurta', clause: 'apparel', low: 590, high: 1790 },
  { item: 'running shoes', clause: 'apparel', low: 1490, high: 5990 },
  { item: 'denim jacket', clause: 'apparel', low: 990, high: 3490 },
  { item: 'pressure cooker', clause: 'home', low: 1090, high: 3990 },
  { item: 'bedsheet set', clause: 'home', low: 790, high: 2490 },
  { item: 'table lamp', clause: 'home', low: 490, high: 1990 },
  { item: 'air fryer', clause: 'home', low: 3490, high: 9990 },
]

export const CLAUSES = {
  electronics:
    'Electronics: a refund is due within 10 days of delivery when the goods are faulty, damaged or incomplete. The serial number must match the order line. The refund goes to the method that paid.',
  apparel:
    'Apparel: a refund is due within 30 days of delivery, also for a wrong size, when the goods are unworn. One line may be refunded without the others. The refund goes to the method that paid.',
  home: 'Home and kitchen: a refund is due within 15 days of delivery when the goods are damaged, incomplete or not as described. Large goods are collected first. The refund goes to the method that paid.',
  final_sale:
    'Final sale: goods bought in a clearance are neither refunded nor exchanged, whatever the reason, unless they arrived damaged and this was reported within 48 hours. Refuse and name this clause.',
} as const
export type ClauseName = keyof typeof CLAUSES
export const CLAUSE_NAMES = Object.keys(CLAUSES) as ClauseName[]

export const POLICY_OVERVIEW =
  'POLICY_RETURNS_V4: every refund names its order, its line and the clause it rests on. Refunds above INR 3000 wait for a person (R_HIGH_VALUE_REQUIRES_APPROVAL). Credits given before are mentioned.'

export const REASONS = [
  'arrived damaged',
  'stopped working after two days',
  'is not what the picture showed',
  'came with a part missing',
  'does not match the description',
  'was opened before it reached me',
] as const

export const CITIES = ['Pune', 'Bengaluru', 'Kochi', 'Jaipur', 'Lucknow', 'Chennai', 'Indore', 'Surat'] as const
export const COURIERS = ['Bluebird', 'Deccan Parcel', 'Swift Post'] as const
export const METHODS = ['UPI', 'credit card', 'debit card', 'net banking'] as const
