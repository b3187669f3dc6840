/** What a slice holds beside recorded runs as they were stored: production runs of the arm in force, and what was said later. */
import { dayAfter } from '#core/cadence/days.ts'
import { canonical } from '#core/canonical.ts'
import { familyHash } from '#core/experience/index-line.ts'
import { instantOf, millisecondsOf } from '#core/instant.ts'
import { usableRuns } from '#core/release/stage-data.ts'
import { isBack } from '#core/release/status.ts'
import type { SliceRow } from '#schemas/cadence.ts'
import type { ProductionRun, Rollout } from '#schemas/release.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { type Corrections, labelSaid, readCorrections } from '../experience/corrections.ts'
import { indexedRunIds } from '../experience/run-index.ts'
import { toldAt } from '../release/known-runs.ts'
import { readProduction } from '../release/production.ts'
import { listRollouts } from '../release/rollouts.ts'

/** The moment until which what is said counts for a day: when it is ready. */
export const saidUntil = (day: string, hours: number): string =>
  instantOf(millisecondsOf(`${dayAfter(day)}T00:00:00.000Z`) + Math.round(hours * 3_600_000))

/** Adds what there is beside the rows of a day, as it stood at a moment. */
type AddBeside = (day: string, until: string, rows: readonly SliceRow[]) => SliceRow[]

/**
 * Reads what stands beside the recorded runs of an intent. Throws UserError for a production log that is damaged.
 *
 * Where either side holds some runs of a log, its runs are imported: those of the search are in the slice already, and of
 * every other one nobody may know whether it is sealed. Then none of the log is taken.
 * @param cleared rollouts whose logs hold no sealed run, as whoever may list the vault says
 */
export async function besideOf(store: Store, intent: string, cleared: readonly string[]): Promise<AddBeside> {
  const said = await readCorrections(store.objects)
  const logs: { readonly rollout: Rollout; readonly runs: readonly ProductionRun[] }[] = []
  for (const { rollout } of await listRollouts(store)) {
    if (rollout.intent !== intent) continue
    const log = await readProduction(store, rollout.rollout_id)
    if ('damaged' in log) throw new UserError(`${log.damaged}. No day was judged`)
    if (log.runs.length > 0 && cleared.includes(rollout.rollout_id)) logs.push({ rollout, runs: log.runs })
  }
  const recorded = new Set<string>()
  if (logs.length > 0) for await (const id of indexedRunIds(store.objects, intent)) recorded.add(id)
  const own = logs
    .filter(({ runs }) => !runs.some(({ run_id }) => recorded.has(run_id)))
    // A run of another tuple than its arm has says nothing of what is in force.
    .map(({ rollout, runs }) => ({ rollout, runs: usableRuns(rollout, runs) }))
  return (day, until, rows) => [
    ...rows.map((row) => withLater(row, said, until)),
    ...own.flatMap(({ rollout, runs }) => productionRows(rollout, runs, day, until)),
  ]
}

function withLater(row: SliceRow, said: Corrections, until: string): SliceRow {
  const label = labelSaid(said, row.run_id, until)
  const later = label?.outcome ? 'outcome' : label?.label_disputed ? 'label_disputed' : null
  return later === null ? row : { ...row, later }
}

/** Runs of a day on the arm that everybody had when they began, each by its last line until a moment. */
function productionRows(rollout: Rollout, runs: readonly ProductionRun[], day: string, until: string): SliceRow[] {
  const last = new Map<string, ProductionRun>()
  for (const run of runs)
    if (run.started_at?.startsWith(day) && toldAt(run) < until && run.arm === armInForce(rollout, run.started_at))
      last.set(run.run_id, run)
  return [...last.values()].map((run) => productionRow(run))
}

const productionRow = ({ run_id, rollout_id, subject, measures }: ProductionRun): SliceRow => {
  const { operator_corrected, escalated: _, ...measured } = measures
  return {
    run_id,
    family: familyHash(subject),
    measures: measured,
    corrections: { outcome: 0, label_disputed: 0, note: 0 },
    production: { rollout_id, operator_corrected },
  }
}

/** What everybody had at a moment, by the record of a rollout; null: another rollout has taken over. */
function armInForce({ records }: Rollout, at: string): ProductionRun['arm'] | null {
  let arm: ProductionRun['arm'] | null = 'baseline'
  for (const { verdict, to_stage, at: since } of records) {
    if (since > at) break
    if (verdict === 'advanced' && to_stage === null) arm = 'candidate'
    else if (verdict === 'superseded') arm = null
    else if (isBack(verdict)) arm = 'baseline'
  }
  return arm
}

/** Rows of a judged day whose production run, or later word, nobody finds any more, in words. */
export async function lostRows(
  store: Store,
  { intent, until }: { readonly intent: string; readonly until: string },
  rows: readonly SliceRow[],
): Promise<string[]> {
  const problems: string[] = []
  const said = rows.some(({ later }) => later !== undefined) ? await readCorrections(store.objects) : new Map()
  for (const row of rows)
    if (row.later !== undefined && !withLaterOf(said, row, until))
      problems.push(`${intent}: what was said later of run ${row.run_id} is not in this store any more`)
  const logs = new Map<string, Set<string>>()
  for (const row of rows) {
    const { production, run_id } = row
    if (production === undefined) continue
    const id = production.rollout_id
    let known = logs.get(id)
    if (!known) {
      const log = await readProduction(store, id)
      known = new Set('runs' in log ? log.runs.map((run) => canonical(productionRow(run))) : [])
      logs.set(id, known)
    }
    if (!known.has(canonical(row)))
      problems.push(`${intent}: production run ${run_id} is not in the log of ${id} as its row has it`)
  }
  return problems
}

/** Did somebody say what a row has, by then? More may have been stored since. */
const withLaterOf = (said: Corrections, { run_id, later }: SliceRow, until: string): boolean =>
  (said.get(run_id) ?? []).some(
    (one) =>
      Date.parse(one.at) < Date.parse(until) &&
      (later === 'outcome' ? one.outcome !== undefined : one.label_disputed === true),
  )
