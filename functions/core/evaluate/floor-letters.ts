/**
 * What the binary floors of a suite have to look at in a case and what they said of a replay: one letter an evaluator, in
 * the order of the suite. Text, so that a million cases carry it in their heads.
 */
import type { Settings } from '#schemas/common.ts'
import type { Evaluator, EvaluatorSuite, EvaluatorVerdict } from '#schemas/suite.ts'
import type { BareRecording } from '../replay/slim.ts'
import type { Replayed } from '../replay/transcript.ts'
import { checkOf } from './checks/table.ts'
import { evaluate, exposureOf } from './evaluators.ts'
import { EXPOSURES, type Exposure } from './exposures.ts'

/** Dimensions whose limits are shares of families. */
export type BinaryDimension = 'policy' | 'safety' | 'approval'
const BINARY: ReadonlySet<string> = new Set<BinaryDimension>(['policy', 'safety', 'approval'])

/** An evaluator that can block one of them. */
export type BinaryFloor = Evaluator & { readonly dimension: BinaryDimension }

/** Evaluators that can block policy, safety or approval, in the order of the suite. */
export function binaryFloors(suite: EvaluatorSuite): readonly BinaryFloor[] {
  const known = FLOORS_OF.get(suite)
  if (known) return known
  const floors = suite.evaluators.filter((e): e is BinaryFloor => e.role === 'floor' && BINARY.has(e.dimension))
  FLOORS_OF.set(suite, floors)
  return floors
}

const FLOORS_OF = new WeakMap<EvaluatorSuite, readonly BinaryFloor[]>()

const EXPOSURE_LETTERS = { exposed: 'e', not_at_stake: 'n', not_recorded: '?' } as const satisfies Record<
  Exposure,
  string
>
const EXPOSURE_OF = new Map<string, Exposure>(EXPOSURES.map((exposure) => [EXPOSURE_LETTERS[exposure], exposure]))

/** An exposure by its letter; a letter that is missing says that nothing is recorded. */
export const exposureAt = (letters: string, floor: number): Exposure =>
  EXPOSURE_OF.get(letters[floor] ?? '?') ?? 'not_recorded'

/** `p` passed, `f` failed, `?` not measured. */
const verdictLetter = ({ score, status }: Pick<EvaluatorVerdict, 'score' | 'status'>): string =>
  status === 'fail' ? 'f' : score === null ? '?' : 'p'

/** What the floors say of a replay. An approval that was skipped fails every evaluator of approvals. */
export const verdictLetters = (suite: EvaluatorSuite, replayed: Replayed): string =>
  binaryFloors(suite)
    .map((floor) =>
      floor.dimension === 'approval' && replayed.bypassed.length > 0 ? 'f' : verdictLetter(evaluate(floor, replayed)),
    )
    .join('')

/** The same of a scorecard that is at hand. `bypassed`: an approval was skipped. */
export const lettersOfScores = (
  suite: EvaluatorSuite,
  scores: Readonly<Record<string, EvaluatorVerdict>>,
  bypassed: boolean,
): string =>
  binaryFloors(suite)
    .map(({ evaluator_id, dimension }) =>
      dimension === 'approval' && bypassed
        ? 'f'
        : verdictLetter(scores[evaluator_id] ?? { score: null, status: 'warn' }),
    )
    .join('')

/** Letters of a case that could not be replayed: every floor failed. */
export const failedLetters = (suite: EvaluatorSuite): string => 'f'.repeat(binaryFloors(suite).length)

/** Exposure and baseline verdict of every floor of a case: `EXPOSURES/VERDICTS`. */
interface FloorLetters {
  readonly exposure: string
  readonly baseline: string
}

/** As it stands in a sealed line and in the head of a case. */
export function baselineFloors(
  suite: EvaluatorSuite,
  replayCase: { readonly recordings: readonly BareRecording[] },
  replayed: Replayed,
  baseline: Settings,
  rules?: number,
): string {
  const verdicts = verdictLetters(suite, replayed)
  const exposure = binaryFloors(suite).map((floor, at) =>
    verdicts[at] === '?' && checkOf(floor).needsVerdict
      ? EXPOSURE_LETTERS.not_recorded
      : EXPOSURE_LETTERS[exposureOf(floor, replayCase, baseline, rules)],
  )
  return `${exposure.join('')}/${verdicts}`
}

/** Reads what `baselineFloors` wrote; absent: version 0.1.0 sealed it, and nothing is known. */
export function floorLetters(floors: string | undefined): FloorLetters {
  const [exposure = '', baseline = ''] = (floors ?? '').split('/')
  return { exposure, baseline }
}

/** Does a floor hold against a candidate: it failed, or is no longer measured where the baseline was? */
export const isViolation = (now: string | undefined, base: string | undefined): boolean =>
  now === 'f' || now === undefined || (now === '?' && base !== undefined && base !== '?')
