/** What the routine keeps under a date, and its line in the journal of heads: a last day that was removed is missed. */

import { digestOfBytes } from '#core/canonical.ts'
import { type Claims, claimsOf, datedKey } from '#core/heads/claims.ts'
import { CADENCE_PERIODS, type CadencePeriod } from '#schemas/head-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { digestOfObject } from '../../streams/read-object.ts'
import { datesUnder } from '../store/dates.ts'

type Witnessed = Pick<Store, 'objects' | 'heads'>

const PLACES: Readonly<Record<CadencePeriod, { readonly all: () => string; readonly one: (date: string) => string }>> =
  {
    daily: { all: keys.dailyCadences, one: keys.dailyCadence },
    weekly: { all: keys.weeklyCadences, one: keys.weeklyCadence },
    quarterly: { all: keys.quarterlyCadences, one: keys.quarterlyCadence },
  }

/**
 * Before something is added: what the journal names and nobody finds any more refuses it, and the newest one that was kept by a
 * process which was killed before its line gets it now.
 */
export async function needDated(store: Witnessed, period: CadencePeriod): Promise<void> {
  if (!store.heads) return
  const { lines, problem } = await store.heads.journal.read()
  if (problem !== null) throw new UserError(`${problem}. Nothing was written`)
  const { dated } = claimsOf(lines)
  const kept = await datesUnder(store, PLACES[period].all())
  const last = kept.at(-1)
  for (const { period: of, date } of dated.values())
    if (of === period && (last === undefined || date > last))
      throw new UserError(
        `${PLACES[period].one(date)} stands in the journal of heads, and is gone from this store: restore it from a copy. Nothing was written, since it would say something else now`,
      )
  if (last === undefined || dated.has(datedKey({ period, date: last }))) return
  await store.heads.journal.append({
    kind: 'cadence',
    period,
    date: last,
    digest: (await digestOf(store, period, last))!,
  })
}

const digestOf = ({ objects }: Witnessed, period: CadencePeriod, date: string): Promise<string | null> =>
  digestOfObject(objects, PLACES[period].one(date))

/** Keeps what stands under a date, unless something does, and witnesses it. */
export async function keepDated(store: Witnessed, period: CadencePeriod, date: string, text: string): Promise<void> {
  const key = PLACES[period].one(date)
  if (await store.objects.putIfAbsent(key, text))
    await store.heads?.journal.append({ kind: 'cadence', period, date, digest: digestOfBytes(text) })
  // Another process, or one that was killed, kept it: its line may still be to come.
  else await needDated(store, period)
}

/** What is gone or changed of the days, weeks and quarters that the journal knows, and what stands behind them without a line. */
export async function datedProblems(
  store: Witnessed,
  { dated, erasures }: Claims,
): Promise<{ what: string; why: string }[]> {
  const problems: { what: string; why: string }[] = []
  for (const { period, date, digest } of dated.values()) {
    const found = await digestOf(store, period, date)
    if (found === digest || erasures.explains(digest, found)) continue
    const why =
      found === null ? 'is missing: it was kept, and removed since' : 'was changed: it is not the one that was kept'
    problems.push({ what: PLACES[period].one(date), why })
  }
  for (const period of CADENCE_PERIODS) {
    const first = [...dated.values()]
      .filter((one) => one.period === period)
      .map(({ date }) => date)
      .sort()[0]
    if (first === undefined) continue
    for (const date of await datesUnder(store, PLACES[period].all()))
      if (date > first && !dated.has(datedKey({ period, date })))
        problems.push({
          what: PLACES[period].one(date),
          why: `is not in the journal: somebody else put it there, or "autotune cadence ${period}" was cut off, and started again writes its line`,
        })
  }
  return problems
}
