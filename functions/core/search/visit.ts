/** Replays one candidate case by case, killers first, and stops at the first case after which it cannot pass. */
import type { GuardrailRow } from '#schemas/candidate.ts'
import type { Settings } from '#schemas/common.ts'
import { allowedRate, FLOORS } from '../evaluate/guardrails.ts'
import type { Panel } from '../evaluate/panel.ts'
import type { Measures } from '../evaluate/scorecard.ts'
import type { CaseReplays } from './case-replays.ts'
import type { SearchInput } from './search.ts'

/** Cases by how often they dropped a candidate, then those the baseline fails, then the rest. */
export interface VisitOrder {
  readonly kills: Int32Array
  readonly rest: readonly number[]
}

/** A fresh order: no kills yet; cases that the baseline fails stand before the others. */
export function makeVisitOrder(panel: Panel): VisitOrder {
  const failing = (i: number): number => (panel.baseline[i]!.utility_passed === false ? 0 : 1)
  return {
    kills: new Int32Array(panel.cases.length),
    rest: panel.cases.map((_, i) => i).sort((a, b) => failing(a) - failing(b) || a - b),
  }
}

function* visiting({ kills, rest }: VisitOrder): Generator<number> {
  const killers: number[] = []
  kills.forEach((k, i) => {
    if (k > 0) killers.push(i)
  })
  yield* killers.sort((a, b) => kills[b]! - kills[a]! || a - b)
  for (const i of rest) if (kills[i] === 0) yield i
}

/** Bits of `changed`: 1 the context or approvals changed, 2 the decision or the pass/fail did. */
export type Outcome =
  | { readonly measures: readonly Measures[]; readonly changed: Uint8Array }
  | { readonly stopped: GuardrailRow }

/** All measures of a candidate in panel order, or the guardrail that it can no longer meet. */
export function failFastReplay(
  settings: Settings,
  candidateId: string,
  input: SearchInput,
  replays: CaseReplays,
  order: VisitOrder,
): Outcome {
  const { panel } = input
  const floors = floorWatch(input)
  const utility = utilityWatch(input)
  const measures = new Array<Measures>(panel.cases.length)
  const changed = new Uint8Array(panel.cases.length)
  for (const i of visiting(order)) {
    const replay = replays.measured(i, settings, candidateId)
    measures[i] = replay.measures
    const base = panel.baseline[i]!
    if (replay.contextChanged)
      changed[i] = 1 | (replay.decisionChanged || base.utility_passed !== replay.measures.utility_passed ? 2 : 0)
    const stopped = floors(i, replay.measures) ?? utility(i, replay.measures)
    if (stopped) {
      order.kills[i]!++
      return { stopped }
    }
  }
  return { measures, changed }
}

/** Families that violate each declared binary guardrail, against how many may. */
function floorWatch({ panel, target }: SearchInput): (i: number, measures: Measures) => GuardrailRow | null {
  const watched = (Object.keys(FLOORS) as (keyof typeof FLOORS)[]).flatMap((name) => {
    const allowed = allowedRate(target.guardrails, name)
    if (allowed === null) return []
    const scored = new Set(
      panel.cases.flatMap((_, i) => (panel.baseline[i]![FLOORS[name]] === null ? [] : [panel.familyOf[i]!])),
    )
    return [{ name, allowed, families: scored.size, violating: new Set<number>() }]
  })
  return (i, measures) => {
    for (const { name, allowed, families, violating } of watched) {
      if (panel.baseline[i]![FLOORS[name]] === null || measures[FLOORS[name]] === false) continue
      violating.add(panel.familyOf[i]!)
      if (violating.size > allowed * families + 1e-9)
        return {
          guardrail: name,
          verdict: 'block',
          observed: null,
          limit: target.guardrails[name] ? (name === 'approval_bypass_rate' ? allowed : 1 - allowed) : null,
          note: `${panel.cases[i]!.case_id} violates; at most ${Math.floor(allowed * families + 1e-9)} of ${families} families may`,
        }
    }
    return null
  }
}

/** Stops when even an improvement on every unvisited case that the baseline fails could not meet the utility limit. */
function utilityWatch({ panel, target }: SearchInput): (i: number, measures: Measures) => GuardrailRow | null {
  const limit = target.guardrails.utility_delta
  if (!limit) return () => null
  const speaks = new Uint8Array(panel.cases.length)
  let labelled = 0
  let best = 0
  const gainLeft = (i: number): number => {
    const base = panel.baseline[i]!
    return limit.graded ? 1 - base.utility_score! : base.utility_passed ? 0 : 1
  }
  for (const i of panel.representative) {
    const base = panel.baseline[i]!
    if (base.utility_passed === null || base.utility_score === null) continue
    speaks[i] = 1
    labelled++
    best += gainLeft(i)
  }
  const least = limit.min * labelled - 1e-9
  let regressions = 0
  return (i, measures) => {
    if (!speaks[i]) return null
    const base = panel.baseline[i]!
    const change = limit.graded
      ? (measures.utility_score ?? 0) - base.utility_score!
      : Number(measures.utility_passed ?? false) - Number(base.utility_passed)
    best += change - gainLeft(i)
    if (change < 0) regressions++
    if (best >= least) return null
    return {
      guardrail: 'utility_delta',
      verdict: 'block',
      observed: null,
      limit: limit.min,
      note: `${regressions} regressions seen: even improving every unvisited case cannot reach ${limit.min} over ${labelled} families`,
    }
  }
}
