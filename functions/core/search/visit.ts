/** Replays one candidate case by case, killers first, and stops at the first case after which it cannot pass. */
import type { GuardrailRow } from '#schemas/candidate.ts'
import type { SettingsTable } from '#schemas/common.ts'
import { type MeasureList, measureList } from '../evaluate/measure-list.ts'
import { type Measures, NOT_MEASURED } from '../evaluate/scorecard.ts'
import type { Series } from '../statistics/series.ts'
import { floorStop, type StopRule, utilityStop } from './early-stop.ts'
import type { Visited } from './free-fates.ts'
import { NONE, type Remembered, type ReplayMemo } from './memo.ts'
import {
  type Answer,
  BASELINE_CONTEXT,
  type CaseView,
  type Contexts,
  type Round,
  SAME_AS_BASELINE,
  UNNUMBERED,
} from './replayer.ts'
import type { SearchInput } from './search-input.ts'

/** What the visits of one search share. */
interface Visits {
  /** How often each case dropped a candidate. */
  readonly kills: Int32Array
  /** Cases that the baseline fails, then the rest. */
  readonly rest: Int32Array
  /** Cases asked for at once, at most: a candidate begins with few, because most are dropped soon. */
  readonly block: number
  readonly floors: StopRule
  readonly utility: StopRule
  /** Room for the measures of the candidate that is visited, and for what changed: `Outcome` says how it is read. */
  readonly measures: MeasureList
  readonly changed: Uint8Array
}

/** Visits of a search; `kills`: of one that goes on, otherwise none yet. */
export function startVisits(input: SearchInput, block: number, kills: Int32Array | null): Visits {
  const { cases, baseline } = input.panel
  const rest = new Int32Array(cases.length)
  const measures = measureList()
  for (let i = 0; i < cases.length; i++) measures.add(NOT_MEASURED)
  let placed = 0
  for (const failing of [true, false])
    for (let i = 0; i < rest.length; i++) if ((baseline.at(i)!.utility_passed === false) === failing) rest[placed++] = i
  return {
    kills: kills ?? new Int32Array(cases.length),
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

/** Cases asked for at once where nobody says: enough for concurrent replayers, few enough that little runs ahead of a stop. */
export const BLOCK = 16

/** All measures of a candidate in panel order, or why it can no longer pass. Yields the replays it has to pay for. */
export function* failFastReplay(
  { settings, change: { candidate_id }, contexts }: Visited,
  { panel }: SearchInput,
  view: CaseView,
  memo: ReplayMemo,
  visits: Visits,
  failFast = true,
): Generator<Round, Outcome, readonly Answer[]> {
  const { measures, changed } = visits
  const floors = visits.floors()
  const utility = visits.utility()
  const placed = function* () {
    for (const block of blocks(visiting(visits), visits.block)) {
      const places = block.map((i) => placeOf(i, settings, contexts, view, memo))
      yield { places, cases: places.filter(isMissing).map((place) => place.index) }
    }
  }
  // A candidate that came as far as a whole block is likely to go on.
  for (const [{ places, cases }, following] of withNext(placed(), ({ places }) => places.length === visits.block)) {
    const round: Round = { candidate_id, settings, cases, next: following?.cases ?? [], stopsAtFailure: true }
    const answers = cases.length > 0 ? yield round : []
    let paid = 0
    for (const place of places) {
      const { index: i, at, key, numbered } = place
      const answer = isMissing(place)
        ? memo.pay(i, key, answers[paid++]!, { candidateId: candidate_id, numbered })
        : at === NONE
          ? null
          : memo.read(at)
      if (!answer) memo.avoid()
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

/** Where the answer of a case stands. `at`: `NONE` where the baseline's own record stands, or as long as it must be replayed. */
export interface Place {
  readonly index: number
  readonly key: string
  readonly numbered: number
  readonly at: number
}

/** Must this case be replayed? */
export const isMissing = ({ at, key }: Place): boolean => at === NONE && key !== SAME_AS_BASELINE

/** A case is looked at only where its number does not tell. */
export function placeOf(
  index: number,
  settings: SettingsTable,
  contexts: Contexts | undefined,
  view: CaseView,
  memo: ReplayMemo,
): Place {
  const number = contexts?.numbers[index] ?? UNNUMBERED
  if (number === BASELINE_CONTEXT) return { index, key: SAME_AS_BASELINE, numbered: NONE, at: NONE }
  const numbered = number === UNNUMBERED ? NONE : contexts!.group * UNNUMBERED + number
  const known = numbered === NONE ? NONE : memo.findNumbered(index, numbered)
  if (known !== NONE) return { index, key: '', numbered, at: known }
  if (numbered !== NONE && contexts!.isOnly) return { index, key: `#${numbered}`, numbered, at: NONE }
  const key = view.contextKey(index, settings)
  return { index, key, numbered, at: key === SAME_AS_BASELINE ? NONE : memo.find(index, key) }
}

const stopOf = (answer: Remembered | null): Stopped | null =>
  answer && answer.stop !== null ? { unreplayable: answer.stop } : null

/** Says which evaluator failed, on which evidence or step. */
const withFinding = (row: GuardrailRow, answer: Remembered | null): GuardrailRow =>
  answer && answer.failing !== null && row.guardrail !== 'utility_delta'
    ? { ...row, note: `${row.note}; ${answer.failing}` }
    : row

const guardrailStop = (row: GuardrailRow | null): Stopped | null => row && { guardrail: row }

/** Items in their order, each with the one after it where `looksAhead` says so; one has nothing to do with what comes of another. */
export function* withNext<T>(
  items: Iterator<T>,
  looksAhead: (item: T) => boolean = () => true,
): Generator<readonly [item: T, following: T | undefined]> {
  for (let item = items.next(); !item.done; ) {
    const following = looksAhead(item.value) ? items.next() : undefined
    yield [item.value, following?.done ? undefined : following?.value]
    item = following ?? items.next()
  }
}

function* blocks(indices: Iterable<number>, most: number): Generator<number[]> {
  let size = Math.min(most, BLOCK)
  let block: number[] = []
  for (const i of indices) {
    block.push(i)
    if (block.length < size) continue
    yield block
    block = []
    size = Math.min(most, 4 * size)
  }
  if (block.length > 0) yield block
}
