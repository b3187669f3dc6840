/** Scars of an intent as a run pins them: read once when it starts. */
import { byCodeUnit, canonicalLines, digestOfBytes } from '#core/canonical.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Scar } from '#schemas/scar.ts'
import type { ScarsOfWeek } from '#schemas/weekly.ts'
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

/** What a week says of the scars that there were at its end. */
export async function scarsOfWeek(
  store: Pick<Store, 'objects'>,
  intent: string,
  { from, date }: { readonly from: string; readonly date: string },
): Promise<ScarsOfWeek> {
  const scars = (await readScars(store, intent)).filter(({ since }) => since <= date)
  return {
    scars: scars.length,
    this_week: scars.filter(({ since }) => since >= from).length,
    list: scars.length === 0 ? null : digestOfBytes(canonicalLines(scars)),
  }
}
