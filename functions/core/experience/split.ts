/** Search or held-out: decided per family by keyed hash, before anything is stored where the optimiser reads. */
import { createHmac } from 'node:crypto'
import { mac } from '../mac.ts'

/** How families are split: `heldout` if the first 4 bytes of HMAC-SHA-256(key, family) / 2^32 are below the share. */
export interface SplitRule {
  readonly key: string
  /** Share of families that are held out, 0 < share < 1. */
  readonly heldout_share: number
  /** `recorded`: use the record's own split field instead. */
  readonly by: 'hash' | 'recorded'
}

/**
 * Key under which the speaking case of a family is drawn. Derived, so that a run may name it and nobody learns the key that
 * splits families.
 */
export const drawOf = ({ key }: SplitRule): string => mac(key)('speaking case').slice(0, 32)

/** Side of a family. Depends on the key and the family alone, so it never moves and order never matters. */
export function splitSide(rule: SplitRule, familyId: string): 'search' | 'heldout' {
  const bytes = createHmac('sha256', rule.key).update(familyId).digest()
  return bytes.readUInt32BE(0) / 2 ** 32 < rule.heldout_share ? 'heldout' : 'search'
}
