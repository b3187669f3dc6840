/** How the recorded runs of a store lie: a folder of five files each, or packed into segments. Fixed by its first import. */
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'

export type Layout = 'files' | 'segments'

/** Up to so many runs a first import keeps as files, which a person can look at. */
const MOST_AS_FILES = 1000

/** The layout of a store; null: no import of a version that knew layouts has fixed one. */
export const fixedLayout = async (objects: ObjectStore): Promise<Layout | null> =>
  (await readJson<{ readonly layout: Layout }>(objects, keys.layout()))?.layout ?? null

/**
 * The layout that an import writes in; in a deployment always files.
 *
 * @param wanted by whoever imports; null: what suits the number of runs
 * @param isOld runs are there of a version that knew files alone
 * @throws UserError when the store has the other one already
 */
export async function layoutFor(
  store: Pick<Store, 'objects' | 'rolesApart'>,
  { wanted, runs, isOld }: { readonly wanted: Layout | null; readonly runs: number; readonly isOld: boolean },
): Promise<Layout> {
  if (store.rolesApart) return 'files'
  const fixed = (await fixedLayout(store.objects)) ?? (isOld ? 'files' : null)
  if (fixed === null) return wanted ?? (runs > MOST_AS_FILES ? 'segments' : 'files')
  if (wanted !== null && wanted !== fixed)
    throw new UserError(
      `this store keeps its recorded runs as ${fixed}, which its first import fixed: leave --layout out, or import into another --store`,
    )
  return fixed
}

/** Says for good how the runs of a folder lie. */
export async function fixLayout({ objects, rolesApart }: Pick<Store, 'objects' | 'rolesApart'>, layout: Layout) {
  if (!rolesApart) await objects.put(keys.layout(), `${JSON.stringify({ layout })}\n`)
}
