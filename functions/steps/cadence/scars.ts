/** Scars of an intent: found among the corrected failures of the search side, one object each, never replaced. */
import { canonical } from '#core/canonical.ts'
import { caseOf, familyHash, type IndexLine } from '#core/experience/index-line.ts'
import type { Recording } from '#schemas/replay-case.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Scar } from '#schemas/scar.ts'
import type { Store } from '../../ports.ts'
import { type Corrections, labelSaid, readCorrections } from '../experience/corrections.ts'
import { RecordedRuns } from '../experience/recorded-runs.ts'
import { readIndex } from '../experience/run-index.ts'
import { readScars } from '../run/scars.ts'

/**
 * Makes a scar of each failure that was corrected by the end of a week. Of what a record itself says only runs of some days are
 * read; what was said later is read whole.
 * @param isRead is a run of this day to be read?
 */
export async function noteScars(
  store: Store,
  intent: string,
  {
    date,
    end,
    isRead,
  }: { readonly date: string; readonly end: string; readonly isRead: (day: string | null) => boolean },
): Promise<void> {
  const said = await readCorrections(store.objects)
  const recorded = new RecordedRuns(store.objects)
  const known = new Set((await readScars(store, intent)).map(({ case_id }) => case_id))
  for await (const line of readIndex(store, intent)) {
    const case_id = caseOf(line)
    if (line.planned || known.has(case_id) || !(await isFailure(line, said, end, isRead, recorded))) continue
    known.add(case_id)
    const scar: Scar = { case_id, run_id: line.run_id, since: date }
    await store.objects.putIfAbsent(keys.scar(intent, familyHash(case_id)), `${canonical(scar)}\n`)
  }
}

/** Did somebody correct a run as failed? The last word about its label stands. */
async function isFailure(
  line: IndexLine,
  said: Corrections,
  end: string,
  isRead: (day: string | null) => boolean,
  recorded: RecordedRuns,
): Promise<boolean> {
  const label = labelSaid(said, line.run_id, end)
  if (label) return label.outcome !== undefined && (label.outcome.passed ?? label.outcome.score! >= 1) === false
  if (!isRead(line.date)) return false
  const compiled = await recorded.compiled(line)
  if (compiled === null) return false
  const { corrections } = JSON.parse(compiled.recording) as Recording
  return corrections.findLast(({ kind }) => kind === 'outcome')?.passed === false
}
