/** How the recorded runs of a store lie: a folder of five files each, or packed into segments. Fixed by its first import. */
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'
import { indexedRuns } from './run-index.ts'

export type Layout = 'files' | 'segments'

/** Up to so many runs a first import into a folder keeps as files, which a person can look at. */
const MOST_AS_FILES = 1000

/** The layout of a store; null: no import of a version that knew layouts has fixed one. */
export const fixedLayout = async (objects: ObjectStore): Promise<Layout | null> =>
  (await readJson<{ readonly layout: Layout }>(objects, keys.layout()))?.layout ?? null

/** As what the runs lie that are there: whoever removed the word of the first import changes nothing by it. */
async function layoutOfRuns(objects: ObjectStore): Promise<Layout> {
  for await (const { segment } of indexedRuns(objects)) return segment === null ? 'files' : 'segments'
  return 'files'
}

/**
 * The layout that an import writes in.
 *
 * @param wanted by whoever imports; null: segments in a deployment, in a folder what suits the number of runs
 * @param isOld runs are there and no word of their layout, as versions left them that knew files alone: a folder goes on as
 *   they lie, because it can be packed; a deployment keeps them, and packs what comes
 * @throws UserError when the store has the other one already
 */
export async function layoutFor(
  store: Pick<Store, 'objects' | 'rolesApart'>,
  { wanted, runs, isOld }: { readonly wanted: Layout | null; readonly runs: number; readonly isOld: boolean },
): Promise<Layout> {
  const known = await fixedLayout(store.objects).catch((error: Error) => {
    if (!store.rolesApart || error.name !== 'AccessDenied') throw error
    throw new UserError(
      `the role of this import may not read ${keys.layout()}: an earlier version deployed this. Deploy its stacks again with this version, then import`,
    )
  })
  const fixed = known ?? (isOld && !store.rolesApart ? await layoutOfRuns(store.objects) : null)
  if (fixed === null) return wanted ?? (store.rolesApart || runs > MOST_AS_FILES ? 'segments' : 'files')
  if (wanted !== null && wanted !== fixed)
    throw new UserError(
      `this store keeps its recorded runs as ${fixed}, which its first import fixed: leave --layout out, or import into another --store`,
    )
  return fixed
}

/** Says for good how the runs of a store lie. */
export async function fixLayout(objects: ObjectStore, layout: Layout): Promise<void> {
  if ((await fixedLayout(objects)) !== layout) await objects.put(keys.layout(), `${JSON.stringify({ layout })}\n`)
}
