/**
 * Corrections of stored runs, on the side of the runs that they are about: segments that are only ever added to. Whoever
 * compiles a side reads them; what ingest knows of them is a list of its own, because it writes the vault and cannot read it.
 */
import { canonical, canonicalLines, digestOf, digestOfBytes } from '#core/canonical.ts'
import { changesCase, inOrder, saysLabel } from '#core/experience/corrections.ts'
import { familyHash } from '#core/experience/index-line.ts'
import { type Erasures, erasedBy } from '#core/heads/erasures.ts'
import type { Correction } from '#schemas/correction.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { erasuresOf } from '../store/erasures.ts'
import { ImportJournal } from './import-journal.ts'
import { addSegments, segmentValues } from './segments.ts'
import { bySide, objectsOf, SIDES, type Side } from './side.ts'

/** Corrections of one side, by run. */
export type Corrections = ReadonlyMap<string, readonly Correction[]>

/** All corrections of a side, those of each run in the order in which they were said. */
export async function readCorrections(objects: ObjectStore): Promise<Corrections> {
  // A segment that was written again by a correction that was killed, or copied when a family was opened, says the same twice.
  const once = new Map<string, Correction>()
  for await (const one of segmentValues<Correction>(objects, keys.corrections())) once.set(canonical(one), one)
  const byRun = new Map<string, Correction[]>()
  for (const one of once.values()) {
    const said = byRun.get(one.run_id)
    if (said) said.push(one)
    else byRun.set(one.run_id, [one])
  }
  for (const [run, all] of byRun) byRun.set(run, inOrder(all))
  return byRun
}

/** The last word about the label of a run before a moment. */
export const labelSaid = (said: Corrections, run: string, until: string): Correction | undefined =>
  said.get(run)?.findLast((one) => saysLabel(one) && Date.parse(one.at) < Date.parse(until))

/** What ingest remembers of a correction: hashes, as of a run. */
export interface CorrectionLine {
  readonly run: string
  readonly at: string
  /** Digest of the whole correction. */
  readonly correction: string
  readonly side: Side
  /** Does it change what is counted? */
  readonly counts: boolean
}

export const listedCorrections = (objects: ObjectStore): AsyncGenerator<CorrectionLine> =>
  segmentValues<CorrectionLine>(objects, keys.journalCorrections())

/** A correction and where it stands. */
export interface LocatedCorrection {
  /** File and line. */
  readonly at: string
  readonly correction: Correction
}

/** What became of corrections. Nothing of it tells on which side of the split a run lies. */
export interface CorrectReport {
  readonly stored: number
  readonly unchanged: number
  /** Runs that they are about. */
  readonly runs: number
}

/** Problems that a refusal names. */
const NAMED = 20

/**
 * Stores corrections, or refuses all of them and writes nothing. The same again changes nothing.
 * @param check throws when an import has taken over; asked before the first write
 */
export async function addCorrections(
  store: Store,
  located: readonly LocatedCorrection[],
  check: () => Promise<void>,
): Promise<CorrectReport> {
  const aside = store.scratch()
  try {
    const journal = await ImportJournal.read(store.objects, aside)
    const fresh = await checked(store, journal, located)
    await check()
    for (const side of SIDES) {
      const lines = fresh[side]
        .map(({ correction }) => correction)
        .sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1))
      await addSegments(objectsOf(store, side), lines, keys.correctionSegment)
    }
    await list(
      store,
      SIDES.flatMap((side) => fresh[side].map(({ line }) => line)),
    )
    const stored = SIDES.reduce((n, side) => n + fresh[side].length, 0)
    const runs = new Set(located.map(({ correction }) => correction.run_id)).size
    return { stored, unchanged: located.length - stored, runs }
  } finally {
    aside.close()
  }
}

interface Fresh {
  readonly correction: Correction
  readonly line: CorrectionLine
}

