/** The sealer: turns held-out runs into a sealed version, claims its families, and opens retired versions to the search. */
import type { BaselinePins } from '#core/baseline/baseline.ts'
import { Gathered, type Reproduced, sealedLine } from '#core/baseline/reproduce.ts'
import type { Records } from '#core/bytes/records.ts'
import { digestOf } from '#core/canonical.ts'
import type { ResolvedTarget } from '#core/contract/resolve.ts'
import { familyIds } from '#core/evaluate/panel.ts'
import { familyHash, type IndexLine } from '#core/experience/index-line.ts'
import { baselineOf } from '#core/gate/commitment.ts'
import { sealedItem, supersede } from '#core/gate/ledger.ts'
import { type SealedVersion, sealVersion } from '#core/gate/seal.ts'
import { isCode } from '#core/replay/cage.ts'
import type { HeldoutVersion, LedgerItem, PinnedLimits } from '#schemas/heldout.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { LedgerRow, Lines, ReplayEngine, ReproducedLine, Scratch, Store } from '../../ports.ts'
import { asText, inBlocks } from '../../streams/groups.ts'
import { compileIntent } from '../experience/compile.ts'
import { openCorrections } from '../experience/corrections.ts'
import { familiesOf, spentFamilies, spentVersions, takenByEpochs, versionsOf } from '../experience/families.ts'
import { openedFamilies } from '../experience/opened.ts'
import { RecordedRuns } from '../experience/recorded-runs.ts'
import { writeRun } from '../experience/run-folder.ts'
import { addToIndex, readIndex, recordedFamilies } from '../experience/run-index.ts'
import { SegmentWriter } from '../experience/segment-writer.ts'
import { recordedLines } from '../replay/reproduce.ts'
import { judgingWith } from '../replay/verdicts.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { askedMeanwhile, claimFamilies, needClaims, needClaimsOf } from './family-claims.ts'
import { isOutgrown } from './outgrown.ts'
import { examples, isKept, kept, refuseLinked } from './standing-version.ts'

/** Held-out cases that no asked version holds, replayed under the baseline. */
export interface Unsealed {
  /** Each with its sealed line; null: it does not reproduce. */
  readonly cases: () => AsyncIterable<Reproduced & { readonly sealed: string | null }>
  /** How many corrections they hold, once all are read. */
  readonly corrections: () => number
}

/** Such cases as they lie, replayed here one after the other. */
export function replayedHere(
  store: Store,
  intent: string,
  pins: BaselinePins,
  engine: Pick<ReplayEngine, 'reproduce'>,
): Unsealed {
  let corrections = 0
  return {
    async *cases() {
      const lines = unsealedLines(store, intent, () => corrections++)
      for await (const { line, ...one } of sealedBaselines(store, lines, pins, engine))
        yield { ...one, sealed: 'measures' in one.result ? sealedLine(line, one.result) : null }
    },
    corrections: () => corrections,
  }
}

/** Baselines of held-out cases. Code of a user's is asked of sealed cases by the gate alone: what is published says nothing of what it does there. */
export const sealedBaselines = (
  { verdicts }: Pick<Store, 'verdicts'>,
  lines: Lines,
  pins: BaselinePins,
  engine: Pick<ReplayEngine, 'reproduce'>,
): AsyncIterable<ReproducedLine> =>
  isCode(pins.replayer)
    ? recordedLines(lines, pins, judgingWith(verdicts, 'vault'))
    : engine.reproduce(lines, pins, 'vault')

/** Published facts of the version that this run may ask; `null` when every sealed family has answered already. */
export async function sealIfNeeded(
  store: Store,
  target: ResolvedTarget,
  pins: BaselinePins,
  unsealed: Unsealed,
  limits: () => Promise<PinnedLimits>,
): Promise<HeldoutVersion | null> {
  const [aside, heads] = [store.scratch(), store.scratch()]
  try {
    const keeping = { keep: (line: string) => aside.records.append(line), heads: heads.records }
    const plan = await planSeal(store, target, pins, unsealed, limits, keeping)
    const left = (await versionsOf(store, target.intent)).find((r) => isOutgrown(r.body, pins.suite.suite))
    if (left) throw askedMeanwhile(left.body.version)
    return plan.sealed ? await publish(store, plan.sealed, aside.records.texts(), plan.live) : plan.facts
  } finally {
    aside.close()
    heads.close()
  }
}

/**
 * The version that a run would ask: one that stands, or one that is still to be sealed. Writes nothing.
 * @param limits what the checked rows of a new version compare with
 * @param keeping `keep` gets its lines; `heads`: as `Gathered` takes it
 */
