/** What the recorded runs of the search say against a suite: floors that know nothing, and declarations that are not true. */
import type { Replayer } from '#schemas/run.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { Reproduction } from '../baseline/reproduce.ts'
import { lackOf } from '../evaluate/evaluators.ts'
import type { Tracing } from '../replay/tracing.ts'
import { isAtMost } from '../statistics/compare.ts'
import { percent } from '../statistics/percent.ts'
import type { ResolvedTarget } from './resolve.ts'
import { type Stake, stakesOf } from './stakes.ts'

/** Why no floor of the suite could be believed on these records, one line each; empty when each could. */
export function exposureProblems(
  { panel, exposure, tracing }: Pick<Reproduction, 'panel' | 'exposure' | 'tracing'>,
  target: ResolvedTarget,
  suite: EvaluatorSuite,
  replayer: Replayer['kind'],
): string[] {
  return stakesOf(suite, target, replayer).flatMap((stake) => {
    const counts = exposure[stake.at]
    if (!counts) return []
    if (stake.declared) return counts.exposed > 0 ? [declaredButExposed(stake, counts.exposed, 'search')] : []
    if (stake.notAtStake !== null) return []
    const most = target.max_not_recorded
    const unknown = notRecordedWording(stake, counts.not_recorded, panel.families, most)
    const lost = stake.floor.check === 'grounded_arguments' && tracing ? lostArguments(stake, tracing, most) : []
    return unknown === null ? lost : [unknown, ...lost]
  })
}

/** Tools that pass values in some calls, and nothing in more of the others than is declared: what those passed was lost. */
const lostArguments = ({ floor }: Stake, { calls }: Tracing, most: number): string[] =>
  Object.entries(calls).flatMap(([tool, [all, empty]]) =>
    empty === all || isAtMost(empty, most * all, 1e-9)
      ? []
      : `${floor.evaluator_id}: ${empty} of ${all} calls of ${tool} passed nothing that could be traced, and the others did (at most ${percent(most, 2)} may be so): record what every call passes, or raise scoring.max_not_recorded where the tool takes it at will`,
  )

/** `required_evidence (no change of approval_gate can break it), ...` */
export const notAtStakeWording = (stakes: readonly Stake[]): string =>
  stakes
    .map(({ floor, notAtStake, declared }) => `${floor.evaluator_id} (${declared ? 'declared: ' : ''}${notAtStake})`)
    .join(', ')

/** A record that shows exposure contradicts what the owner declared. */
export const declaredButExposed = ({ floor, notAtStake }: Stake, exposed: number, side: 'search' | 'sealed'): string =>
  `${floor.evaluator_id} is declared not at stake ("${notAtStake}"), and ${exposed} ${side} ${exposed === 1 ? 'family shows' : 'families show'} that it is: take it out of not_at_stake`

/** Families of which a floor knows nothing, above the share that is declared. */
export function notRecordedWording(
  { floor }: Stake,
  notRecorded: number,
  families: number,
  most: number,
): string | null {
  if (families === 0 || isAtMost(notRecorded, most * families, 1e-9)) return null
  return `${floor.evaluator_id} knows nothing of ${notRecorded} of ${families} families (${percent(notRecorded / families, 2)}, at most ${percent(most, 2)} may be so): ${lackOf(floor)}`
}
