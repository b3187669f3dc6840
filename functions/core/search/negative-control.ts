/**
 * The negative control: could these records have contradicted a certificate at all? Each surface at its most destructive
 * values, then all together; what is never seen to fail there cannot be believed when it passes. Search side only: it can
 * only block, and asks the sealed set nothing (the held-out gate, "Negative control and needs").
 */
import type { SettingsTable, SettingValue } from '#schemas/common.ts'
import type { Condition } from '#schemas/condition.ts'
import { canonical } from '../canonical.ts'
import { canBreak } from '../evaluate/evaluators.ts'
import { binaryFloors, floorLetters } from '../evaluate/floor-letters.ts'
import type { Measures } from '../evaluate/scorecard.ts'
import type { TunableField } from '../space/lattice.ts'
import { applyPatch, scopeOf, tableOf, within } from '../space/scope.ts'
import { measured } from '../statistics/measured.ts'
import { flippedBy, flippedUtility, isBeyondNoise } from './beyond-noise.ts'
import { type Control, needsUtility, type Seen, type SurfaceControl } from './control.ts'
import {
  beyondBounds,
  choicesTogether,
  destructiveValues,
  farTogether,
  ruinTogether,
  worstTogether,
} from './destructive.ts'
import { lettersOf } from './gist.ts'
import { type Answer, type CaseView, isPlanned, type Round, SAME_AS_BASELINE } from './replayer.ts'
import { type SearchInput, writtenChanges } from './search-input.ts'
import { withNext } from './visit.ts'

/** Cases after which a control looks whether it has seen enough: a constant, so that counts do not depend on who replays them. */
const BLOCK = 16
/** Cases after which a control may stop, once all that it looks for was seen. */
const ENOUGH_CASES = 2000

/** Runs the control. It yields blocks of replays, as the search does; none of them is on record or counted as paid. */
export function* negativeControl(
  input: SearchInput,
  view: CaseView,
  block = BLOCK,
): Generator<Round, Control, readonly Answer[]> {
  const { fields, pack } = input
  const written = writtenChanges(input)
  const isLive = input.noise !== undefined
  const tally = { replays: 0, ahead: Math.ceil(block / BLOCK) * BLOCK }
  const surfaces: SurfaceControl[] = []
  for (const { field, when, candidates } of subjectsOf(fields, written)) {
    const values = destructiveValues(field, candidates)
    const watch = new Watch(input, [field])
    const scope = when === null ? {} : { when }
    const set = (to: SettingValue) =>
      applyPatch(tableOf(pack), { [field.path]: { from: field.baseline, to, ...scope } })
    for (const value of values) yield* visit(set(value), input, view, watch, tally)
    // Of a choice some values were recorded only together with those of another.
    for (const patch of choicesTogether(field, fields, candidates)) {
      if (watch.hasSeenFailures()) break
      yield* visit(applyPatch(tableOf(pack), within(patch, when)), input, view, watch, tally)
    }
    // Bounds that allow nothing harmful do not make the records blind: they are asked beyond the bounds.
    const beyond = beyondBounds(field, isLive)
    if (beyond !== null && !watch.hasSeenFailures()) yield* visit(set(beyond), input, view, watch.beyond(), tally)
    const inert = values.length > 0 && !watch.changed && !movesWithOthers(field, values, input, view)
    surfaces.push({ path: field.path, ...scope, values, shown: watch.shown, inert, ...watch.seen() })
  }
  const together = new Watch(input, fields)
  const worst = worstTogether(fields, written)
  if (Object.keys(worst).length > 1) yield* visit(applyPatch(tableOf(pack), worst), input, view, together, tally)
  if (fields.length > 1 && !together.hasSeenFailures())
    yield* visit(applyPatch(tableOf(pack), ruinTogether(fields, written, isLive)), input, view, together, tally)
  const floors = Object.fromEntries(
    binaryFloors(input.suite).map(({ evaluator_id: id }) => [
      id,
      Math.max(together.seen().floors[id]!, ...surfaces.map((s) => s.floors[id]!)),
    ]),
  )
  return { surfaces, together: together.seen(), floors, replays: tally.replays }
}

