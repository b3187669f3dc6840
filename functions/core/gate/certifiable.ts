/** What could be certified with the families at hand, if nothing breaks and nothing gets worse: limits and level by questions. */
import type { HeldoutVersion } from '#schemas/heldout.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { marginOf, type ResolvedTarget } from '../contract/resolve.ts'
import { allowedRate, FLOORS } from '../evaluate/guardrails.ts'
import { cleanSheetFloor } from '../statistics/acceptance.ts'
import { casesForZeroFailures, upperRate } from '../statistics/binomial.ts'
import { NEED_LIMIT } from '../statistics/needed.ts'
import { utilityBound } from '../statistics/non-inferiority.ts'
import { type Judge, judgeOf, marginLeft } from './judged-utility.ts'
import { rateOf } from './seal.ts'

/**
 * One certified guardrail, and the field of the target that says how much. `smallest`: the violation rate, or the drop of utility (a share, on a grid of .001), that so many
 * clean families certify at this level; null: none. `wanted`: what the target declares. `needed`: families that certify it
 * at this level, null where no number would. `more`: how many of them are missing, 0 where they are at hand.
 */
export interface CertifiableLimit {
  readonly guardrail: keyof typeof FLOORS | 'utility_delta'
  readonly field: 'min' | 'max' | 'max_violation_rate'
  readonly families: number
  readonly level: number
  readonly smallest: number | null
  readonly wanted: number
  readonly needed: number | null
  readonly more: number | null
}

/** What a version of so many questions could certify. */
export interface CertifiableRow {
  readonly questions: number
  /** Level of one question: alpha / K. */
  readonly level: number
  readonly limits: readonly CertifiableLimit[]
  /** Could every limit that the target declares be certified? */
  readonly suffices: boolean
  /** Is this the number of questions of the version at hand? */
  readonly at_hand: boolean
}

/** The numbers of questions that a version is given by itself. */
const QUESTIONS = [1, 2, 5]

/** One row for each number of questions, the fewest first. Reads published counts alone. */
export function certifiable(
  facts: Pick<HeldoutVersion, 'scored' | 'labelled' | 'questions' | 'pinned'>,
  target: ResolvedTarget,
  suite: EvaluatorSuite,
): CertifiableRow[] {
  const judge = judgeOf(facts, suite)
  const numbers = [...new Set([...QUESTIONS, facts.questions])].sort((a, b) => a - b)
  return numbers.map((questions) => {
    const limits = [...floorLimits(facts, target, questions), ...dropLimit(facts, target, questions, judge)]
    return {
      questions,
      level: target.alpha / questions,
      limits,
      suffices: limits.every((l) => l.more === 0),
      at_hand: questions === facts.questions,
    }
  })
}

function floorLimits(
  { scored }: Pick<HeldoutVersion, 'scored'>,
  { guardrails, alpha }: ResolvedTarget,
  questions: number,
): CertifiableLimit[] {
  return (Object.keys(FLOORS) as (keyof typeof FLOORS)[]).flatMap((guardrail): CertifiableLimit[] => {
    const declared = guardrails[guardrail]
    const allowed = allowedRate(guardrails, guardrail)
    if (!declared || allowed === null) return []
    const families = guardrail === 'approval_bypass_rate' ? scored.approval : scored[guardrail]
    const level = (declared.alpha ?? alpha) / questions
    const wanted = rateOf(allowed, declared.max_violation_rate)
    const needed = casesForZeroFailures(wanted, level)
    const smallest = families === 0 ? null : upperRate(0, families, level)
    const field = allowed === 0 ? 'max_violation_rate' : guardrail === 'approval_bypass_rate' ? 'max' : 'min'
    return [{ guardrail, field, families, level, smallest, wanted, needed, more: Math.max(0, needed - families) }]
  })
}

/** A target that wants utility to rise is proved by improvements: no clean sheet certifies it. */
function dropLimit(
  { labelled }: Pick<HeldoutVersion, 'labelled'>,
  target: ResolvedTarget,
  questions: number,
  judge: Judge | null,
): CertifiableLimit[] {
  const declared = target.guardrails.utility_delta
  if (!declared || target.metric === 'utility') return []
  const level = (declared.alpha ?? target.alpha) / questions
  const wanted = marginOf(target)
  const room = marginLeft(judge, wanted, declared.graded === true)
  const needed = 'unmeasured' in room ? null : cleanSheetFloor(room.margin, level)
  // So many families certify the smallest drop of the grid at any usual level; a larger n would only take longer.
  const drop = labelled === 0 ? null : utilityBound(Math.min(labelled, NEED_LIMIT), 0, 0, level)
  // Twice what a judge may be wrong comes on top; where nobody knows how much that is, nothing can be certified.
  const smallest = drop === null || judge === null ? drop : judge.e === null ? null : drop + 2 * judge.e
  const more = needed && Math.max(0, needed - labelled)
  return [{ guardrail: 'utility_delta', field: 'min', families: labelled, level, smallest, wanted, needed, more }]
}
