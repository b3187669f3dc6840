/** Scars of an intent as a run pins them: read once when it starts. */
import { byCodeUnit } from '#core/canonical.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Scar } from '#schemas/scar.ts'
import type { Store } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'

/** All of them, in the order of their cases. */
export async function readScars({ objects }: Pick<Store, 'objects'>, intent: string): Promise<Scar[]> {
  const scars: Scar[] = []
  for await (const key of objects.list(keys.scars(intent))) {
    const scar = await readJson<Scar>(objects, key)
    if (scar) scars.push(scar)
  }
  return scars.sort((a, b) => byCodeUnit(a.case_id, b.case_id))
}
