/** What `plan`, `record` and `import --plan` print. Values in, lines out. */
import type { Reach } from '#core/search/replayable-values.ts'
import type { Amount, RecordedPrice } from '#schemas/recording-plan.ts'
import type { RecordReport } from '../embedded/record-plan.ts'
import { count } from '../pages/kit/format.ts'
import type { MadePlan } from '../steps/plan/make-plan.ts'
import { table } from './layout.ts'
import { clip, number, patchLine } from './text.ts'

/** Failures that are named. */
const SHOWN = 5

export function planLines({ intent, plan, surfaces, recorded, needs, search }: MadePlan): string[] {
  const needed = plan?.needed_families ?? null
  const handedOver = [...(plan?.settings ?? []).map(({ change }) => change), ...recorded]
  // A prompt block has no values of its own: where one was handed over, its own line says what became of it.
  const isToldOf = ({ path, values }: MadePlan['surfaces'][number]): boolean =>
    values > 0 || !handedOver.some((patch) => Object.hasOwn(patch, path))
  const largest = needs.find((row) => row.needed === needed)
  return [
    `plan     ${intent}: ${plan === null ? 'nothing is to be recorded' : `${count(plan.recordings.length, 'recording')} under ${count(plan.settings.length, 'settings table')}`}`,
    ...(plan === null
      ? []
      : table(
          plan.settings.map(({ settings_id, change, recordings, families, price }) => [
            settings_id,
            Object.entries(change)
              .map(([path, value]) => `${path} ${clip(value)}`)
              .join(', '),
            `${count(recordings, 'case')} of ${count(families, 'family', 'families')}; ${priceText(price)}`,
          ]),
          ['left', 'left', 'left'],
        )),
    ...surfaces
      .filter(isToldOf)
      .map(({ path, recorded: reach, values }) =>
        reach === null || reach.all === null || reach.some === null
          ? `left out ${path}: ${values === 0 ? 'a prompt block is planned as it is handed over (--candidates FILE)' : 'it has no values'}`
          : `recorded ${path}: ${reachText(reach.all)} of every case${reachText(reach.some) === reachText(reach.all) ? '' : `, ${reachText(reach.some)} of some`}, left out`,
      ),
    ...recorded.map((patch) => `recorded ${patchLine(patch)}: of every case, left out`),
    ...(plan === null
      ? []
      : [
          `why      a search judges a change on every case of its set (${count(search.cases, 'case')} of ${count(search.families, 'family', 'families')}): one that cannot be replayed drops it`,
          `to ask   ${
            needed === null
              ? 'no number of sealed families would answer a question of this target ("autotune doctor" says why)'
              : `a question takes ${needed} sealed families that are recorded so as well${largest ? ` (${largest.guardrail} needs the most)` : ''}`
          }. No sealed case is in a plan: production records those, of families that are new`,
          ...(needed !== null && search.families < needed
            ? [
                `SMALL    ${count(search.families, 'search family', 'search families')} of the ${needed} that a question takes: a change may break a limit in none of so few and be refused by the sealed side, after it was paid for twice. Import more runs before this is recorded`,
              ]
            : []),
          `price    ${priceText(plan.price)}, when these cases were served; under other settings they may take more`,
        ]),
  ]
}

/** What was thrown, and where: the rest of a stack is Node's own. */
const firstLines = (why: string): string => why.split('\n').slice(0, 2).join('\n')

/** What recorded cases took, or that nobody knows. */
export const priceText = ({ cents, tokens }: RecordedPrice): string =>
  `${amountText(cents, 'cents')}, ${amountText(tokens, 'tokens')}`

function amountText({ total, least, most, unknown }: Amount, unit: string): string {
  if (least === null || most === null) return `${unit} unknown: no run says them`
  const each = least === most ? `${number(least)} each` : `${number(least)} .. ${number(most)} each`
  return total === null
    ? `${unit} unknown: ${count(unknown, 'run')} do not say, ${each} of the others`
    : `${number(total)} ${unit} (${each})`
}

const reachText = (reach: Reach): string =>
  'values' in reach
    ? reach.values.map((value) => clip(value)).join(', ') || 'none'
    : reach.min === reach.max
      ? String(reach.min)
      : `${reach.min} .. ${reach.max}`

export function recordLines({ made, failed, calls, cents, stopped }: RecordReport): string[] {
  return [
    `made     ${count(made, 'recording')}; ${calls} of this plan so far, ${cents === null ? 'cents unknown' : `${number(cents)} cents`}`,
    ...failed
      .slice(0, SHOWN)
      .map(({ case_id, settings_id, why }) => `FAILED   ${case_id} under ${settings_id}: ${firstLines(why)}`),
    ...(failed.length > SHOWN ? [`FAILED   ${failed.length - SHOWN} more`] : []),
    ...(stopped === null ? [] : [`stopped  ${stopped}`]),
  ]
}
