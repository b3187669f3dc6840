/**
 * Splits an intent anew: draws a key of a new epoch, ends the sealed versions that stand, and takes to the search what the new key does
 * not hold out. What the search has seen is never sealed. The sealer's work; killed anywhere and started again it goes on with the
 * key that was drawn.
 */
import { dayAfter } from '#core/cadence/days.ts'
import { canonical, digestOf, digestOfBytes } from '#core/canonical.ts'
import { endEpoch } from '#core/gate/ledger.ts'
import { QUARTER_DAYS } from '#schemas/band-metrics.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import type { Epoch, Resplit } from '#schemas/resplit.ts'
import { keys } from '#schemas/s3-keys.ts'
import { DamagedObject, UserError } from '../../errors.ts'
import type { Scratch, Store } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'
import { intentsOf } from '../experience/documents.ts'
import { type EpochKey, epochClaim, epochKey, epochSide, epochsOf } from '../experience/epochs.ts'
import { familiesOf, versionsOf } from '../experience/families.ts'
import { FamilyLinks } from '../experience/family-links.ts'
import { linesUnder } from '../experience/run-index.ts'
import { fixedSplit } from '../experience/split-rule.ts'
import { claimFamilies } from '../heldout/family-claims.ts'
import { joinRetired } from '../heldout/seal.ts'
import { openLocks } from '../run/lock.ts'
import { datesUnder } from '../store/dates.ts'
import { rowKeys } from '../store/ledger-keys.ts'

/** Days of the re-splits of an intent, in order. */
export const resplitDays = (store: Pick<Store, 'objects'>, intent: string): Promise<string[]> =>
  datesUnder(store, keys.resplits(intent))

/** A re-split by its day; null: there was none. */
export async function readResplit(
  { objects }: Pick<Store, 'objects'>,
  intent: string,
  date: string,
): Promise<Resplit | null> {
  const key = keys.resplit(intent, date)
  const read = await readJson<Resplit>(objects, key)
  if (read !== null && (read.resplit !== 'resplit.v1' || read.date !== date || read.intent !== intent))
    throw new DamagedObject(key, 'it is no re-split')
  return read
}

const textOf = (resplit: Resplit): string => `${canonical(resplit)}\n`

/**
 * Splits an intent anew, today; one that was cut off is finished under its own day, and one of today is shown. To be called while
 * nobody imports: a run that came meanwhile would fall by the key of before.
 * @param by who asks for it
 * @param draw a key that nobody can guess
 * @throws UserError, with nothing written, where it cannot be: no split by hash, a run under way, a quarter that is not over
 */
export async function resplitIntent(store: Store, intent: string, by: string, draw: () => string): Promise<Resplit> {
  const epochs = await epochsOf(store, intent)
  const last = epochs.at(-1)
  const done = last && (await readResplit(store, intent, last.date))
  const today = store.clock.now().slice(0, 10)
  if (done && done.date === today) return done
  return await finish(store, last && !done ? last : await begin(store, { intent, by, today }, epochs, draw))
}

