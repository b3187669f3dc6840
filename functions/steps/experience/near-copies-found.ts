/** What imports found of near copies that they did not join, where whoever counts families can read it: numbers, no names. */
import { canonical } from '#core/canonical.ts'
import type { NearCopies } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'

/** Notes what one import found. The same import again leaves the same note: `code` names its runs under the split's key. */
export async function noteNearCopies(
  objects: ObjectStore,
  intent: string,
  { runs, of }: NearCopies,
  code: string,
): Promise<void> {
  await objects.putIfAbsent(keys.nearCopiesFound(intent, code), `${canonical({ runs, of })}\n`)
}

/** All that imports found of an intent; null: nothing. */
export async function nearCopiesOf(objects: ObjectStore, intent: string): Promise<NearCopies | null> {
  let [runs, of] = [0, 0]
  for await (const key of objects.list(keys.nearCopies(intent))) {
    const found = (await readJson<NearCopies>(objects, key))!
    runs += found.runs
    of += found.of
  }
  return runs === 0 ? null : { runs, of }
}
