/** What people had erased from a store; what its journal says only counts while the journal itself holds. */
import { claimsOf } from '#core/heads/claims.ts'
import { Erasures } from '#core/heads/erasures.ts'
import type { Store } from '../../ports.ts'

/** Erasures of a store; none where it keeps no journal, or where somebody changed it. */
export async function erasuresOf({ heads }: Pick<Store, 'heads'>): Promise<Erasures> {
  if (!heads) return new Erasures()
  const { lines, problem } = await heads.journal.read()
  return problem === null ? claimsOf(lines).erasures : new Erasures()
}
