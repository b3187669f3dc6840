/** Everything that a store holds, in a deployment what an auditor may see, against its journal of heads: runs, ledger, records, sealed versions, rollouts. */
import { type Claims, itemName } from '#core/heads/claims.ts'
import { STANDS_AGAIN } from '#core/heads/erasures.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import type { AutotuneRun, RunManifest } from '#schemas/run.ts'
import { AUTOTUNE_FILES, keys } from '#schemas/s3-keys.ts'
import type { WeeklyCadence } from '#schemas/weekly.ts'
import { DamagedObject } from '../../errors.ts'
import type { Signer, Store } from '../../ports.ts'
import { digestOfObject, orNull, readJson } from '../../streams/read-object.ts'
import { intentsOf } from '../experience/documents.ts'
import { checkHeads, type HeadProblem, type HeadsChecked } from '../heads/check.ts'
import { checkImports, checkRecords } from '../heads/check-records.ts'
import { datedProblems } from '../heads/dated.ts'
import { keptProblems } from '../heads/kept-documents.ts'
import { storedRuns } from '../heads/stored-heads.ts'
import { claimProblem } from '../heldout/family-claims.ts'
import { openSealed } from '../heldout/open-sealed.ts'
import { isKept } from '../heldout/standing-version.ts'
import { partIds } from '../review/part-proposals.ts'
import { scarsOfWeek } from '../run/scars.ts'
import { datesUnder } from '../store/dates.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { listRollouts } from './rollouts.ts'
import { verifyRollout } from './verify.ts'
import { verifyPart } from './verify-part.ts'

/**
 * Looks at all of a store and recomputes no run.
 * @param signer of rollout artifacts
 * @returns null: this store keeps no journal
 */
export async function verifyWholeStore(store: Store, signer: Signer): Promise<HeadsChecked | null> {
  const checked = await checkHeads(store, { whole: true })
  if (checked === null) return null
  const problems: HeadProblem[] = [
    ...checked.problems,
    ...(await orDamage(checkImports(store, checked.claims))),
    ...(await orDamage(checkRecords(store))),
    ...(await orDamage(runProblems(store, checked.claims))),
    ...(await orDamage(datedProblems(store, checked.claims))),
    ...(await orDamage(scarProblems(store, checked.claims))),
    ...(await orDamage(keptProblems(store))),
    // In a deployment sealer and gate look at it, and nobody else.
    ...(store.rolesApart ? [] : await orDamage(sealedProblems(store, checked.claims))),
  ]
  for (const { rollout } of await listRollouts(store))
    for (const { file, why } of (await verifyRollout(store, signer, rollout.rollout_id)).differences)
      problems.push({ what: `rollout ${rollout.rollout_id}: ${file}`, why })
  for (const id of await partIds(store))
    for (const { file, why } of (await verifyPart(store, id)).differences)
      problems.push({ what: `proposal ${id}: ${file}`, why })
  return { ...checked, problems }
}

/** What a look found; a document that it could not read is one thing found, and the others are looked at all the same. */
const orDamage = (look: Promise<HeadProblem[]>): Promise<HeadProblem[]> =>
  look.catch((error: Error) => {
    if (error instanceof DamagedObject) return [{ what: error.key, why: `is damaged: ${error.why}` }]
    throw error
  })

/** Files of finished runs against their manifests. Whether they can be recomputed is told by `verify RUN`. */
async function runProblems({ objects }: Store, { erasures }: Claims): Promise<HeadProblem[]> {
  const problems: HeadProblem[] = []
  for await (const { run } of storedRuns(objects)) {
    const manifest = await orNull(readJson<RunManifest>(objects, keys.autotuneRun(run, 'manifest.json')))
    const say = (file: string, why: string) => problems.push({ what: `run ${run}: ${file}`, why })
    for (const file of AUTOTUNE_FILES.filter((f) => f !== 'manifest.json')) {
      const expected = manifest?.artifacts?.[file] ?? null
      const found = await digestOfObject(objects, keys.autotuneRun(run, file))
      if (found !== null && erasures.isGone(found)) say(file, STANDS_AGAIN)
      else if (found !== expected && !(expected !== null && erasures.explains(expected, found)))
        say(file, found === null ? 'is missing' : 'is not the one in its manifest')
    }
    const pinned = await orNull(readJson<AutotuneRun>(objects, keys.autotuneRun(run, 'target.json')))
    const set = pinned?.search_set
    if (set && erasures.isGone(set.digest) && (await objects.read(keys.goldensAt(pinned.target.intent!, set.digest))))
      say('its search set', STANDS_AGAIN)
  }
  return problems
}

/** Sealed versions and the claims of their families, against what the ledger says of them. */
async function sealedProblems(store: Store, { erasures }: Claims): Promise<HeadProblem[]> {
  const problems: HeadProblem[] = []
  for (const intent of await intentsOf(store))
    for await (const { pk, sk, body } of store.table.query<LedgerItem>(rowKeys.versions(intent))) {
      const say = (why: string) => problems.push({ what: `sealed version ${body.version.slice(0, 15)}:`, why })
      if (erasures.isGone(body.version)) {
        if (await isKept(store, body)) say(STANDS_AGAIN)
      } else if (body.retired !== 'superseded') {
        const sealed = await openSealed(store, intent, body.version).catch((error: Error) => {
          say(error.message)
          return null
        })
        const why = sealed && (await claimProblem(store, body, sealed))
        if (why) problems.push({ what: itemName({ pk, sk }), why })
      }
    }
  return problems
}

/** Scars against the newest week, which counts them and holds their digest. */
async function scarProblems(store: Store, { erasures }: Claims): Promise<HeadProblem[]> {
  const last = (await datesUnder(store, keys.weeklyCadences())).at(-1)
  const week =
    last === undefined ? null : await orNull(readJson<WeeklyCadence>(store.objects, keys.weeklyCadence(last)))
  const problems: HeadProblem[] = []
  for (const { intent, scars } of week?.intents ?? []) {
    const now = await scarsOfWeek(store, intent, week!)
    const isErased = erasures.count > 0 && now.scars < scars.scars
    if (now.list !== scars.list && !isErased)
      problems.push({
        what: `scars of ${intent}`,
        why: `are not those that the week until ${last} saw (${scars.scars}, now ${now.scars}): one was removed, changed or put there`,
      })
  }
  return problems
}
