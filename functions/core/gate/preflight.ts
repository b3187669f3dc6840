/** Preflight: can the sealed set answer this question? On search data and published counts alone; spends nothing. */
import type { HeldoutVersion, PreflightRow } from '#schemas/heldout.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { marginOf, type ResolvedTarget } from '../contract/resolve.ts'
import { layersOf, utilityAtStake } from '../contract/stakes.ts'
import { isGraded, utilityPairs } from '../evaluate/pairs.ts'
import type { Changed } from '../replay/by-construction.ts'
import { acceptTable, cleanSheetFloor, powerNonInferior } from '../statistics/acceptance.ts'
import { isAtLeast, isAtMost } from '../statistics/compare.ts'
import { defaultStake, gradedPower } from '../statistics/evidence.ts'
import { smoothedRates } from '../statistics/fixed-sequence.ts'
import { bootstrapSeed } from '../statistics/generator.ts'
import { ASK_POWER, neededFamilies } from '../statistics/needed.ts'
import { checkedNeeds, type FirstCandidate } from './checked-needs.ts'
import { requireFacts } from './facts.ts'
import { floorNeeds, type SeenToFail } from './floor-needs.ts'
import { excludedFamilies } from './floor-tallies.ts'
import { judgeOf, judgeWording, type Left, marginLeft } from './judged-utility.ts'

/**
 * One row per guardrail that the gate would test, in gate order, with the families it needs.
 * @param seen what the negative control saw; null: none has run yet
 * @throws RangeError for published facts that are none
 */
export function preflight(
  facts: HeldoutVersion,
  target: ResolvedTarget,
  suite: EvaluatorSuite,
  harness: Changed,
  first: FirstCandidate | null,
  seen: SeenToFail | null = null,
): PreflightRow[] {
  requireFacts(facts)
  return [
    ...floorNeeds(facts, target, suite, harness, seen),
    ...utilityNeed(facts, target, first, suite, harness),
    ...checkedNeeds(facts, target, harness, first),
  ]
}

/** The largest need of a preflight; null when one of them cannot be met by any number of families. */
export function neededOf(rows: readonly PreflightRow[]): number | null {
  if (rows.some((r) => r.verdict === 'inconclusive' && r.needed === null)) return null
  return rows.reduce((most, r) => Math.max(most, r.needed ?? 0), 0)
}

function utilityNeed(
  facts: HeldoutVersion,
  target: ResolvedTarget,
  first: FirstCandidate | null,
  suite: EvaluatorSuite,
  harness: Changed,
): PreflightRow[] {
  const declared = target.guardrails.utility_delta
  const isTarget = target.metric === 'utility'
  if (!declared && !isTarget) return []
  const n = facts.labelled
  const excluded = excludedFamilies(facts)
  const { some, all } = excluded
  const left = some > 0 ? ` beside ${some} excluded` : ''
  const level = (declared?.alpha ?? facts.alpha) / facts.questions
  const guardrail = isTarget ? 'utility' : 'utility_delta'
  const row = (ready: boolean, needed: number | null, power: number | null, note: string): PreflightRow[] => [
    { guardrail, verdict: ready ? 'ready' : 'inconclusive', families: n, needed, power, note },
  ]
  if (!isTarget && !utilityAtStake(suite, target, harness.replayer))
    return row(true, 0, null, `not at stake: no change of ${layersOf(target.search_space).join(', ')} can break it`)
  const judge = judgeOf(facts, suite)
  const room: Left = isTarget ? { margin: 0 } : marginLeft(judge, marginOf(target), declared!.graded === true)
  if ('unmeasured' in room) return row(false, null, null, room.unmeasured).map((r) => ({ ...r, records_lack: true }))
  const m = room.margin
  const cleanSheet = (): number | null => {
    const total = cleanSheetFloor(m, level, some)
    return total === null ? null : Math.max(1, total - all)
  }
  // A clean sheet proves no rise: what can be said before a search is how many improvements would.
  if (!first && isTarget) {
    const least = n > 0 ? (acceptTable(n + all, level, 0, Math.min(some, n + all)).at(-1) ?? 1) : 1
    return row(
      isAtMost(least, n),
      leastForARise(level),
      null,
      `n=${n}: a rise takes ${least} improvements or more, none worse`,
    )
  }
  if (!first) {
    const needed = cleanSheet()
    return row(
      needed !== null && isAtLeast(n, needed),
      needed,
      null,
      `clean sheet: n=${n}${left}, needs ${needed ?? 'more than any number'}`,
    )
  }
  const { labelled, regressions: g, improvements: f, differences } = utilityPairs(first.panel, first.measures)
  const said = judge === null ? '' : `; ${judgeWording(judge)}`
  const seen = `search: ${g} regressions, ${f} improvements of ${labelled}${said}`
  if (n === 0)
    return row(false, isTarget ? leastForARise(level) : cleanSheet(), 0, `no labelled family is sealed (${seen})`)
  if (isTarget ? isGraded(first.panel) : declared!.graded) {
    const stake = declared?.stake ?? defaultStake(n, level, m)
    // Each excluded family loses all that may be staked on it.
    const lost = (1 - stake * (1 - m)) ** some
    const seed = bootstrapSeed(first.commit.slice(7), 'utility_delta')
    const power = gradedPower(differences, n, m, stake, level * lost, seed)
    return row(
      isAtLeast(power, ASK_POWER),
      isAtLeast(power, ASK_POWER) ? n : gradedNeed(first, m, level),
      power,
      `power ${power.toFixed(2)} at n=${n} (graded, ${seen})`,
    )
  }
  const [p10, p01] = smoothedRates(labelled, g, f)
  const power = powerNonInferior(n, level, m, p10, p01, excluded)
  if (isAtLeast(power, ASK_POWER))
    return row(true, cleanSheet() ?? n, power, `power ${power.toFixed(2)} at n=${n}${left} (${seen})`)
  const needed = neededFamilies(level, m, p10, p01, excluded)
  return row(
    false,
    needed,
    power,
    `power ${power.toFixed(2)} at n=${n}${left}, needs ${needed === null ? 'more than any number' : `about ${needed}`} (${seen})`,
  )
}

/** Labelled families that could prove a rise if each of them improved. */
function leastForARise(level: number): number | null {
  for (let n = 1; n <= 100; n++) if (isAtMost(acceptTable(n, level, 0, 0)[0]!, n)) return n
  return null
}

/** Doubles n until half of the resamples pass; graded needs are rougher than the exact ones. */
function gradedNeed(first: FirstCandidate, m: number, level: number): number | null {
  const { differences } = utilityPairs(first.panel, first.measures)
  const seed = bootstrapSeed(first.commit.slice(7), 'utility_delta')
  for (let n = 50; n <= 12_800; n *= 2)
    if (isAtLeast(gradedPower(differences, n, m, defaultStake(n, level, m), level, seed, 400), ASK_POWER)) return n
  return null
}