export async function planSeal(
  store: Store,
  target: ResolvedTarget,
  pins: BaselinePins,
  unsealed: Unsealed,
  limits: () => Promise<PinnedLimits>,
  { keep = () => {}, heads }: { readonly keep?: (line: string) => unknown; readonly heads?: Records } = {},
): Promise<{
  readonly facts: HeldoutVersion | null
  readonly sealed?: SealedVersion
  readonly live?: LedgerRow<LedgerItem> | undefined
}> {
  const rows = await versionsOf(store, target.intent)
  const asked = askedOf(rows, pins)
  if (asked) {
    const item = await kept(store, asked)
    await needClaims(store, [item])
    await refuseLinked(store, item)
    return { facts: factsOf(item, pins, target) }
  }
  await needClaims(
    store,
    rows.map((r) => r.body).filter((v) => v.used > 0),
  )
  const gathered = new Gathered(heads)
  let cases = 0
  for await (const { case: head, result, sealed } of unsealed.cases()) {
    cases++
    gathered.add({ case: head, result })
    if (sealed !== null) keep(sealed)
  }
  const live = rows.find((r) => !r.body.retired && !isOutgrown(r.body, pins.suite.suite))
  if (cases === 0) return { facts: live ? factsOf(await kept(store, live.body), pins, target) : null }
  const sealed = sealVersion(gathered.reproduction(pins.draw), target, pins, await limits(), unsealed.corrections())
  if (sealed.facts.families === 0) return { facts: null }
  // One that version 0.1.0 sealed and nobody asked is sealed again, with the limits that it lacks.
  const stands =
    live?.body.version === sealed.facts.version &&
    live.body.baseline === sealed.facts.baseline &&
    live.body.pinned !== undefined &&
    digestOf(countedBeside(live.body)) === digestOf(countedBeside(sealed.facts))
  if (stands && (await isKept(store, live.body))) {
    await needClaimsOf(store, live.body, sealed)
    return { facts: factsOf(live.body, pins, target) }
  }
  return { facts: sealed.facts, sealed, live }
}

/** The version that a run asks because it was asked before: it keeps its families and its pinned baseline until it is retired. */
const askedOf = (rows: readonly LedgerRow<LedgerItem>[], { suite }: BaselinePins): LedgerItem | undefined =>
  rows.map((r) => r.body).find((v) => !v.retired && v.used > 0 && !isOutgrown(v, suite.suite))

/** Is there such a version? Then nothing is sealed. */
export const isAsked = async (store: Pick<Store, 'table'>, intent: string, pins: BaselinePins): Promise<boolean> =>
  askedOf(await versionsOf(store, intent), pins) !== undefined

/** What is published of a version beside what its digest covers. */
const countedBeside = ({ exposure, excluded_families, labels, pinned }: HeldoutVersion) => [
  exposure ?? null,
  excluded_families ?? null,
  labels ?? null,
  pinned?.judge ?? null,
]

/**
 * The version that stands and that a run would ask, by the ledger alone; null when there is none, or when a run would seal
 * another in its place.
 */
export async function standingVersion(
  store: Pick<Store, 'table'>,
  target: ResolvedTarget,
  pins: BaselinePins,
): Promise<HeldoutVersion | null> {
  const live = (await versionsOf(store, target.intent)).map((r) => r.body).filter((v) => !v.retired)
  const asked = live.find((v) => v.used > 0 && !isOutgrown(v, pins.suite.suite))
  if (asked) return factsOf(asked, pins, target)
  const fits = (v: LedgerItem) =>
    v.baseline === baselineOf(pins) &&
    v.suite === pins.suite.suite &&
    v.alpha === target.alpha &&
    v.draw === pins.draw &&
    v.pinned !== undefined &&
    v.exposure !== undefined &&
    v.questions === (target.questions ?? v.questions)
  return live.find(fits) ?? null
}

function factsOf(
  { used: _u, open: _o, history: _h, retired: _r, chain: _c, revision: _v, ...facts }: LedgerItem,
  pins: BaselinePins,
  target: ResolvedTarget,
): HeldoutVersion {
  if (facts.baseline !== baselineOf(pins) || facts.suite !== pins.suite.suite)
    throw new UserError(
      `the held-out version ${facts.version.slice(0, 15)} of ${target.intent} was sealed for another baseline or harness module and has answered questions: its families stay with it. Import families that were never sealed into a new store, or give the target that baseline again`,
    )
  if (facts.alpha !== target.alpha || (target.questions ?? facts.questions) !== facts.questions)
    throw new UserError(
      `the held-out version ${facts.version.slice(0, 15)} of ${target.intent} was sealed at alpha ${facts.alpha} for ${facts.questions} questions and has answered some: neither can change now. Give scoring.alpha and scoring.questions these values, or import families that were never sealed`,
    )
  return facts
}

