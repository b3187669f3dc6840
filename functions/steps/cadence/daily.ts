/** The daily routine: judges every day that is ready and was not judged, in order, once, and names the runs to start. */
import { beforeOf, dailyText, type IntentInput, judgeDay, queuedBefore, revisedSlice } from '#core/cadence/daily.ts'
import { dayAfter, daysBetween, newestReady } from '#core/cadence/days.ts'
import type { Bands } from '#schemas/bands.ts'
import type { DailyCadence, IntentFacts, RevisedSlice, Slice, SliceRow } from '#schemas/cadence.ts'
import { keys } from '#schemas/s3-keys.ts'
import { DamagedObject, UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'
import { gatherFacts, yearSpent } from './facts.ts'
import { keepRows, keptRows, linesByDay, measuredBy, rowsOf } from './slice-rows.ts'

/** Days that a routine which stood still catches up on in one go; more are a mistake of the clock or of --date. */
const MOST_CAUGHT_UP = 366

/** Days that were judged, in order. */
export async function judgedDays({ objects }: Pick<Store, 'objects'>): Promise<string[]> {
  const days: string[] = []
  for await (const key of objects.list(keys.dailyCadences()))
    days.push(key.slice(keys.dailyCadences().length, -'.json'.length))
  return days
}

/** A judged day. Throws UserError where it is gone. */
export async function readDay({ objects }: Pick<Store, 'objects'>, day: string): Promise<DailyCadence> {
  const key = keys.dailyCadence(day)
  const read = await readJson<DailyCadence>(objects, key)
  if (read === null) throw new UserError(`${day} was not judged: "autotune cadence daily" judges days in order`)
  if (read.cadence !== 'daily.v1' || read.date !== day) throw new DamagedObject(key, 'it is no judged day')
  return read
}

/**
 * Days that are to be judged, oldest first: those after the last judged one up to the newest that is ready, or up to the
 * asked one. None judged yet: the asked one, or the newest that is ready.
 */
export function daysToJudge(judged: readonly string[], ready: string, asked: string | null): string[] {
  const last = judged.at(-1) ?? null
  if (asked !== null && asked > ready)
    throw new UserError(
      `${asked} is still open: the newest day that is ready is ${ready} (ready_after_hours of the bands)`,
    )
  if (last !== null && asked !== null && asked < last && !judged.includes(asked))
    throw new UserError(
      `${asked} lies before ${last}, which was judged: days are judged in order, so that no day is judged with what came after it`,
    )
  if (last !== null && last > ready)
    throw new UserError(
      `${last} was judged, and by this clock ${ready} is the newest day that is ready: the clock was set back. Nothing was judged`,
    )
  const to = asked ?? ready
  const from = last === null ? to : dayAfter(last)
  if (daysBetween(from, to) > MOST_CAUGHT_UP)
    throw new UserError(
      `${daysBetween(from, to)} days lie between ${last} and ${to}: did the clock jump? Name the days one by one with --date, at most ${MOST_CAUGHT_UP} ahead`,
    )
  const days: string[] = []
  for (let day = from; day <= to; day = dayAfter(day)) days.push(day)
  return days
}

/** Judges what is to be judged; the days that were judged now. Killed anywhere and started again it leaves the same bytes. */
export async function judgeDays(store: Store, bands: Bands, asked: string | null): Promise<DailyCadence[]> {
  const judged = await judgedDays(store)
  const days = daysToJudge(judged, newestReady(store.clock.now(), bands.ready_after_hours), asked)
  if (days.length === 0) return []
  let prior = judged.length === 0 ? null : await readDay(store, judged.at(-1)!)
  const first = judged[0] ?? days[0]!
  const late = judged.filter((day) => daysBetween(day, days[0]!) <= bands.revised_for_days)
  const intents = await gatherIntents(store, bands, new Set([...late, ...days]))
  const done: DailyCadence[] = []
  for (const [i, day] of days.entries()) {
    const year = await yearSpent(store, bands, day)
    const inputs = new Map<string, IntentInput>()
    for (const [intent, { rows }] of intents) {
      const facts = { ...(await gatherFacts(store, intent, year)), ...queuedBefore(prior, intent, day) }
      inputs.set(intent, { rows: await rows(day), facts })
    }
    const revised = i === 0 ? await revisedSlices(store, bands, late, judged, intents) : []
    for (const [intent, { rows }] of inputs) await keepRows(store, day, intent, rows)
    const now = judgeDay(day, bands, prior, first, (intent) => inputs.get(intent)!, revised)
    await store.objects.putIfAbsent(keys.dailyCadence(day), dailyText(now))
    prior = await readDay(store, day)
    store.progress(`judged ${day}`)
    done.push(prior)
  }
  return done
}

const runId = (row: SliceRow): string => row.run_id

const factsIn = (day: DailyCadence, intent: string): Pick<IntentFacts, 'in_force'> =>
  day.intents.find((one) => one.intent === intent)?.facts ?? { in_force: null }

type Intents = ReadonlyMap<string, { readonly rows: (day: string) => Promise<IntentInput['rows']> }>

/** The recorded runs of each intent on the days at hand: one pass over each index. */
async function gatherIntents(store: Store, bands: Bands, days: ReadonlySet<string>): Promise<Intents> {
  const intents = new Map<string, { rows: (day: string) => Promise<IntentInput['rows']> }>()
  for (const of of bands.intents) {
    const by = await measuredBy(store, of)
    const lines = await linesByDay(store, of.intent, (day) => days.has(day))
    intents.set(of.intent, { rows: (day) => rowsOf(store, lines.get(day) ?? [], by) })
  }
  return intents
}

/** Judged days to which runs came late, or of which some are gone: judged again beside what they said. */
async function revisedSlices(
  store: Store,
  bands: Bands,
  late: readonly string[],
  judged: readonly string[],
  intents: Intents,
): Promise<RevisedSlice[]> {
  const known = await knownSlices(store, judged, late)
  const revised: RevisedSlice[] = []
  for (const day of late) {
    const at = judged.indexOf(day)
    const before = at === 0 ? null : await readDay(store, judged[at - 1]!)
    const was = await readDay(store, day)
    for (const of of bands.intents) {
      const slice = known.get(`${day} ${of.intent}`)
      if (!slice) continue
      const rows = await intents.get(of.intent)!.rows(day)
      // Under another suite the same runs measure otherwise: that is no late run, and nothing to judge again.
      const old = await keptRows(store, day, of.intent, slice.rows)
      if (old && old.map(runId).join() === rows.map(runId).sort().join()) continue
      const again = revisedSlice(was, of, slice, rows, beforeOf(before, of.intent, judged[0]!, factsIn(was, of.intent)))
      if (!again) continue
      await keepRows(store, day, of.intent, rows)
      revised.push(again)
    }
  }
  return revised
}

/** What is known of the slices of some days by now: as they were judged, or as a later day revised them. */
async function knownSlices(
  store: Store,
  judged: readonly string[],
  late: readonly string[],
): Promise<Map<string, Slice>> {
  const known = new Map<string, Slice>()
  for (const day of judged.slice(judged.indexOf(late[0] ?? ''))) {
    if (late.length === 0) break
    const { intents, revised } = await readDay(store, day)
    for (const { intent, slice } of intents) known.set(`${day} ${intent}`, slice)
    for (const { date, intent, now } of revised) known.set(`${date} ${intent}`, now)
  }
  return known
}
