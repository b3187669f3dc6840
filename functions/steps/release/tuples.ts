/** Release tuples of a store: pinned once under their id, never changed. */
import { canonical } from '#core/canonical.ts'
import { baselineTuple } from '#core/release/tuple.ts'
import type { ReleaseTuple } from '#schemas/pack.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { readJson, readText } from '../../streams/read-object.ts'
import type { Pinned } from '../review/part-proposals.ts'

/** The same tuple as it was released, with the one that it replaced; a UserError where it names other bytes. */
export async function releasedBaseline(store: Store, run: Pinned): Promise<ReleaseTuple> {
  const fresh = baselineTuple(run)
  const { release_tuple_id: id, intent } = fresh
  const released = await readJson<ReleaseTuple>(store.releases, keys.tuple(intent, id))
  if (released && differ(released.digests, fresh.digests))
    throw new UserError(`${run.run_id} was made against other bytes than release tuple ${id} names`)
  return released ?? fresh
}

/** A document that only one of them had is no difference: it was imported since, or is gone. */
const differ = (a: ReleaseTuple['digests'], b: ReleaseTuple['digests']): boolean =>
  Object.entries(a).some(([place, digest]) => b[place] !== undefined && b[place] !== digest)

/** Pins a tuple. The same one again is fine; another one under its id is refused. */
export async function writeTuple(store: Store, tuple: ReleaseTuple): Promise<void> {
  const key = keys.tuple(tuple.intent, tuple.release_tuple_id)
  const text = `${canonical(tuple)}\n`
  if (!(await store.releases.putIfAbsent(key, text)) && (await readText(store.releases, key)) !== text)
    throw new UserError(`release tuple ${tuple.release_tuple_id} is pinned already with other content`)
}
