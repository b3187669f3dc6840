/** Packs without the surfaces that a week proposes to retire: for people to decide on, and to import. Writes nothing. */
import { packWithout } from '#core/cadence/retire.ts'
import { nextMinor, refName } from '#core/release/pack-version.ts'
import type { ContextPack } from '#schemas/pack.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { WeeklyCadence } from '#schemas/weekly.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'
import { takenVersions } from '../release/pack-versions.ts'

/** The next version of each pack that loses a surface. */
export async function retiredPacks(
  store: Pick<Store, 'objects' | 'table'>,
  { intents }: Pick<WeeklyCadence, 'intents'>,
): Promise<ContextPack[]> {
  const refs = new Set(intents.flatMap(({ retire }) => retire.map(({ pack }) => pack)))
  const packs: ContextPack[] = []
  for (const ref of refs) {
    const pack = await readJson<ContextPack>(store.objects, keys.pack(ref))
    if (pack === null)
      throw new UserError(`${ref} is not in this store any more: "autotune import --pack FILE" restores it`)
    const { taken } = await takenVersions(store, refName(ref))
    const next = intents.reduce((now, { intent, retire }) => {
      const paths = retire.filter((one) => one.pack === ref).map(({ path }) => path)
      return packWithout(now, intent, paths)
    }, pack)
    packs.push({ ...next, pack: nextMinor(ref, taken) })
  }
  return packs
}
