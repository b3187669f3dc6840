/** Is what was recorded still what imports stored? The journal of heads vouches for their lists, these for every run. */
import { digestOf, digestOfBytes } from '#core/canonical.ts'
import { recordProblems } from '#core/experience/records-found.ts'
import type { Claims } from '#core/heads/claims.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { orNull, readJson, readText } from '../../streams/read-object.ts'
import { listedCorrections, readCorrections } from '../experience/corrections.ts'
import { intentsOf } from '../experience/documents.ts'
import { isAsNamed } from '../experience/segments.ts'
import { objectsOf, SIDES } from '../experience/side.ts'
import { compareImported, compareRecords } from '../experience/stored-records.ts'
import type { HeadProblem } from './check.ts'

/**
 * What is wrong with recorded runs and with the lists of them, on both sides; the held-out side by count alone. In a deployment
 * the search side by what imports wrote there: lists are for ingest, and the other side for the sealer.
 */
export async function checkRecords(store: Store, claims: Claims): Promise<HeadProblem[]> {
  const problems = store.rolesApart
    ? []
    : [...(await importProblems(store.objects, claims)), ...(await correctionProblems(store, claims))]
  for (const intent of await intentsOf(store)) {
    store.progress(`looking at the recorded runs of ${intent}`)
    const compared = store.rolesApart
      ? await compareImported(store, intent, 'search')
      : await compareRecords(store, intent, { whole: true })
    for (const why of recordProblems(intent, compared)) problems.push({ what: 'recorded runs:', why })
  }
  return problems
}

/** Lists of imports against the journal, and the segments that they list against their digests. */
async function importProblems(objects: ObjectStore, { imports }: Claims): Promise<HeadProblem[]> {
  const problems: HeadProblem[] = []
  const say = (what: string, why: string) => problems.push({ what, why })
  const found = new Set<string>()
  const listed = new Set<string>()
  for (const prefix of [keys.journalListed(), keys.journalCorrections()])
    for await (const key of objects.list(prefix)) {
      const text = (await readText(objects, key)) ?? ''
      const digest = digestOfBytes(text)
      found.add(digest)
      // A store of an earlier version has none in its journal: what stands there was found, and is compared with the runs.
      if (imports.size > 0 && !imports.has(digest))
        say(`an import (${digest.slice(0, 15)})`, 'is not in the journal: it was changed, or somebody else wrote it')
      if (prefix === keys.journalListed())
        for (const segment of (await orNull(readJson<string[]>(objects, key))) ?? []) listed.add(segment)
    }
  for (const digest of imports)
    if (!found.has(digest))
      say(`an import (${digest.slice(0, 15)})`, 'is missing or was never finished: import the same records again')
  for (const segment of listed)
    if (!(await isAsNamed(objects, segment, '.jsonl')))
      say('the list of what was imported', `lacks a part or was changed (${segment})`)
  return problems
}

/** Corrections against the list of those that were stored: one that is gone, and one that nobody stored. Neither is named: it may be of a sealed run. */
async function correctionProblems(store: Store, { erasures }: Claims): Promise<HeadProblem[]> {
  const listed = new Map<string, string>()
  for await (const { run, correction } of listedCorrections(store.objects))
    if (erasures.ofRun(run) === null) listed.set(correction, run)
  const missing = new Set(listed.keys())
  let foreign = 0
  for (const side of SIDES)
    for (const all of (await readCorrections(objectsOf(store, side))).values())
      for (const one of all) {
        const digest = digestOf(one)
        if (!listed.has(digest)) foreign++
        missing.delete(digest)
      }
  const what = 'corrections of recorded runs:'
  return [
    ...(missing.size === 0
      ? []
      : [{ what, why: `${missing.size} are missing: give "autotune correct" the same files again` }]),
    ...(foreign === 0
      ? []
      : [
          {
            what,
            why: `${foreign} were never stored by "autotune correct", or were erased: take them out of experience/corrections`,
          },
        ]),
  ]
}
