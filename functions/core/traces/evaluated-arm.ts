/** The arm of a rollout that a traced run got: what its runtime wrote of an assignment (`evaluationOf`), read back. */
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'
import { atPath, type Fields, type JsonValue } from './values.ts'
import { nameOf } from './words.ts'

/** Name of OpenTelemetry's event. */
const EVALUATION = 'feature_flag.evaluation'

const PROVIDER = 'feature_flag.provider.name'
const OURS = 'contextos-autotune'
const KEY = 'feature_flag.key'
const VARIANT = 'feature_flag.result.variant'

/** Wanted with the spans of every import. */
export const EVALUATION_PATHS: readonly string[] = [PROVIDER, KEY, VARIANT]

/** Is an event or a log record an assignment of ours? Other providers of flags write theirs beside it, under the same name. */
export const isEvaluation = ({ name, attrs }: { readonly name: string | null; readonly attrs: Fields }): boolean =>
  name === EVALUATION && atPath(attrs, PROVIDER) === OURS

/** Attributes of a run by which it is sliced; none where its spans say nothing, or not all the same. */
export function evaluatedArm({ spans }: Trace, tally: Tally): { attributes?: { arm: string; rollout: string } } {
  const found = new Map<string, { arm: string; rollout: string }>()
  for (const { named } of spans) {
    const [arm, rollout] = [named[VARIANT], textOf(named[KEY])]
    if (named[PROVIDER] !== OURS || rollout === null || (arm !== 'baseline' && arm !== 'candidate')) continue
    found.set(`${arm} ${rollout}`, { arm, rollout })
  }
  if (found.size > 1) tally.add('runs.arm_mixed')
  return found.size === 1 ? { attributes: [...found.values()][0]! } : {}
}

const textOf = (value: JsonValue | undefined): string | null => (typeof value === 'string' ? nameOf(value) : null)
