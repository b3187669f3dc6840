/** Which items of the ledger decide something, and so are witnessed by the journal of heads. */
import { rowKeys } from '../store/ledger-keys.ts'

/**
 * Partitions whose items are witnessed, and prefixes of such. Locks come and go, and decide nothing; a claim of a family is one of
 * hundreds of thousands, and is compared with its sealed version (`heldout/family-claims.ts`).
 */
export const PARTITIONS: readonly string[] = [
  rowKeys.split()[0],
  'review',
  rowKeys.rollouts(),
  rowKeys.allInForce(),
  rowKeys.yearBudget()[0],
]
const PREFIXES = [rowKeys.versions(''), rowKeys.packVersions(''), rowKeys.epochs('')]
/** Since version 2 of the journal. */
const LATER = [rowKeys.rejections(''), rowKeys.ofProposal(''), rowKeys.productions('')]

/** Is a partition one that a journal of version 0.2.0 did not witness? */
export const isWitnessedLater = (pk: string): boolean => LATER.some((prefix) => pk.startsWith(prefix))

export const isWitnessed = (pk: string): boolean =>
  PARTITIONS.includes(pk) || PREFIXES.some((prefix) => pk.startsWith(prefix)) || isWitnessedLater(pk)