/** Corrections that are not stored yet, by side. Throws UserError with every one that cannot be. */
async function checked(store: Store, journal: ImportJournal, located: readonly LocatedCorrection[]) {
  const erasures = await erasuresOf(store)
  /** By run and instant: where the correction stands, and its digest. */
  const known = new Map<string, { readonly digest: string; readonly where: string | null }>()
  for await (const { run, at, correction } of listedCorrections(store.objects))
    known.set(`${run} ${at}`, { digest: correction, where: null })
  const now = store.clock.now()
  const fresh = bySide((): Fresh[] => [])
  const problems: string[] = []
  for (const { at: where, correction } of located) {
    const { run_id, at } = correction
    const run = familyHash(run_id)
    const stored = journal.run({ run })
    const unknown = unknownRun(run_id, stored !== null, erasures)
    const digest = digestOf(correction)
    const before = known.get(`${run} ${at}`)
    if (unknown !== null) problems.push(`${where}: ${unknown}`)
    else if (at > now)
      problems.push(`${where}: at: ${at} lies ahead of this store's clock (${now}): it is when the correction was said`)
    else if (before === undefined && isBefore(at, stored!.began))
      problems.push(
        `${where}: at: ${at} lies before run ${run_id} began: it is when the correction was said, after the run`,
      )
    else if (before === undefined) {
      known.set(`${run} ${at}`, { digest, where })
      fresh[stored!.side].push({
        correction,
        line: { run, at, correction: digest, side: stored!.side, counts: changesCase(correction) },
      })
    } else if (before.digest !== digest)
      problems.push(
        `${where}: another correction of run ${run_id} was said at ${at} too (${before.where ?? 'stored before'}), and neither is the later one. Say all of it in one correction, or give this one its own instant`,
      )
  }
  if (problems.length > 0) {
    const more = problems.length - NAMED
    throw new UserError(
      `no correction was stored:\n${problems
        .slice(0, NAMED)
        .map((p) => `  ${p}`)
        .join('\n')}${more > 0 ? `\n  and ${more} more` : ''}`,
    )
  }
  return fresh
}

/** Wherever on earth a day of a recording began, it began by then. */
const EARLIEST_DAY = 'T00:00:00.000+14:00'

/** Was it said before a run began? Of a run of which only the day is known, before that day anywhere. Asked alike on both sides. */
const isBefore = (at: string, began: string | undefined): boolean =>
  began !== undefined && Date.parse(at) < Date.parse(began.includes('T') ? began : `${began}${EARLIEST_DAY}`)

function unknownRun(run_id: string, isStored: boolean, erasures: Erasures): string | null {
  const tombstone = erasures.ofRun(familyHash(run_id))
  if (tombstone) return `run ${run_id} was ${erasedBy(tombstone)}: nothing more is kept of it`
  if (isStored) return null
  return `run ${run_id} is not in this store: a correction names the run_id under which the run was imported, and of a case "autotune case" shows the runs. Import the run first`
}

/** The journal of heads has the digest of the list before it is there, as with the list of an import. */
async function list({ objects, heads }: Store, lines: readonly CorrectionLine[]): Promise<void> {
  if (lines.length === 0) return
  const text = canonicalLines(lines)
  const digest = digestOfBytes(text)
  await heads?.journal.append({ kind: 'import', digest })
  await objects.putIfAbsent(keys.journalCorrectionSegment(digest), text)
}

/** Copies what corrects runs of the vault that the search reads by now. The same again changes nothing. */
export async function openCorrections({ objects, vault }: Store, isOpen: (run_id: string) => boolean): Promise<void> {
  const lines = [...(await readCorrections(vault)).values()].flat().filter(({ run_id }) => isOpen(run_id))
  await addSegments(objects, lines, keys.correctionSegment)
}

/**
 * Corrections of both sides against the list of those that were stored: what is gone, and what nobody stored. None is named: it
 * may be of a sealed run. Of a folder alone: in a deployment nobody but ingest reads the list.
 */
export async function correctionProblems(store: Store): Promise<string[]> {
  const erasures = await erasuresOf(store)
  const missing = new Set<string>()
  for await (const { run, correction } of listedCorrections(store.objects))
    if (erasures.ofRun(run) === null) missing.add(correction)
  const listed = new Set(missing)
  let foreign = 0
  for (const side of SIDES)
    for (const all of (await readCorrections(objectsOf(store, side))).values())
      for (const one of all) {
        const digest = digestOf(one)
        if (!listed.has(digest)) foreign++
        missing.delete(digest)
      }
  return [
    ...(missing.size > 0
      ? [`${missing.size} corrections of recorded runs are missing: give "autotune correct" the same files again`]
      : []),
    ...(foreign > 0
      ? [
          `${foreign} corrections of recorded runs are on no list of those that were stored: give "autotune correct" the same files again where it was killed, else take them out of experience/corrections`,
        ]
      : []),
  ]
}
