/** Replays one candidate case by case, killers first, and stops at the first case after which it cannot pass. */
import type { GuardrailRow } from '#schemas/candidate.ts'
import type { Settings } from '#schemas/common.ts'
import { allowedRate, FLOORS } from '../evaluate/guardrails.ts'
import type { Panel } from '../evaluate/panel.ts'
import type { Measures } from '../evaluate/scorecard.ts'
import type { Remembered, ReplayMemo } from './memo.ts'
import type { CaseAnswer, CaseView, Round } from './replayer.ts'
import type { SearchInput } from './search-input.ts'

/** Cases by how often they dropped a candidate, then those the baseline fails, then the rest. */
export interface VisitOrder {
  readonly kills: Int32Array
  readonly rest: readonly number[]
  /** Cases asked for at once. */
  readonly block: number
}

/** A fresh order: no kills yet; cases that the baseline fails stand before the others. */
export function makeVisitOrder(panel: Panel, block = BLOCK): VisitOrder {
  const failing = (i: number): number => (panel.baseline[i]!.utility_passed === false ? 0 : 1)
  return {
    block,
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
  | { readonly stopped: Stopped }
export type Stopped = { readonly guardrail: GuardrailRow } | { readonly unreplayable: string }

/** Cases asked for at once: enough for concurrent replayers, few enough that little runs ahead of a stop. */
export const BLOCK = 16

/** All measures of a candidate in panel order, or why it can no longer pass. Yields the replays it has to pay for. */
export function* failFastReplay(
  settings: Settings,
  candidateId: string,
  input: SearchInput,
  view: CaseView,
  memo: ReplayMemo,
  order: VisitOrder,
  failFast = true,
): Generator<Round, Outcome, readonly CaseAnswer[]> {
  const { panel } = input
  const floors = floorWatch(input)
  const utility = utilityWatch(input)
  const measures = new Array<Measures>(panel.cases.length)
  const changed = new Uint8Array(panel.cases.length)
  for (const block of blocks(visiting(order), order.block)) {
    const keys = block.map((i) => view.contextKey(i, settings))
    const missing = block.filter((i, at) => memo.isMissing(i, keys[at]!))
    if (missing.length > 0) {
      const answers = yield { candidate_id: candidateId, settings, cases: missing }
      missing.forEach((i, at) => {
        memo.remember(i, keys[block.indexOf(i)]!, answers[at]!)
      })
    }
    for (const [at, i] of block.entries()) {
      const answer = memo.read(i, keys[at]!, candidateId)
      const base = panel.baseline[i]!
      measures[i] = answer?.measures ?? base
      if (answer)
        changed[i] =
          (answer.contextChanged ? 1 : 0) |
          (answer.decisionChanged || base.utility_passed !== answer.measures.utility_passed ? 2 : 0)
      const row = failFast ? (floors(i, measures[i]) ?? utility(i, measures[i])) : null
      const stopped = stopOf(answer) ?? guardrailStop(row && withFinding(row, answer))
      if (stopped) {
        order.kills[i]!++
        return { stopped }
      }
    }
  }
  return { measures, changed }
}

const stopOf = (answer: Remembered | null): Stopped | null =>
  answer && answer.stop !== null ? { unreplayable: answer.stop } : null

/** Says which evaluator failed, on which evidence or step. */
const withFinding = (row: GuardrailRow, answer: Remembered | null): GuardrailRow =>
  answer && answer.failing !== null && row.guardrail !== 'utility_delta'
    ? { ...row, note: `${row.note}; ${answer.failing}` }
    : row

const guardrailStop = (row: GuardrailRow | null): Stopped | null => row && { guardrail: row }

function* blocks(indices: Iterable<number>, size: number): Generator<number[]> {
  let block: number[] = []
  for (const i of indices) {
    block.push(i)
    if (block.length < size) continue
    yield block
    block = []
  }
  if (block.length > 0) yield block
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
