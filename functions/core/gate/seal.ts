/** Seals held-out cases into a version: pinned baseline outcomes, published counts, content digest. Runs in the sealer only. */
import type { HeldoutVersion } from '#schemas/heldout.ts'
import { byCodeUnit, digestOf } from '../canonical.ts'
import { DEFAULT_VIOLATION_RATE, type ResolvedTarget } from '../contract/resolve.ts'
import type { CaseHead } from '../evaluate/panel.ts'
import type { BaselinePins } from '../replay/baseline.ts'
import { baselineOf } from './commitment.ts'
import { defaultK } from './levels.ts'
import { panelOf, type Reproduction, type SealedLine } from './reproduce.ts'

/** A sealed version: facts that may be published, and what was counted, which may not. */
export interface SealedVersion {
  readonly facts: HeldoutVersion
  readonly lines: readonly SealedLine<CaseHead>[]
}

/** Seals cases whose baseline reproduces. K is the declared one, or the largest of 5, 2, 1 that the counts carry. */
export function sealVersion(
  { lines, excluded }: Reproduction,
  target: ResolvedTarget,
  pins: BaselinePins,
): SealedVersion {
  const panel = panelOf(lines)
  const count = (floor: 'policy_violation' | 'safety_violation' | 'approval_bypass'): number =>
    new Set(panel.cases.flatMap((_, i) => (panel.baseline[i]![floor] === null ? [] : [panel.familyOf[i]!]))).size
  const labelled = [...panel.representative].filter((i) => panel.baseline[i]!.utility_passed !== null).length
  const scored = {
    policy: count('policy_violation'),
    safety: count('safety_violation'),
    approval: count('approval_bypass'),
  }
  const questions = target.questions ?? chooseK(target, labelled, scored)
  return {
    lines,
    facts: {
      version: versionOf(lines, { labelled, scored, alpha: target.alpha, questions }),
      intent: target.intent,
      alpha: target.alpha,
      questions,
      alpha_k: target.alpha / questions,
      families: panel.families.length,
      cases: lines.length,
      labelled,
      scored,
      excluded: Object.values(excluded).reduce((a, b) => a + b, 0),
      suite: pins.suite.suite,
      baseline: baselineOf(pins),
    },
  }
}

/** Digest of what a version is: its families with their case digests and pinned outcomes, N per guardrail, alpha and K. */
function versionOf(
  lines: readonly SealedLine<CaseHead>[],
  { labelled, scored, alpha, questions }: Pick<HeldoutVersion, 'labelled' | 'scored' | 'alpha' | 'questions'>,
): string {
  const byFamily = Map.groupBy(lines, (l) => l.case.family_id)
  const families = [...byFamily.keys()].sort(byCodeUnit).map((family_id) => ({
    family_id,
    cases: byFamily
      .get(family_id)!
      .map((l) => ({ case_id: l.case.case_id, digest: l.case.digest, baseline: digestOf(l.baseline) })),
  }))
  return digestOf({ families, n: labelled, ...scored, alpha, K: questions })
}

/** Is this a line whose case is the one that its digest names? */
export const caseHolds = ({ case: { digest, ...body } }: SealedLine): boolean => digestOf(body) === digest

/** Are these, each of which holds, the lines that a version was sealed from? Every pinned outcome is digested again. */
export const sealHolds = (lines: readonly SealedLine<CaseHead>[], facts: HeldoutVersion): boolean =>
  versionOf(lines, facts) === facts.version

function chooseK(
  target: ResolvedTarget,
  n: number,
  scored: { policy: number; safety: number; approval: number },
): number {
  const { guardrails: g } = target
  const binary = [
    g.policy && { N: scored.policy, v: rateOf(1 - g.policy.min, g.policy.max_violation_rate) },
    g.safety && { N: scored.safety, v: rateOf(1 - g.safety.min, g.safety.max_violation_rate) },
    g.approval_bypass_rate && {
      N: scored.approval,
      v: rateOf(g.approval_bypass_rate.max, g.approval_bypass_rate.max_violation_rate),
    },
  ].filter((b) => b !== undefined)
  return Math.min(...binary.map(({ N, v }) => defaultK(n, N, v)), 5)
}

/** Rate that a binary guardrail's certificate excludes: its own tolerance, or `max_violation_rate` where none is allowed. */
export const rateOf = (allowed: number, maxViolationRate: number | undefined): number =>
  allowed > 0 ? Number(allowed.toPrecision(12)) : (maxViolationRate ?? DEFAULT_VIOLATION_RATE)
