/** What people are told of a week or a quarter: what waits for them. Names and numbers alone, as of judged days. */
import { entriesOf } from '#core/cadence/funnel.ts'
import type { Reviewed } from '#schemas/cadence-payloads.ts'
import { isPartId, NOT_CERTIFIED } from '#schemas/patterns.ts'
import type { QuarterlyCadence } from '#schemas/quarterly.ts'
import type { WeeklyCadence } from '#schemas/weekly.ts'
import { noticeWith } from './cadence-notice.ts'

type Notice = Reviewed['notice']

const stamp = (id: string): string => (isPartId(id) ? `, ${NOT_CERTIFIED},` : '')

/** Null: nothing waits. */
export const weekNotice = ({ date, intents }: WeeklyCadence): Notice =>
  noticeWith(
    `autotune week until ${date}`,
    intents.flatMap(({ intent, funnel, retire, refresh }) => [
      ...entriesOf(funnel)
        .filter(({ stands }) => stands === 'waits_for_rollout')
        .map(({ run_id }) => `${intent}: ${run_id} is approved${stamp(run_id)} and waits for its rollout`),
      ...retire.map(({ path, reasons }) => `${intent}: ${path} is proposed to be retired (${reasons[0]!.why})`),
      ...(refresh.questions_left === 0 && refresh.waiting === 0
        ? [`${intent}: no question is left and no held-out family waits to be sealed`]
        : []),
    ]),
    `autotune verify --cadence ${date} recomputes the week.`,
  )

/** The same of quarters; of several the last one tells, which follows the others. */
export function quarterNotice(quarters: readonly QuarterlyCadence[]): Notice {
  const last = quarters.at(-1)
  if (!last) return null
  const { date, year_spent, year_budget, intents } = last
  return noticeWith(
    `autotune quarter until ${date}`,
    [
      ...(year_budget !== null && year_spent > year_budget
        ? [`the questions of 365 days spent ${year_spent} of ${year_budget} (error_budget_per_year)`]
        : []),
      ...intents.flatMap(({ intent, limits, stale }) => [
        ...limits
          .filter(({ signature }) => signature !== 'renewed')
          .map(({ guardrail, signature, owner, signed }) =>
            signature === 'lapsed'
              ? `${intent}: ${guardrail} lapsed, ${owner} signed it last on ${signed}`
              : `${intent}: nobody signed ${guardrail}`,
          ),
        ...stale.map(({ origin }) => `${intent}: the generator ${origin ?? 'without a name'} is stale`),
      ]),
    ],
    `autotune verify --cadence ${date} recomputes the quarter.`,
  )
}
