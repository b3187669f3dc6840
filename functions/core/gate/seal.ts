/** Seals held-out cases into a version: pinned baseline outcomes, published counts, content digest. Runs in the sealer only. */
import { createHash } from 'node:crypto'
import type { HeldoutVersion, PinnedLimits } from '#schemas/heldout.ts'
import type { BaselinePins } from '../baseline/baseline.ts'
import type { Reproduction, SealedLine } from '../baseline/reproduce.ts'
import { canonical, digestOf } from '../canonical.ts'
import { DEFAULT_VIOLATION_RATE, type ResolvedTarget } from '../contract/resolve.ts'
import { scoredFamilies } from '../evaluate/pairs.ts'
import { byFamily, familyIds, type Panel } from '../evaluate/panel.ts'
import { baselineOf } from './commitment.ts'
import { defaultK } from './levels.ts'

/** A sealed version: facts that may be published, and what was counted, which may not. */
export interface SealedVersion {
  readonly facts: HeldoutVersion
  readonly panel: Panel
}

/**
 * Seals cases whose baseline reproduces. K is the declared one, or the largest of 5, 2, 1 that the counts carry.
 * @param pinned limits read off the recorded runs of the search: nothing of a held-out run is in them
 */
export function sealVersion(
  { panel, excluded }: Reproduction,
  target: ResolvedTarget,
  pins: BaselinePins,
  pinned: PinnedLimits,
): SealedVersion {
  const labelled = panel.representative.filter((i) => panel.baseline.at(i)!.utility_passed !== null).length
  const scored = {
    policy: scoredFamilies(panel, 'policy_violation'),
    safety: scoredFamilies(panel, 'safety_violation'),
    approval: scoredFamilies(panel, 'approval_bypass'),
  }
  const questions = target.questions ?? chooseK(target, labelled, scored)
  return {
    panel,
    facts: {
      version: versionOf(panel, { labelled, scored, alpha: target.alpha, questions }),
      intent: target.intent,
      alpha: target.alpha,
      questions,
      alpha_k: target.alpha / questions,
      families: panel.families,
      cases: panel.cases.length,
      labelled,
      scored,
      excluded: Object.values(excluded).reduce((a, b) => a + b, 0),
      suite: pins.suite.suite,
      pinned,
      baseline: baselineOf(pins),
    },
  }
}

/**
 * Digest of what a version is: its families with their case digests and pinned outcomes, N per guardrail, alpha and K. The
 * text of many families is digested as it is made, never held.
 */
function versionOf(
  panel: Panel,
  { labelled, scored, alpha, questions }: Pick<HeldoutVersion, 'labelled' | 'scored' | 'alpha' | 'questions'>,
): string {
  const [head, tail] = canonical({ families: [], n: labelled, ...scored, alpha, K: questions }).split('[]')
  const hash = createHash('sha256').update(`${head}[`)
  const { order, first } = byFamily(panel)
  let family = 0
  for (const family_id of familyIds(panel)) {
    const cases = Array.from(order.subarray(first[family], first[family + 1]), (i) => {
      const { case_id, digest } = panel.cases.at(i)!
      return { case_id, digest, baseline: digestOf(panel.baseline.at(i)!) }
    })
    hash.update(`${family === 0 ? '' : ','}${canonical({ family_id, cases })}`)
    family++
  }
  return `sha256:${hash.update(`]${tail}`).digest('hex')}`
}

/** Is this a line whose case is the one that its digest names? */
export const caseHolds = ({ case: { digest, ...body } }: SealedLine): boolean => digestOf(body) === digest

/** Is this, each line of which holds, the panel that a version was sealed from? Every pinned outcome is digested again. */
export const sealHolds = (panel: Panel, facts: HeldoutVersion): boolean => versionOf(panel, facts) === facts.version

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
  return Math.min(...binary.map(({ N, v }) => defaultK(n, N, v, target.alpha)), 5)
}

/** Rate that a binary guardrail's certificate excludes: its own tolerance, or `max_violation_rate` where none is allowed. */
export const rateOf = (allowed: number, maxViolationRate: number | undefined): number =>
  allowed > 0 ? Number(allowed.toPrecision(12)) : (maxViolationRate ?? DEFAULT_VIOLATION_RATE)
