/** Is what was recorded still what imports stored? The journal of heads vouches for their lists, these for every run. */
import { digestOfBytes } from '#core/canonical.ts'
import { recordProblems } from '#core/experience/records-found.ts'
import type { Claims } from '#core/heads/claims.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { digestOfObject, orNull, readJson, readText } from '../../streams/read-object.ts'
import { correctionProblems } from '../experience/corrections.ts'
import { intentsOf } from '../experience/documents.ts'
import { indexedRuns } from '../experience/run-index.ts'
import { isAsNamed } from '../experience/segments.ts'
import { compareImported, compareRecords } from '../experience/stored-records.ts'
import type { HeadProblem } from './check.ts'

/** What is wrong with the lists of recorded runs. In a deployment they are for ingest. */
export const checkImports = async (store: Store, claims: Claims): Promise<HeadProblem[]> =>
  store.rolesApart ? [] : await importProblems(store.objects, claims)

/**
 * What is wrong with recorded runs and with what was said of them, on both sides; the held-out side by count alone. In a
 * deployment the search side by what imports wrote there: the other side is for the sealer.
 */
export async function checkRecords(store: Store): Promise<HeadProblem[]> {
  const problems = store.rolesApart ? [] : (await correctionProblems(store)).map(asProblem)
  for (const intent of await intentsOf(store)) {
    store.progress(`looking at the recorded runs of ${intent}`)
    const compared = store.rolesApart
      ? await compareImported(store, intent, 'search')
      : await compareRecords(store, intent, { whole: true })
    // What is in no index is of whatever intent: it is said once.
    for (const why of recordProblems(intent, compared))
      if (!problems.some((said) => said.why === why)) problems.push({ what: 'recorded runs:', why })
  }
  problems.push(...(await strayProblems(store.objects)))
  if (!store.rolesApart) problems.push(...(await strayProblems(store.vault)))
  return problems
}

/** Segments that no index lists, but for those that a killed import left: the same import puts its own where they stand. */
async function strayProblems(objects: ObjectStore): Promise<HeadProblem[]> {
  const listed = new Set<string>()
  for await (const { segment } of indexedRuns(objects)) if (segment !== null) listed.add(segment)
  const problems: HeadProblem[] = []
  for await (const what of objects.list(keys.runs())) {
    if (!what.endsWith(SEGMENT) || listed.has(what)) continue
    const named = `/${(await digestOfObject(objects, what))?.slice('sha256:'.length)}${SEGMENT}`
    const same = [...listed].find((segment) => segment.endsWith(named))
    const unread = 'No index lists it and nothing reads it: remove it'
    if (same) problems.push({ what, why: `is ${same} under another name. ${unread}` })
    else if (!what.endsWith(named)) problems.push({ what, why: `is not what its name says. ${unread}` })
  }
  return problems
}

const SEGMENT = '.jsonl.zst'

const asProblem = (why: string): HeadProblem => ({ what: 'corrections of recorded runs:', why })

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
      if (!key.includes(digest.slice('sha256:'.length))) say(key, 'is not what its name says: it was changed')
      else if (prefix === keys.journalListed())
        for (const segment of (await orNull(readJson<string[]>(objects, key))) ?? []) listed.add(segment)
    }
  for (const digest of imports)
    if (!found.has(digest))
      say(
        `an import (${digest.slice(0, 15)})`,
        'is missing or was never finished: import the same records, or give the same corrections, again',
      )
  for (const segment of listed)
    if (!(await isAsNamed(objects, segment, '.jsonl')))
      say('the list of what was imported', `lacks a part or was changed (${segment})`)
  return problems
}
