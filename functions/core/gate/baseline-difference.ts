/** What makes two baselines, or two suites, others: memory holds under the very same, and people are told what differs. */
import type { Patch } from '#schemas/common.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { canonical } from '../canonical.ts'
import { tableOf } from '../space/scope.ts'
import { harnessOf } from './commitment.ts'

/** What a run was asked under, as far as memory holds by it. */
export type AskedUnder = Pick<AutotuneRun, 'target' | 'pack' | 'evaluator_suite' | 'replayer'>

/** Parts of a tuple that are named one by one. */
const MOST_NAMED = 3

/** `prompt (then prompt.support@2.1.0, now not named)`, joined; "" where nothing differs. */
export function baselineDifference(then: AskedUnder, now: AskedUnder): string {
  const [before, after]: Readonly<Record<string, string | undefined>>[] = [
    then.target.baseline_tuple ?? {},
    now.target.baseline_tuple ?? {},
  ]
  const refs = Object.keys({ ...before, ...after })
    .filter((part) => before![part] !== after![part])
    .sort()
  const more = refs.length - MOST_NAMED
  const isOther = (of: (under: AskedUnder) => unknown): boolean => canonical(of(then)) !== canonical(of(now))
  return [
    ...refs.slice(0, MOST_NAMED).map((part) => `${part} (then ${named(before![part])}, now ${named(after![part])})`),
    ...(more > 0 ? [`${more} more of the tuple`] : []),
    ...(refs.length === 0 && isOther(({ pack }) => tableOf(pack)) ? ['settings of the pack'] : []),
    ...(before!.evals === after!.evals && isOther(({ evaluator_suite }) => evaluator_suite)
      ? ['evaluators of the suite']
      : []),
    ...(isOther(({ replayer }) => harnessOf(replayer)) ? ['the harness'] : []),
  ].join(', ')
}

const named = (ref: string | undefined): string => ref ?? 'not named'

/** What a patch sets, and for whom: whatever it sets it from. */
export const valuesOf = (patch: Patch): string =>
  canonical(Object.fromEntries(Object.entries(patch).map(([path, { from: _, ...set }]) => [path, set])))