/** Everything that stands against it is looked at first; the key is drawn once. */
async function begin(
  store: Store,
  { intent, by, today }: { readonly intent: string; readonly by: string; readonly today: string },
  epochs: readonly Epoch[],
  draw: () => string,
): Promise<Epoch> {
  const rule = await fixedSplit(store)
  const known = await intentsOf(store)
  if (!known.includes(intent))
    throw new UserError(`no pack in this store has the intent ${intent}: it has ${known.join(', ') || 'none'}`)
  if (rule === null) throw new UserError('nothing was imported into this store: there is nothing to split anew')
  if (rule.by === 'recorded')
    throw new UserError(
      'this store takes the side of a family from its record: what wrote the records splits, no key does',
    )
  const last = epochs.at(-1)
  const next = last && dayAfter(last.date, QUARTER_DAYS)
  if (next !== undefined && today < next)
    throw new UserError(
      `${intent} was split anew on ${last!.date}: the next re-split may be on ${next}, a quarter later`,
    )
  for await (const lock of openLocks(store))
    if (lock.intent === intent)
      throw new UserError(
        `run ${lock.run_id} is open on ${intent}: it pinned what the split gave it. Finish it, or give it up with "autotune run --abandon ${lock.run_id}"`,
      )
  const standing = (await versionsOf(store, intent)).map(({ body }) => body).filter(({ retired }) => retired === null)
  const asking = standing.find(({ open }) => open !== null)
  if (asking) throw stillOpen(asking)
  const epoch = epochs.length + 1
  const [pk, sk] = rowKeys.epochKey(intent, epoch)
  const { table } = store
  if (!(await table.create<EpochKey>(pk, sk, { key: draw() })))
    store.progress(`epoch ${epoch} of ${intent} goes on with the key that was drawn for it`)
  const { key } = (await table.get<EpochKey>(pk, sk))!.body
  const drawn: Epoch = {
    intent,
    epoch,
    date: today,
    by,
    was: last?.key ?? digestOf(rule.key),
    key: digestOf(key),
    heldout_share: rule.heldout_share,
    ends: standing.map(({ version }) => version),
  }
  const [epochs_, number] = rowKeys.epoch(intent, epoch)
  await table.create(epochs_, number, drawn)
  return (await table.get<Epoch>(epochs_, number))!.body
}

const stillOpen = ({ intent, version, open }: LedgerItem): UserError =>
  new UserError(
    `question ${open!.k} of the held-out version ${version.slice(0, 15)} of ${intent} is open for run ${open!.run_id}. Resume that run, or answer "no" with run --abandon ${open!.run_id}`,
  )

/** Each part is done once, in this order, and leaves what it finds done. */
async function finish(store: Store, epoch: Epoch): Promise<Resplit> {
  const { intent, date } = epoch
  for (const version of epoch.ends) await end(store, intent, version)
  const aside = store.scratch()
  try {
    const counts = await fallen(store, epoch, aside)
    const taken = function* () {
      for (const [key] of aside.entries('take ')) yield key.slice('take '.length)
    }
    await claimFamilies(store, { intent, version: epochClaim(epoch) }, taken())
    await joinRetired(store, intent)
    const before = (await resplitDays(store, intent)).filter((day) => day < date).at(-1)
    const prior = before === undefined ? null : await readResplit(store, intent, before)
    const ended = (await versionsOf(store, intent))
      .map(({ body }) => body)
      .filter((v) => epoch.ends.includes(v.version))
    const of = (is: (v: LedgerItem) => boolean): string[] => ended.filter(is).map(({ version }) => version)
    const resplit: Resplit = {
      resplit: 'resplit.v1',
      ...epoch,
      prior: prior && digestOfBytes(textOf(prior)),
      retired: of(({ used }) => used > 0),
      superseded: of(({ used }) => used === 0),
      families: counts,
    }
    await store.objects.putIfAbsent(keys.resplit(intent, date), textOf(resplit))
    return (await readResplit(store, intent, date))!
  } finally {
    aside.close()
  }
}

async function end({ table }: Pick<Store, 'table'>, intent: string, version: string): Promise<void> {
  const row = (await table.get<LedgerItem>(...rowKeys.version(intent, version)))!
  if (row.body.retired !== null) return
  if (row.body.open) throw stillOpen(row.body)
  const ended = endEpoch(row.body)
  if ('refused' in ended || !(await table.update(row.pk, row.sk, row.revision, ended.next)))
    throw new UserError(`the held-out version ${version.slice(0, 15)} was asked meanwhile. Start the re-split again`)
}

/**
 * How the families of an intent fall, each group of linked ones as one; those that go to the search are put aside under their own
 * hashes and that of their group. The same again when some of them went already.
 */
