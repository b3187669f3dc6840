/** What there is to seal anew for an intent: questions left, held-out families that wait, and those that people burnt. */
import { questionsLeft } from '#core/cadence/year-budget.ts'
import type { IndexLine } from '#core/experience/index-line.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import type { RunManifest } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Refresh } from '#schemas/weekly.ts'
import type { Store } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'
import { familiesOf, takenByEpochs, versionsOf } from '../experience/families.ts'
import { openedFamilies } from '../experience/opened.ts'
import { linesUnder } from '../experience/run-index.ts'

/** As it stands now. Of the vault its index is listed, where whoever asks may do so; no case is opened. */
export async function refreshOf(store: Store, intent: string): Promise<Refresh> {
  const versions = (await versionsOf(store, intent)).map((row) => row.body)
  const last_question = await lastQuestion(store, versions)
  const waits = store.rolesApart ? null : await waitingFamilies(store, intent, versions)
  return {
    questions_left: questionsLeft(versions),
    last_question,
    waiting: waits?.waiting.length ?? null,
    fresh:
      waits?.waiting.filter((first) => first !== null && (last_question === null || first > last_question)).length ??
      null,
    burnt: (await openedFamilies(store, intent)).size,
    ...(waits === null || waits.burnt.length === 0 ? {} : { burnt_held_out: [...waits.burnt] }),
  }
}

/** Day of the newest question: when the run that asked it ended. Null: none was asked, or its run is still under way. */
async function lastQuestion(
  { objects }: Pick<Store, 'objects'>,
  versions: readonly LedgerItem[],
): Promise<string | null> {
  let last: string | null = null
  for (const { run_id } of versions.flatMap(({ history }) => history)) {
    const manifest = await readJson<RunManifest>(objects, keys.autotuneRun(run_id, 'manifest.json'))
    const day = manifest?.finished_at.slice(0, 10) ?? null
    if (day !== null && (last === null || day > last)) last = day
  }
  return last
}

/**
 * First recorded day of each held-out family that no version which was asked holds and no re-split took, null where one of its runs has no day; and
 * those of them that a person opened while they were on the search side, which are never sealed.
 */
export async function waitingFamilies(
  store: Store,
  intent: string,
  versions: readonly LedgerItem[],
): Promise<{ readonly waiting: (string | null)[]; readonly burnt: readonly string[] }> {
  const asked = new Set<string>()
  const holders = [...versions.filter(({ used }) => used > 0), ...(await takenByEpochs(store, intent))]
  for await (const family of familiesOf(store, intent, holders)) asked.add(family)
  const first = new Map<string, string | null>()
  const lines: AsyncIterable<IndexLine> = linesUnder(store.vault, keys.index(intent))
  for await (const { family, date } of lines) {
    if (asked.has(family)) continue
    const known = first.get(family)
    first.set(family, known === undefined ? date : known === null || date === null ? null : date < known ? date : known)
  }
  const opened = await openedFamilies(store, intent)
  const burnt = [...first.keys()].filter((family) => opened.has(family)).sort()
  for (const family of burnt) first.delete(family)
  return { waiting: [...first.values()], burnt }
}