/** Case lines of the vault whose families no asked version has claimed, that no person opened, and of which the search side has no run. */
export async function* unsealedLines(store: Store, intent: string, reading: () => unknown): AsyncGenerator<string> {
  const asked = (await versionsOf(store, intent)).map((r) => r.body).filter((v) => v.used > 0)
  const aside = store.scratch()
  const burned = new Map<string, string>()
  const opened = await openedFamilies(store, intent)
  const burnt = new Set<string>()
  try {
    for await (const { family, run_id } of recordedFamilies(store.objects, intent)) aside.set(`open ${family}`, run_id)
    const claimed = [...asked, ...(await takenByEpochs(store, intent))]
    for await (const family of familiesOf(store, intent, claimed)) aside.set(`claimed ${family}`, '')
    const isLeftOut = (family: string): boolean => {
      if (aside.get(`claimed ${family}`) !== null) return true
      if (opened.has(family)) {
        burnt.add(family)
        return true
      }
      const open = aside.get(`open ${family}`)
      if (open !== null) burned.set(family, open)
      return open !== null
    }
    yield* compileIntent({ ...store, objects: store.vault }, intent, isLeftOut, reading)
  } finally {
    aside.close()
  }
  if (burnt.size > 0)
    store.progress(
      `burnt: ${burnt.size} held-out ${burnt.size === 1 ? 'family was' : 'families were'} opened by a person while on the search side (${examples([...burnt])}): never sealed`,
    )
  if (burned.size > 0)
    store.progress(
      `burned: ${burned.size} sealed families have runs on the search side too (${examples([...burned.values()])}): they are never sealed. Two imports wrote at once, or files were moved`,
    )
}

async function publish(
  store: Store,
  sealed: SealedVersion,
  texts: Iterable<string>,
  live: LedgerRow<LedgerItem> | undefined,
): Promise<HeldoutVersion> {
  const { facts, panel } = sealed
  await store.vault.put(keys.sealed(facts.intent, facts.version), asText(texts))
  if (live && live.body.version !== facts.version) {
    const next = supersede(live.body)
    if ('refused' in next || !(await store.table.update(live.pk, live.sk, live.revision, next.next)))
      throw askedMeanwhile(live.body.version)
  }
  await claimFamilies(store, facts, hashes(familyIds(panel)))
  const [pk, sk] = rowKeys.version(facts.intent, facts.version)
  if (!(await store.table.create(pk, sk, sealedItem(facts)))) await revive(store, facts)
  return facts
}

function* hashes(families: Iterable<string>): Generator<string> {
  for (const family of families) yield familyHash(family)
}

/** The same content was sealed before: superseded, under another baseline or suite, or just before the sealer was killed. */
async function revive(store: Store, facts: HeldoutVersion): Promise<void> {
  const row = (await store.table.get<LedgerItem>(...rowKeys.version(facts.intent, facts.version)))!
  const same = row.body.chain === sealedItem(facts).chain
  if (row.body.retired === null && same) return
  if (row.body.used > 0 || !(await store.table.update(row.pk, row.sk, row.revision, sealedItem(facts))))
    throw askedMeanwhile(facts.version)
}

/**
 * Copies the runs of retired versions, and of families that a re-split took, to where the search reads: spent families are search data for good. What is listed
 * there is done; the vault keeps its own copy and its index, and no later version takes these families again.
 */
export async function joinRetired(store: Store, intent: string): Promise<void> {
  const aside = store.scratch()
  try {
    let spends = false
    for await (const family of spentFamilies(store, intent)) {
      aside.set(`spent ${family}`, '')
      spends = true
    }
    if (!spends) return
    for await (const { run_id } of readIndex(store, intent)) aside.set(`open ${run_id}`, '')
    if (await waits(store, intent, aside)) {
      await needClaims(store, await spentVersions(store, intent))
      await addToIndex(store.objects, intent, joined(store, intent, aside))
      for await (const { run_id } of readIndex(store, intent)) aside.set(`open ${run_id}`, '')
    }
    // What is said of them later lies where they were recorded.
    await openCorrections(store, (run_id) => aside.get(`open ${run_id}`) !== null)
  } finally {
    aside.close()
  }
}

const isWaiting = ({ family, run_id }: IndexLine, aside: Scratch): boolean =>
  aside.get(`spent ${family}`) !== null && aside.get(`open ${run_id}`) === null

/** Is a run of a spent family not open yet? */
async function waits(store: Store, intent: string, aside: Scratch): Promise<boolean> {
  for await (const line of readIndex({ ...store, objects: store.vault }, intent))
    if (isWaiting(line, aside)) return true
  return false
}

/** Runs of spent families that are not open yet, each once it is. What is packed there is packed here. */
async function* joined(store: Store, intent: string, aside: Scratch): AsyncGenerator<IndexLine> {
  const sealed = new RecordedRuns(store.vault)
  const packing = new SegmentWriter<null>(store.scratch())
  const joining = async (line: IndexLine): Promise<IndexLine | null> => {
    if (!isWaiting(line, aside)) return null
    if (line.packed) {
      const { packed: _, ...bare } = line
      packing.add(bare, await sealed.packed(line), null)
      return null
    }
    const files = await sealed.files(line)
    if (files) await writeRun(store.objects, line, files, await sealed.beside(line))
    return files && line
  }
  try {
    for await (const line of inBlocks(readIndex({ ...store, objects: store.vault }, intent), joining))
      if (line) yield line
    for await (const written of packing.write(store.objects)) yield* written.map(({ line }) => line)
  } finally {
    packing.close()
  }
}
