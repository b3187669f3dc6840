/** Families that people looked into: noted before anything is shown, never taken back. */
import { canonical } from '#core/canonical.ts'
import { familyHash } from '#core/experience/index-line.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { OpenedFamily } from '#schemas/weekly.ts'
import type { Store } from '../../ports.ts'

/** Notes that a person opens a case's family; once a day and person. */
export async function noteOpened(
  { objects, clock }: Pick<Store, 'objects' | 'clock'>,
  { intent_id: intent, family_id }: Pick<ReplayCase, 'intent_id' | 'family_id'>,
  by: string,
): Promise<OpenedFamily> {
  const opened: OpenedFamily = { intent, family: familyHash(family_id), by, day: clock.now().slice(0, 10) }
  await objects.putIfAbsent(
    keys.openedFamily(intent, opened.family, opened.day, familyHash(by).slice(0, 16)),
    `${canonical(opened)}\n`,
  )
  return opened
}

/** Hashes of an intent's families that people opened. */
export async function openedFamilies({ objects }: Pick<Store, 'objects'>, intent: string): Promise<Set<string>> {
  const prefix = keys.openedFamilies(intent)
  const families = new Set<string>()
  for await (const key of objects.list(prefix)) families.add(key.slice(prefix.length).split('/')[0]!)
  return families
}
