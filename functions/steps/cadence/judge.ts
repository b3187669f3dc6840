/** Judges planned days from the rows that are kept of them; and the whole of it in one process: plan, slice, judge. */
import { beforeOf, dailyText, type IntentInput, judgeDay, queuedBefore, revisedSlice } from '#core/cadence/daily.ts'
import type { Bands } from '#schemas/bands.ts'
import type { DailyCadence, IntentFacts, RevisedSlice, SliceRow } from '#schemas/cadence.ts'
import type { DaysPlan, IntentSlices } from '#schemas/cadence-payloads.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { keepDated, needDated } from '../heads/dated.ts'
import { clearedLogs } from './cleared-logs.ts'
import { judgedDays, planDays, readDay } from './daily.ts'
import { gatherFacts, yearOn } from './facts.ts'
import { knownSlices, sliceIntent } from './intent-slice.ts'
import { keepBands } from './kept-bands.ts'
import { keptRows } from './slice-rows.ts'

/** Judges what is to be judged; the days that were judged now. Killed anywhere and started again it leaves the same bytes. */
export async function judgeDays(store: Store, bands: Bands, asked: string | null): Promise<DailyCadence[]> {
  const plan = await planDays(store, bands, asked)
  if (plan.days.length === 0) {
    await needDated(store, 'daily')
    return []
  }
  const slices: IntentSlices[] = []
  for (const of of bands.intents) slices.push(await sliceIntent(store, of, plan, await clearedLogs(store, of.intent)))
  return await judgePlanned(store, bands, plan, slices)
}

/** Judges the days of a plan in their order, and keeps the bands before the first of them. A day that stands already stays as it was judged. */
export async function judgePlanned(
  store: Store,
  bands: Bands,
  plan: DaysPlan,
  slices: readonly IntentSlices[],
): Promise<DailyCadence[]> {
  await needDated(store, 'daily')
  const of = new Map(slices.map((one) => [one.intent, one]))
  const revised = await revisedSlices(store, bands, plan, of)
  let prior = plan.prior === null ? null : await readDay(store, plan.prior)
  const done: DailyCadence[] = []
  const standing = await gatherFacts(store, bands)
  if (plan.days.length > 0) await keepBands(store, bands)
  for (const [i, day] of plan.days.entries()) {
    const year = yearOn(day, bands, standing)
    const inputs = new Map<string, IntentInput>()
    for (const { intent } of bands.intents) {
      const { asked: _, next, ...stands } = standing.get(intent)!
      const facts = { ...stands, year: year && { ...year, next }, ...queuedBefore(prior, intent, day) }
      inputs.set(intent, { rows: await needRows(store, day, intent, of.get(intent)?.days[day]), facts })
    }
    const now = judgeDay(day, bands, prior, plan.first!, (intent) => inputs.get(intent)!, i === 0 ? revised : [])
    await keepDated(store, 'daily', day, dailyText(now))
    prior = await readDay(store, day)
    store.progress(`judged ${day}`)
    done.push(prior)
  }
  return done
}

/** Judged days to which runs came late, or of which some are gone: judged again beside what they said. */
async function revisedSlices(
  store: Pick<Store, 'objects'>,
  bands: Bands,
  { late, prior, first }: DaysPlan,
  slices: ReadonlyMap<string, IntentSlices>,
): Promise<RevisedSlice[]> {
  const known = await knownSlices(store, late, prior)
  const judged = await judgedDays(store)
  const revised: RevisedSlice[] = []
  for (const day of late) {
    const at = judged.indexOf(day)
    const before = at <= 0 ? null : await readDay(store, judged[at - 1]!)
    const was = await readDay(store, day)
    for (const of of bands.intents) {
      const slice = known.get(`${day} ${of.intent}`)?.slice
      const digest = slices.get(of.intent)?.late[day]
      if (!slice || digest === undefined) continue
      const rows = await needRows(store, day, of.intent, digest)
      const again = revisedSlice(was, of, slice, rows, beforeOf(before, of.intent, first!, factsIn(was, of.intent)))
      if (again) revised.push(again)
    }
  }
  return revised
}

const factsIn = (day: DailyCadence, intent: string): Pick<IntentFacts, 'in_force'> =>
  day.intents.find((one) => one.intent === intent)?.facts ?? { in_force: null }

async function needRows(
  store: Pick<Store, 'objects'>,
  day: string,
  intent: string,
  digest: string | null | undefined,
): Promise<SliceRow[]> {
  const rows = digest === undefined ? null : await keptRows(store, day, intent, digest)
  if (rows === null)
    throw new UserError(
      `the rows of ${intent} of ${day} are gone or were changed since they were measured${digest ? ` (${keys.cadenceRows(day, intent, digest)})` : ''}: start the routine again`,
    )
  return rows
}
