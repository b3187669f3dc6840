/** The two sides of recorded runs: those that the search reads, and those that are sealed away in the vault. */
import type { ObjectStore, Store } from '../../ports.ts'

export const SIDES = ['search', 'heldout'] as const
export type Side = (typeof SIDES)[number]

/** Where the runs of a side lie. */
export const objectsOf = ({ objects, vault }: Pick<Store, 'objects' | 'vault'>, side: Side): ObjectStore =>
  side === 'search' ? objects : vault

/**
 * Where ingest keeps what no other role may read and what belongs to neither side: in the vault, and in a deployment, where
 * ingest cannot read the vault, in its own part of the bucket.
 */
export const ingestAlone = ({ rolesApart, objects, vault }: Store): ObjectStore => (rolesApart ? objects : vault)

export type BySide<T> = Readonly<Record<Side, T>>

/** One of something for each side. */
export const bySide = <T>(of: (side: Side) => T): BySide<T> => ({
  search: of('search'),
  heldout: of('heldout'),
})
