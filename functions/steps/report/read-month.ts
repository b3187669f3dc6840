/** Reads what a month of an intent is told of: judged days as they were kept, releases, and the ledger. Writes nothing. */
import { dayAfter } from '#core/cadence/days.ts'
import { daysOfMonth, type IntentMonth, isMonth, monthOf } from '#core/cadence/month.ts'
import { MOST_REVISED_DAYS } from '#schemas/bands.ts'
import type { DailyCadence, SliceRow } from '#schemas/cadence.ts'
import type { Verdict } from '#schemas/run.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { orNull } from '../../streams/read-object.ts'
import { clearedLogs } from '../cadence/cleared-logs.ts'
import { judgedDays, readDay } from '../cadence/daily.ts'
import { keptBands } from '../cadence/kept-bands.ts'
import { readQuarter, reviewedQuarters } from '../cadence/quarterly.ts'
import { verdictOf } from '../cadence/queued.ts'
import { besideOf, saidUntil } from '../cadence/rows-beside.ts'
import { linesByDay, measuredBy, rowsOf } from '../cadence/slice-rows.ts'
import { readWeek, reviewedWeeks } from '../cadence/weekly.ts'
import { intentsOf } from '../experience/documents.ts'
import { versionsOf } from '../experience/families.ts'
import { RecordedRuns } from '../experience/recorded-runs.ts'
import { askedQuestions } from '../heldout/year.ts'
import { listRollouts } from '../release/rollouts.ts'
import { judgingWith } from '../replay/verdicts.ts'

/**
 * A month of an intent.
 * @param month `2026-11`; null: that of the newest judged day, or of this day where none was judged
 * @throws UserError for a month that is none, and an intent that no pack of the store names
 */
export async function readMonth(store: Store, intent: string, month: string | null): Promise<IntentMonth> {
  const known = await intentsOf(store)
  if (!known.includes(intent))
    throw new UserError(
      `no pack in this store names the intent "${intent}": ${known.length === 0 ? 'import a pack first' : `it has ${known.join(', ')}`}`,
    )
  const judged = await judgedDays(store)
  const asked = month ?? (judged.at(-1) ?? store.clock.now()).slice(0, 7)
  if (!isMonth(asked)) throw new UserError(`"${asked}" is no month: write it as 2026-11`)
  const dates = daysOfMonth(asked)
  const [from, to] = [dates[0]!, dates.at(-1)!]
  const days: DailyCadence[] = []
  for (const day of judged)
    if (day >= from && day <= dayAfter(to, MOST_REVISED_DAYS)) days.push(await readDay(store, day))
  const versions = (await versionsOf(store, intent)).map((row) => row.body)
  const newest = (dated: readonly string[]): string | undefined => dated.filter((date) => date <= to).at(-1)
  const [week, quarter] = [newest(await reviewedWeeks(store)), newest(await reviewedQuarters(store))]
  const rollouts = (await listRollouts(store)).map(({ rollout }) => rollout)
  return monthOf(intent, asked, {
    days,
    judged: judged.length === 0 ? null : { first: judged[0]!, last: judged.at(-1)! },
    ...(await openDays(store, intent, { from, to, last: judged.at(-1) ?? null })),
    rollouts: rollouts.filter((one) => one.intent === intent),
    week: week === undefined ? null : await readWeek(store, week),
    quarter: quarter === undefined ? null : await readQuarter(store, quarter),
    versions,
    asked: await askedQuestions(store, versions),
    verdicts: await verdictsOf(
      store,
      intent,
      days.filter(({ date }) => date <= to),
    ),
  })
}

/** Days behind the last judged one that have runs, as the bands of that one measure them. */
async function openDays(
  store: Store,
  intent: string,
  { from, to, last }: { readonly from: string; readonly to: string; readonly last: string | null },
) {
  const open = new Map<string, readonly SliceRow[]>()
  if (last === null || last >= to) return { open, bands: null }
  const bands = await keptBands(store, (await readDay(store, last)).bands)
  const of = bands?.intents.find((one) => one.intent === intent)
  if (!of) return { open, bands: null }
  const lines = await linesByDay(store, intent, (day) => day > last && day >= from && day <= to)
  if (lines.size > 0) {
    const by = await measuredBy(store, of)
    const judge = judgingWith(store.verdicts, 'search')
    const recorded = new RecordedRuns(store.objects)
    // Nobody but the sealer may ask the sealed side: with roles apart, open days are what was recorded.
    const cleared = store.rolesApart ? [] : await clearedLogs(store, intent)
    const beside = await besideOf(store, intent, cleared)
    for (const [day, own] of [...lines].sort())
      open.set(day, beside(day, saidUntil(day, bands!.ready_after_hours), await rowsOf(recorded, own, by, judge)))
  }
  return { open, bands: of.bands }
}

/** How runs of an intent that some days queued ended, as far as they did. */
async function verdictsOf(
  store: Pick<Store, 'objects'>,
  intent: string,
  days: readonly DailyCadence[],
): Promise<Map<string, Verdict>> {
  const verdicts = new Map<string, Verdict>()
  for (const { intents } of days)
    for (const { run_id } of intents.find((one) => one.intent === intent)?.queue ?? []) {
      if (run_id === null) continue
      const verdict = await orNull(verdictOf(store, run_id))
      if (verdict !== null) verdicts.set(run_id, verdict)
    }
  return verdicts
}
