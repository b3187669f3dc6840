/** Which recorded runs an erasure is about: those that were named, and every copy of one of them, on both sides of the split. */
import { nameContent } from '#core/experience/content.ts'
import { caseOf, familyHash, type IndexLine } from '#core/experience/index-line.ts'
import { readRunFiles, TamperError } from '#core/experience/run-files.ts'
import { ErasedNames } from '#core/experience/without-names.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { DamagedObject, UserError } from '../../errors.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { streamValues } from '../../streams/read-object.ts'
import { ImportJournal } from '../experience/import-journal.ts'
import { RecordedRuns } from '../experience/recorded-runs.ts'
import { indexesOf, linesUnder } from '../experience/run-index.ts'
import { fixedSplit } from '../experience/split-rule.ts'

/** Runs by their ids, or all of a family, of whatever intent. */
export type Wanted = { readonly runs: ReadonlySet<string> } | { readonly family: string }

/** Recorded runs that are to be erased. */
export interface Chosen {
  /** By run id: what a tombstone says of it. */
  readonly runs: ReadonlyMap<string, { readonly run: string; readonly family: string; readonly record: string | null }>
  /** How many of them were not named, and say what a named one says. */
  readonly copies: number
  /** Prefixes of the indexes that list them. */
  readonly indexes: ReadonlySet<string>
  /** Their families, by their hashes. */
  readonly families: ReadonlySet<string>
  /** Names of those of which no run is left, as far as their records could still be read. */
  readonly familyNames: ReadonlySet<string>
  /** Every name under which something computed from these runs may speak of them. */
  readonly names: ErasedNames
}

interface Match {
  readonly index: string
  readonly line: IndexLine
  /** null: it cannot be read any more. */
  readonly run: ExperienceRun | null
}

/** Finds them. Throws UserError where an import was killed before it had listed what it stored: an index does not tell then. */
export async function chooseRuns(store: Store, wanted: Wanted): Promise<Chosen> {
  const aside = store.scratch()
  try {
    const journal = await ImportJournal.read(store.objects, aside)
    for (const { stored } of journal.runs())
      if (stored.unlisted !== undefined)
        throw new UserError(
          'an import of this store was killed before it had listed its runs: start the same import again, and erase then',
        )
    const isNamed = (line: IndexLine): boolean =>
      'family' in wanted ? line.family === familyHash(wanted.family) : wanted.runs.has(line.run_id)
    const named = await matching(store, async (line, index, read) =>
      isNamed(line) ? { index, line, run: await read() } : null,
    )
    const chosen = [...named, ...(await copiesOf(store, named))]
    return {
      ...(await familiesOf(store, chosen)),
      runs: new Map(
        chosen.map(({ line: { run_id, family } }) => {
          const hashed = familyHash(run_id)
          return [run_id, { run: hashed, family, record: journal.run({ run: hashed })?.record ?? null }]
        }),
      ),
      indexes: new Set(chosen.map(({ index }) => index)),
      copies: new Set(chosen.map(({ line }) => line.run_id)).size - new Set(named.map(({ line }) => line.run_id)).size,
    }
  } finally {
    aside.close()
  }
}

/** Index lines of both sides for which `take` gives something. */
async function matching<T>(
  { objects, vault }: Store,
  take: (line: IndexLine, index: string, read: () => Promise<ExperienceRun | null>) => Promise<T | null>,
): Promise<T[]> {
  const found: T[] = []
  for (const side of [objects, vault]) {
    const recorded = new RecordedRuns(side)
    for (const index of await indexesOf(side))
      for await (const line of linesUnder(side, index)) {
        const one = await take(line, index, () => readRun(recorded, line))
        if (one !== null) found.push(one)
      }
  }
  return found
}

/** A run that somebody changed, or of which a part is gone, is erased as far as its index line tells. */
async function readRun(recorded: RecordedRuns, line: IndexLine): Promise<ExperienceRun | null> {
  try {
    const files = await recorded.files(line)
    return files && readRunFiles(line.run_id, files).run
  } catch (error) {
    if (error instanceof TamperError || error instanceof DamagedObject || error instanceof UserError) return null
    throw error
  }
}

/**
 * Runs that say what a chosen one says, and what was recorded of its case for a plan: imports made their families one, so they
 * are looked for there alone.
 */
async function copiesOf(store: Store, chosen: readonly Match[]): Promise<Match[]> {
  const split = await fixedSplit(store)
  if (split === null || chosen.length === 0) return []
  const contentOf = (run: ExperienceRun): string => `${run.intent_id} ${nameContent(split.key, run).key}`
  const contents = new Set(chosen.flatMap(({ run }) => (run === null ? [] : [contentOf(run)])))
  const ids = new Set(chosen.map(({ line }) => line.run_id))
  const cases = new Set(chosen.map(({ line }) => caseOf(line)))
  const families = await linkedFamilies(store.objects, chosen)
  return await matching(store, async (line, index, read) => {
    if (ids.has(line.run_id) || !families.has(line.family)) return null
    const run = await read()
    if (line.planned && cases.has(caseOf(line))) return { index, line, run }
    return run !== null && contents.has(contentOf(run)) ? { index, line, run } : null
  })
}

/** Families of runs, with all that imports made one with them, by their hashes. */
async function linkedFamilies(objects: ObjectStore, chosen: readonly Match[]): Promise<ReadonlySet<string>> {
  const families = new Set(chosen.map(({ line }) => line.family))
  for (const intent of new Set(chosen.flatMap(({ run }) => run?.intent_id ?? []))) {
    const beside = new Map<string, string[]>()
    for await (const { family, joins } of streamLinks(objects, intent)) {
      beside.set(family, [...(beside.get(family) ?? []), joins])
      beside.set(joins, [...(beside.get(joins) ?? []), family])
    }
    // A set goes on with what is added to it meanwhile.
    for (const family of families) for (const other of beside.get(family) ?? []) families.add(other)
  }
  return families
}

async function* streamLinks(objects: ObjectStore, intent: string) {
  for await (const key of objects.list(keys.journalLinks(intent)))
    yield* streamValues<{ readonly family: string; readonly joins: string }>(objects, key)
}

/** Their families, and the names that go with those of which nothing is left. */
async function familiesOf(
  store: Store,
  chosen: readonly Match[],
): Promise<Pick<Chosen, 'families' | 'familyNames' | 'names'>> {
  const ids = new Set(chosen.map(({ line }) => line.run_id))
  const families = new Set(chosen.map(({ line }) => line.family))
  const whole = new Set(families)
  await matching(store, async ({ run_id, family }) => {
    if (!ids.has(run_id)) whole.delete(family)
    return null
  })
  const familyNames = new Set(
    chosen.flatMap(({ line, run }) => (run !== null && whole.has(line.family) ? [run.family_id] : [])),
  )
  const names = new ErasedNames(new Set([...ids, ...chosen.map(({ line }) => caseOf(line)), ...familyNames]))
  return { families, familyNames, names }
}