/** A surface, and the cases that it is set for. `candidates`: those whose texts it may be set to. */
interface Subject extends Pick<SearchInput, 'candidates'> {
  readonly field: TunableField
  readonly when: Condition | null
}

/**
 * Every surface for all cases; and for the cases of each condition those that a candidate changes there: records that could
 * contradict a change elsewhere say nothing of it here.
 */
function subjectsOf(fields: readonly TunableField[], candidates: SearchInput['candidates']): Subject[] {
  const scoped = Map.groupBy(candidates ?? [], ({ patch }) => canonical(scopeOf(patch)))
  scoped.delete(canonical(null))
  return [
    ...fields.map((field) => ({ field, when: null, candidates })),
    ...[...scoped.values()].flatMap((group) =>
      fields
        .filter(({ path }) => group.some(({ patch }) => Object.hasOwn(patch, path)))
        .map((field) => ({ field, when: scopeOf(group[0]!.patch), candidates: group })),
    ),
  ]
}

/** What the visits of one control share. `ahead`: cases asked for at once. */
interface Tally {
  replays: number
  readonly ahead: number
}

function* visit(
  settings: SettingsTable,
  { panel }: SearchInput,
  view: CaseView,
  watch: Watch,
  tally: Tally,
): Generator<Round, void, readonly Answer[]> {
  const { length } = panel.cases
  const isDone = (at: number) => at >= ENOUGH_CASES && watch.hasSeenAll()
  const looked = function* () {
    for (let first = 0; first < length; first += tally.ahead) {
      const end = Math.min(length, first + tally.ahead)
      const cases: number[] = []
      const planned = new Set<number>()
      for (let i = first; i < end; i++) {
        const key = view.contextKey(i, settings)
        if (key === SAME_AS_BASELINE) continue
        cases.push(i)
        if (isPlanned(key)) planned.add(i)
      }
      yield { first, end, cases, planned }
    }
  }
  // It most likely ends where it may.
  const goesOn = ({ end }: { readonly end: number }) => end < ENOUGH_CASES
  for (const [{ first, end, cases, planned }, following] of withNext(looked(), goesOn)) {
    const round: Round = { candidate_id: 'control', settings, cases, next: following?.cases ?? [], offRecord: true }
    const answers = cases.length > 0 ? yield round : []
    let read = 0
    for (let from = first; from < end && !isDone(from); from += BLOCK)
      for (; read < cases.length && cases[read]! < from + BLOCK; read++) {
        const i = cases[read]!
        watch.look(i, answers[read]!, planned.has(i))
      }
    tally.replays += read
    if (isDone(end)) break
  }
  watch.ended()
}

/** Families in which one thing was seen to fail, over the settings that were visited. */
class SeenFailures {
  readonly families = new Set<number>()
  readonly #now = new Set<number>()
  readonly #counts: (failed: number) => boolean

  /** @param counts are so many under one settings table more than noise? */
  constructor(counts: (failed: number) => boolean) {
    this.#counts = counts
  }

  add(family: number): void {
    this.#now.add(family)
  }

  get isSeen(): boolean {
    return this.families.size > 0 || this.#counts(this.#now.size)
  }

  /** No more replays under these settings. */
  ended(): void {
    if (this.#counts(this.#now.size)) for (const family of this.#now) this.families.add(family)
    this.#now.clear()
  }
}

/** What was seen under the values of one surface, or of all. */
class Watch {
  readonly #input: SearchInput
  readonly #floors: readonly { readonly id: string; readonly failures: SeenFailures; readonly wanted: boolean }[]
  readonly #utility: SeenFailures
  /** The same by recordings that were made for a plan: no sealed case has such, so they contradict no certificate. */
  readonly #plannedUtility = new SeenFailures((failed) => failed > 0)
  readonly #utilityWanted: boolean
  /** Did a value within the bounds change anything? */
  changed = false
  #isBeyond = false
  shown = 0

