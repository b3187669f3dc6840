/** What a negative control saw: of which floors and surfaces a failure could have been known at all. */
import type { SettingValue } from '#schemas/common.ts'
import type { Condition } from '#schemas/condition.ts'
import type { Replayer } from '#schemas/run.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { breaksUtility } from '../contract/stakes.ts'
import type { TunableField } from '../space/lattice.ts'

/** Families in which a failure was seen: per binary floor by its id, and of utility in either direction. */
export interface Seen {
  readonly floors: Readonly<Record<string, number>>
  readonly utility: number
  /** Those of them that what was served shows; absent: all of them. Of floors no other failure counts. */
  readonly served_utility?: number
}

export interface SurfaceControl extends Seen {
  readonly path: string
  /** The cases that it was set for; absent: all of them. */
  readonly when?: Condition
  readonly values: readonly SettingValue[]
  /** Replays under its values that the records could answer. */
  readonly shown: number
  /** No value changes a context, an asked approval, an action or a decision of any case. */
  readonly inert: boolean
}

export interface Control {
  readonly surfaces: readonly SurfaceControl[]
  /** All surfaces at their worst at once. */
  readonly together: Seen
  /** The most families in which each floor was seen to fail under any of these. */
  readonly floors: Readonly<Record<string, number>>
  /** Replays that it took. */
  readonly replays: number
}

/** Could a change of these fields make utility fail, as far as the replayer shows it? */
export const needsUtility = (
  { suite, replayer = 'transcript' }: { readonly suite: EvaluatorSuite; readonly replayer?: Replayer['kind'] },
  fields: readonly Pick<TunableField, 'surface'>[],
): boolean =>
  breaksUtility(
    suite,
    fields.map((f) => f.surface.layer),
    replayer,
  )
