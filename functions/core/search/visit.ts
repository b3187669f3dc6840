/** Replays one candidate case by case, killers first, and stops at the first case after which it cannot pass. */
import type { GuardrailRow } from '#schemas/candidate.ts'
import type { Settings } from '#schemas/common.ts'
import { type MeasureList, measureList } from '../evaluate/measure-list.ts'
import { type Measures, NOT_MEASURED } from '../evaluate/scorecard.ts'
import type { Series } from '../statistics/series.ts'
import { floorStop, type StopRule, utilityStop } from './early-stop.ts'
import type { Remembered, ReplayMemo } from './memo.ts'
import type { CaseAnswer, CaseView, Round } from './replayer.ts'
import type { SearchInput } from './search-input.ts'

/** What the visits of one search share. */
export interface Visits {
  /** How often each case dropped a candidate. */
  readonly kills: Int32Array
  /** Cases that the baseline fails, then the rest. */
  readonly rest: Int32Array
  /** Cases asked for at once. */
  readonly block: number
  readonly floors: StopRule
  readonly utility: StopRule
  /** Room for the measures of the candidate that is visited, and for what changed: `Outcome` says how it is read. */
  readonly measures: MeasureList
  readonly changed: Uint8Array
}

/** Visits of a search that has killed nothing yet. */
export function startVisits(input: SearchInput, block: number): Visits {
  const { cases, baseline } = input.panel
  const rest = new Int32Array(cases.length)
  const measures = measureList()
  for (let i = 0; i < cases.length; i++) measures.add(NOT_MEASURED)
  let placed = 0
  for (const failing of [true, false])
    for (let i = 0; i < rest.length; i++) if ((baseline.at(i)!.utility_passed === false) === failing) rest[placed++] = i
  return {
    kills: new Int32Array(cases.length),
    rest,
    block,
    floors: floorStop(input),
    utility: utilityStop(input),
    measures,
    changed: new Uint8Array(cases.length),
  }
}

/** Cases by how often they dropped a candidate, then those that the baseline fails, then the rest. */
function* visiting({ kills, rest }: Visits): Generator<number> {
  const killers: number[] = []
  kills.forEach((k, i) => {
    if (k > 0) killers.push(i)
  })
  yield* killers.sort((a, b) => kills[b]! - kills[a]! || a - b)
  for (const i of rest) if (kills[i] === 0) yield i
}

/**
 * Bits of `changed`: 1 the context or approvals changed, 2 the decision or the pass/fail did. Both lists are read before
 * the next candidate is visited.
 */
export type Outcome =
  | { readonly measures: Series<Measures>; readonly changed: Uint8Array }
  | { readonly stopped: Stopped }
type Stopped = { readonly guardrail: GuardrailRow } | { readonly unreplayable: string }

/** Cases asked for at once: enough for concurrent replayers, few enough that little runs ahead of a stop. */
export const BLOCK = 16

/** All measures of a candidate in panel order, or why it can no longer pass. Yields the replays it has to pay for. */
export function* failFastReplay(
  settings: Settings,
  candidateId: string,
  { panel }: SearchInput,
  view: CaseView,
  memo: ReplayMemo,
  visits: Visits,
  failFast = true,
): Generator<Round, Outcome, readonly CaseAnswer[]> {
  const { measures, changed } = visits
  const floors = visits.floors()
  const utility = visits.utility()
  for (const block of blocks(visiting(visits), visits.block)) {
    const keys = block.map((i) => view.contextKey(i, settings))
    const missing = block.filter((i, at) => memo.isMissing(i, keys[at]!))
    if (missing.length > 0) {
      const answers = yield { candidate_id: candidateId, settings, cases: missing, stopsAtFailure: true }
      answers.forEach((answer, at) => {
        const i = missing[at]!
        memo.remember(i, keys[block.indexOf(i)]!, answer)
      })
    }
    for (const [at, i] of block.entries()) {
      const answer = memo.read(i, keys[at]!, candidateId)
      const base = panel.baseline.at(i)!
      const now = answer?.measures ?? base
      measures.set(i, now)
      changed[i] = answer
        ? (answer.contextChanged ? 1 : 0) |
          (answer.decisionChanged || base.utility_passed !== now.utility_passed ? 2 : 0)
        : 0
      const row = failFast ? (floors(i, now) ?? utility(i, now)) : null
      const stopped = stopOf(answer) ?? guardrailStop(row && withFinding(row, answer))
      if (stopped) {
        visits.kills[i]!++
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
