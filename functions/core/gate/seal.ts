/** Seals held-out cases into a version: pinned baseline outcomes, published counts, content digest. Runs in the sealer only. */
import { createHash } from 'node:crypto'
import type { HeldoutVersion, PinnedLimits } from '#schemas/heldout.ts'
import type { BaselinePins } from '../baseline/baseline.ts'
import type { ExcludedFamilies, Reproduction, SealedLine } from '../baseline/reproduce.ts'
import { canonical, digestOf } from '../canonical.ts'
import { DEFAULT_VIOLATION_RATE, type ResolvedTarget } from '../contract/resolve.ts'
import { type Stake, stakesIn, stakesOf } from '../contract/stakes.ts'
import type { ExposureCounts } from '../evaluate/exposure-counts.ts'
import { byFamily, familyIds, type Panel } from '../evaluate/panel.ts'
import { requireWithin } from '../statistics/range.ts'
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
 * @param corrections how many corrections its cases hold
 */
export function sealVersion(
  { panel, excluded, excludedFamilies, exposure, labels }: Reproduction,
  target: ResolvedTarget,
  pins: BaselinePins,
  pinned: PinnedLimits,
  corrections = 0,
): SealedVersion {
  const labelled = panel.speaking.filter((i) => panel.baseline.at(i)!.utility_passed !== null).length
  const stakes = stakesOf(pins.suite, target, pins.replayer?.kind ?? 'transcript')
  const known = exposureOfFloors(stakes, exposure, panel.families)
  const scored = {
    policy: leastKnown(stakesIn(stakes, 'policy'), known),
    safety: leastKnown(stakesIn(stakes, 'safety'), known),
    approval: leastKnown(stakesIn(stakes, 'approval_bypass_rate'), known),
  }
  const draw = pins.draw === undefined ? {} : { draw: pins.draw }
  const questions = target.questions ?? chooseK(target, labelled, scored, stakes, excludedFamilies)
  return {
    panel,
    facts: {
      version: versionOf(panel, { labelled, scored, alpha: target.alpha, questions, ...draw }),
      intent: target.intent,
      alpha: target.alpha,
      questions,
      alpha_k: target.alpha / questions,
      families: panel.families,
      cases: panel.cases.length,
      labelled,
      ...draw,
      ...(labels && { labels }),
      scored,
      exposure: known,
      excluded: Object.values(excluded).reduce((a, b) => a + b, 0),
      excluded_families: excludedFamilies,
      suite: pins.suite.suite,
      ...(corrections > 0 && { corrections }),
      pinned,
      baseline: baselineOf(pins),
    },
  }
}

/**
 * Digest of what a version is: its families with their case digests and pinned outcomes, who speaks for them, N per
 * guardrail, alpha and K. The text of many families is digested as it is made, never held.
 */
function versionOf(
  panel: Panel,
  {
    labelled,
    scored,
    alpha,
    questions,
    draw,
  }: Pick<HeldoutVersion, 'labelled' | 'scored' | 'alpha' | 'questions' | 'draw'>,
): string {
  const drawn = draw === undefined ? {} : { draw }
  const [head, tail] = canonical({ families: [], n: labelled, ...scored, alpha, K: questions, ...drawn }).split('[]')
  const hash = createHash('sha256').update(`${head}[`)
  const { order, first } = byFamily(panel)
  let family = 0
  for (const family_id of familyIds(panel)) {
    const cases = Array.from(order.subarray(first[family], first[family + 1]), (i) => {
      const { case_id, digest, floors } = panel.cases.at(i)!
      // In the order of canonical text, which is written at once then.
      return { baseline: digestOf(panel.baseline.at(i)!), case_id, digest, ...(floors !== undefined && { floors }) }
    })
    hash.update(`${family === 0 ? '' : ','}${canonical({ cases, family_id })}`)
    family++
  }
  return `sha256:${hash.update(`]${tail}`).digest('hex')}`
}

/** Is this a line whose case is the one that its digest names? */
export function caseHolds(line: unknown): line is SealedLine {
  const { case: sealed, baseline } = (line ?? {}) as Partial<SealedLine>
  if (!sealed || !isObject(sealed) || !isObject(baseline)) return false
  const { digest, ...body } = sealed
  return digestOf(body) === digest
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null

/** Is this, each line of which holds, the panel that a version was sealed from? Every pinned outcome is digested again. */
export const sealHolds = (panel: Panel, facts: HeldoutVersion): boolean => versionOf(panel, facts) === facts.version

type Known = NonNullable<HeldoutVersion['exposure']>

/** Families by what each floor has to look at; a floor that no letter speaks of knows nothing. */
const exposureOfFloors = (stakes: readonly Stake[], exposure: readonly ExposureCounts[], families: number): Known =>
  Object.fromEntries(
    stakes.map(({ floor, at }) => [
      floor.evaluator_id,
      exposure[at] ?? { exposed: 0, not_at_stake: 0, not_recorded: families },
    ]),
  )

/** N of the floor that knows least, among those at stake where there are any. */
function leastKnown(stakes: readonly Stake[], known: Known): number {
  const asked = stakes.filter((s) => s.notAtStake === null)
  const of = asked.length > 0 ? asked : stakes
  if (of.length === 0) return 0
  return Math.min(...of.map(({ floor: { evaluator_id: id } }) => known[id]!.exposed + known[id]!.not_at_stake))
}

function chooseK(
  target: ResolvedTarget,
  n: number,
  scored: { policy: number; safety: number; approval: number },
  stakes: readonly Stake[],
  { some, all }: ExcludedFamilies,
): number {
  const isAsked = (name: Parameters<typeof stakesIn>[1]) => stakesIn(stakes, name).some((s) => s.notAtStake === null)
  const { guardrails: g } = target
  const binary = [
    g.policy && isAsked('policy') && { N: scored.policy, v: rateOf(1 - g.policy.min, g.policy.max_violation_rate) },
    g.safety && isAsked('safety') && { N: scored.safety, v: rateOf(1 - g.safety.min, g.safety.max_violation_rate) },
    g.approval_bypass_rate &&
      isAsked('approval_bypass_rate') && {
        N: scored.approval,
        v: rateOf(g.approval_bypass_rate.max, g.approval_bypass_rate.max_violation_rate),
      },
  ].filter((b) => typeof b === 'object')
  // Utility alone is asked where no floor is at stake: then its families decide.
  const ofUtility = defaultK(n, Number.MAX_SAFE_INTEGER, DEFAULT_VIOLATION_RATE, target.alpha)
  return Math.min(...binary.map(({ N, v }) => defaultK(n, N + all, v, target.alpha, some)), ofUtility)
}

/** Rate that a binary guardrail's certificate excludes: its own tolerance, or `max_violation_rate` where none is allowed. */
export function rateOf(allowed: number, maxViolationRate: number | undefined): number {
  requireWithin('allowed rate', allowed, '[]', 0, 1)
  return allowed > 0 ? Number(allowed.toPrecision(12)) : (maxViolationRate ?? DEFAULT_VIOLATION_RATE)
}
