/** Bands that days were judged by: kept, so that a day can be recomputed, and an open one drawn, when the file has changed since or is not at hand. */
import { canonical, digestOf } from '#core/canonical.ts'
import type { Bands } from '#schemas/bands.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson } from '../../streams/read-object.ts'
import { intentsOf } from '../experience/documents.ts'

type Kept = Pick<Store, 'objects'>

/** Throws UserError where bands name an intent that no pack of the store has: their days would be judged empty, for good. */
export async function refuseUnknownIntents(store: Kept, bands: Bands): Promise<void> {
  const known = await intentsOf(store)
  const unknown = bands.intents.filter(({ intent }) => !known.includes(intent)).map(({ intent }) => intent)
  if (unknown.length > 0)
    throw new UserError(
      `the bands name ${unknown.join(', ')}, which no pack in this store has: ${known.length === 0 ? 'import a pack first' : `it has ${known.join(', ')}`}. Nothing was judged`,
    )
}

/** Keeps bands under their digest. */
export const keepBands = ({ objects }: Kept, bands: Bands): Promise<boolean> =>
  objects.putIfAbsent(keys.cadenceBands(digestOf(bands)), `${canonical(bands)}\n`)

/** Bands by their digest; null: they are not kept, or not those any more. */
export async function keptBands({ objects }: Kept, digest: string): Promise<Bands | null> {
  const bands = await orNull(readJson<Bands>(objects, keys.cadenceBands(digest)))
  return bands !== null && digestOf(bands) === digest ? bands : null
}