  constructor(input: SearchInput, fields: readonly TunableField[]) {
    this.#input = input
    const { suite, noise } = input
    const layers = fields.map((f) => f.surface.layer)
    const replayer = input.replayer ?? 'transcript'
    this.#floors = binaryFloors(suite).map((floor) => {
      const id = floor.evaluator_id
      const counts = (failed: number) => (noise ? isBeyondNoise(failed, flippedBy(noise, id)) : failed > 0)
      return { id, failures: new SeenFailures(counts), wanted: canBreak(floor, layers, replayer) }
    })
    this.#utility = new SeenFailures((failed) =>
      noise ? isBeyondNoise(failed, flippedUtility(noise, suite), true) : failed > 0,
    )
    this.#utilityWanted = needsUtility(input, fields)
  }

  /** What comes now is beyond the bounds: it shows failures, and says nothing of what the surface may do. */
  beyond(): this {
    this.#isBeyond = true
    return this
  }

  /** A case that cannot be replayed shows nothing, but its context is another. */
  look(i: number, answer: Answer, planned: boolean): void {
    const { panel, suite } = this.#input
    const { measures, contextChanged, decisionChanged } = answer
    if (!this.#isBeyond && (contextChanged !== false || decisionChanged)) this.changed = true
    const now = 'gist' in answer ? answer.gist.letters : lettersOf(answer, suite)
    if (now === null) return
    this.shown++
    const family = panel.familyOf[i]!
    const { baseline } = floorLetters(panel.cases.at(i)!.floors)
    for (const [floor, { failures }] of planned ? [] : this.#floors.entries())
      if (now[floor] === 'f' && (this.#input.noise ? baseline[floor] === 'p' : baseline[floor] !== 'f'))
        failures.add(family)
    const base = panel.baseline.at(i)!
    if (panel.speaking[family] !== i || base.utility_passed === null) return
    if (this.#differs(measures, base)) (planned ? this.#plannedUtility : this.#utility).add(family)
  }

  /** A pass that only this value brings shows a failure as well: the baseline's. */
  #differs(now: Measures, base: Measures): boolean {
    // Of a live draw nothing is known where it is not measured, and its score differs with every draw.
    if (this.#input.noise) return now.utility_passed !== null && now.utility_passed !== base.utility_passed
    return (
      (now.utility_passed ?? false) !== base.utility_passed ||
      measured('utility_score', now) !== measured('utility_score', base)
    )
  }

  hasSeenAll(): boolean {
    return (this.changed || this.#isBeyond) && this.hasSeenFailures()
  }

  hasSeenFailures(): boolean {
    return this.#floors.every((f) => !f.wanted || f.failures.isSeen) && (!this.#utilityWanted || this.#utility.isSeen)
  }

  /** All cases were replayed under one settings table, or enough of them. */
  ended(): void {
    for (const { failures } of this.#floors) failures.ended()
    this.#utility.ended()
    this.#plannedUtility.ended()
  }

  seen(): Seen {
    const served = this.#utility.families
    const all = served.union(this.#plannedUtility.families)
    return {
      floors: Object.fromEntries(this.#floors.map(({ id, failures }) => [id, failures.families.size])),
      utility: all.size,
      ...(all.size > served.size && { served_utility: served.size }),
    }
  }
}

/** Does a value that changes nothing alone do so beside the others at their far ends? Known where rendering is free. */
function movesWithOthers(
  field: TunableField,
  values: readonly SettingValue[],
  input: SearchInput,
  view: CaseView,
): boolean {
  const { fields, pack, panel } = input
  const candidates = writtenChanges(input)
  const { length } = panel.cases
  if (!view.renders) return false
  const others = fields.filter((f) => f.path !== field.path)
  const ends = [worstTogether(others, candidates), farTogether(others, candidates)]
  for (const patch of ends) {
    if (Object.keys(patch).length === 0) continue
    const beside = applyPatch(tableOf(pack), patch)
    for (const value of values) {
      const moved = applyPatch(beside, { [field.path]: { from: field.baseline, to: value } })
      for (let i = 0; i < length; i++) if (view.contextKey(i, moved) !== view.contextKey(i, beside)) return true
    }
  }
  return false
}