async function fallen(store: Store, epoch: Epoch, aside: Scratch): Promise<Resplit['families']> {
  const { intent } = epoch
  const key = await epochKey(store, epoch)
  const isHeldOut = (family: string): boolean => epochSide(key, epoch, family) === 'heldout'
  const asked = (await versionsOf(store, intent)).map(({ body }) => body).filter(({ used }) => used > 0)
  const earlier = (await epochsOf(store, intent)).filter((one) => one.epoch < epoch.epoch)
  const others = [...asked, ...earlier.map((one) => ({ version: epochClaim(one) }))]
  for await (const family of familiesOf(store, intent, others)) aside.set(`other ${family}`, '')
  let spent = 0
  const ended = asked.filter(({ version }) => epoch.ends.includes(version))
  for await (const family of familiesOf(store, intent, ended)) {
    aside.set(`went ${family}`, '')
    spent++
  }
  const links = await FamilyLinks.read(store.vault, intent, aside)
  const burned = new Set(links.burned())
  let [to_search, stay_sealed, seen] = [0, 0, 0]
  for await (const line of linesUnder(store.vault, keys.index(intent))) {
    const { family } = links.resolved(line)
    if (burned.has(family) || aside.get(`other ${family}`) !== null) continue
    const isNew = aside.get(`sealed ${family}`) === null
    aside.set(`sealed ${family}`, '')
    if (isHeldOut(family)) {
      if (isNew) stay_sealed++
      continue
    }
    if (isNew) to_search++
    aside.set(`take ${family}`, '')
    aside.set(`take ${line.family}`, '')
  }
  const opened = store.scratch()
  try {
    const open = await FamilyLinks.read(store.objects, intent, opened)
    for await (const line of linesUnder(store.objects, keys.index(intent))) {
      const { family } = open.resolved(line)
      if (opened.get(`seen ${family}`) !== null) continue
      opened.set(`seen ${family}`, '')
      const came = aside.get(`take ${family}`) !== null || aside.get(`went ${family}`) !== null
      if (!came && isHeldOut(family)) seen++
    }
  } finally {
    opened.close()
  }
  return { to_search, spent, stay_sealed, seen }
}

/** What is wrong with a re-split, in words; empty: it is what the ledger has. Null: there was none on that day. */
export async function verifyResplit(store: Store, intent: string, date: string): Promise<readonly string[] | null> {
  const resplit = await readResplit(store, intent, date)
  if (resplit === null) return null
  const { resplit: _, prior: chained, retired, superseded, families, ...said } = resplit
  const epoch = (await epochsOf(store, intent)).find((one) => one.epoch === said.epoch)
  if (!epoch) return [`the ledger knows of no epoch ${said.epoch} of ${intent}`]
  const problems: string[] = []
  if (canonical(epoch) !== canonical(said)) problems.push('it is not what the ledger has of its epoch')
  const days = await resplitDays(store, intent)
  const before = days[days.indexOf(date) - 1]
  const prior = before === undefined ? null : await readResplit(store, intent, before)
  if (chained !== (prior && digestOfBytes(textOf(prior))))
    problems.push('it does not follow the re-split before it as that lies here: one of the two was changed')
  if (!store.rolesApart) await epochKey(store, epoch).catch((error: Error) => problems.push(error.message))
  const ended = (await versionsOf(store, intent)).map(({ body }) => body).filter((v) => epoch.ends.includes(v.version))
  if (
    ended.length !== epoch.ends.length ||
    canonical([...retired, ...superseded].sort()) !== canonical([...epoch.ends].sort())
  )
    problems.push('the versions that it ended are not those that stood')
  for (const { version, used } of ended)
    if (retired.includes(version) && used === 0)
      problems.push(`what it says of version ${version.slice(0, 15)} is not what the ledger has`)
  let taken = 0
  for await (const _family of familiesOf(store, intent, [{ version: epochClaim(epoch) }])) taken++
  if (taken < families.to_search)
    problems.push(`it took ${families.to_search} families to the search, and ${taken} have a claim that says so`)
  return problems
}
