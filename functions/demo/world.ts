/**
 * What is true in the synthetic shop. Every trade-off of the example follows from these shares (of families), so that
 * what a search and a gate say about it can be checked against a known answer.
 */
export const WORLD = {
  families: 1200,

  /** Rank 1..5 of the order that the customer writes about. That record is required evidence: top_k 4 loses some. */
  orderRanks: [0.6, 0.19, 0.11, 0.07, 0.03],

  /**
   * An earlier credit on another order, which a complete answer names: gold, but not required. Where it stands decides
   * how far top_k can shrink: 6 loses it in .15 % of families, 5 in 1.65 %. That is under the 2 % that the contract
   * tolerates, so a point rule takes 5; 600 families cannot tell it from 2 %, so the gate does not.
   */
  creditRanks: { 6: 0.015, 7: 0.001, 8: 0.0005 },

  /** Customers with 3 to 7 orders. The others have eight or more, of which at most ten were offered. */
  fewOrders: 0.4,

  /** Business accounts: seven orders with long records. Under a halved evidence budget the policy clause falls out. */
  business: 0.05,

  /** Linked captures were followed (hop 3). No refund goes out unless the capture was read, so two hops are too few. */
  linkedCaptures: 0.5,

  /** Parcels with a long tracking log. Under a halved tool budget the payment id falls out before the refund uses it. */
  longTracking: 0.07,

  /** The clause forbids the refund, and the run refused. */
  mustRefuse: 0.04,
  /** Handed to a person before any refund. */
  escalated: 0.03,

  /** Judged right afterwards; some are still open and carry no label. */
  passed: 0.925,
  unlabelled: 0.015,

  correctedOutcome: 0.012,
  disputedLabel: 0.008,
  operatorNote: 0.01,
} as const
