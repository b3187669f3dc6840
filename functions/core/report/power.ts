/** How likely a certificate is with so many sealed families: the curve behind "needs 459, you have 596". */
import { GUARDRAIL_NAMES, type GuardrailName } from '#schemas/metrics.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import type { ScoreDelta } from '#schemas/suite.ts'
import { allowedRate, FLOORS } from '../evaluate/guardrails.ts'
import { rateOf } from '../gate/seal.ts'
import { powerNonInferior } from '../statistics/acceptance.ts'
import { binomCdf, casesForZeroFailures } from '../statistics/binomial.ts'
import { smoothedRates } from '../statistics/fixed-sequence.ts'

/** The chance of a pass over the number of families, under one assumption of the truth. */
interface PowerLine {
  readonly assumes: string
  readonly points: readonly (readonly [families: number, chance: number])[]
}

/** What one guardrail asks of the sealed set. */
export interface PowerCurve {
  readonly guardrail: GuardrailName
  /** What a pass says: a rate excluded, or a drop, as a share. */
  readonly excludes: number
  /** Level of this run's question. */
  readonly level: number
  /** Families that the sealed version has for it. */
  readonly have: number
  /** Families that a clean sheet takes; null: not a question of a clean sheet. */
  readonly needs: number | null
  readonly lines: readonly PowerLine[]
}

/** Points of a curve. */
const POINTS = 48
/** Families above which the exact utility test takes too long for a picture. */
const MOST_UTILITY = 1500
const UTILITY_POINTS = 14

/** Curves of the declared floors, alike ones once, and of utility. Empty where no version is sealed. */
export function powerCurves(run: AutotuneRun, search: ScoreDelta | null): PowerCurve[] {
  const facts = run.heldout_test_set
  const guardrails = run.target.guardrails
  if (!facts || !guardrails) return []
  const curves = GUARDRAIL_NAMES.flatMap((name): PowerCurve[] => {
    if (name in FLOORS) {
      const floor = name as keyof typeof FLOORS
      const allowed = allowedRate(guardrails, floor)
      if (allowed === null) return []
      const { max_violation_rate, alpha } = guardrails[floor]!
      const level = (alpha ?? facts.alpha) / facts.questions
      return [floorCurve(floor, rateOf(allowed, max_violation_rate), level, facts.families)]
    }
    const utility = name === 'utility_delta' ? guardrails.utility_delta : undefined
    if (!utility || utility.graded || utility.min === 0) return []
    const level = (utility.alpha ?? facts.alpha) / facts.questions
    return [utilityCurve(-utility.min, level, facts.labelled, search)]
  })
  const same = (a: PowerCurve, b: PowerCurve) =>
    a.guardrail in FLOORS && b.guardrail in FLOORS && a.excludes === b.excludes && a.level === b.level
  return curves.filter((c, i) => curves.findIndex((other) => same(c, other) || c === other) === i)
}

const steps = (most: number, points: number): number[] => [
  ...new Set(Array.from({ length: points }, (_, i) => Math.max(1, Math.round((most * (i + 1)) / points)))),
]

function floorCurve(guardrail: GuardrailName, v: number, level: number, have: number): PowerCurve {
  const needs = casesForZeroFailures(v, level)
  const most = Math.ceil(Math.max(needs * 1.6, have * 1.05))
  const lines = [0, v / 20, v / 10].map((rate): PowerLine => {
    let tolerated = -1
    const points = steps(most, POINTS).map((n): [number, number] => {
      while (tolerated + 1 < n && binomCdf(tolerated + 1, n, v) <= level) tolerated++
      return [n, tolerated < 0 ? 0 : binomCdf(tolerated, n, rate)]
    })
    return {
      assumes: rate === 0 ? 'no violation at all' : `a true rate of ${Number((rate * 100).toPrecision(2))} %`,
      points,
    }
  })
  return { guardrail, excludes: v, level, have, needs, lines }
}

function utilityCurve(drop: number, level: number, have: number, search: ScoreDelta | null): PowerCurve {
  const most = Math.min(MOST_UTILITY, Math.max(400, Math.ceil(have * 1.3)))
  const line = (assumes: string, p10: number, p01: number): PowerLine => ({
    assumes,
    points: steps(most, UTILITY_POINTS).map((n) => [n, powerNonInferior(n, level, drop, p10, p01)]),
  })
  const { labelled = 0, regressions = null, improvements = null } = search ?? {}
  const seen =
    labelled > 0 && regressions !== null && improvements !== null
      ? smoothedRates(labelled, regressions, improvements)
      : null
  return {
    guardrail: 'utility_delta',
    excludes: drop,
    level,
    have,
    needs: null,
    lines: [
      line('nothing worse, nothing better', 0, 0),
      ...(seen ? [line('the rates that the search saw', seen[0], seen[1])] : []),
    ],
  }
}
