/** One row a surface: what changes over its range on the search side, and about which values the records can speak. */
import type { SettingsTable, SettingValue } from '#schemas/common.ts'
import type { Layer } from '#schemas/surface-fields.ts'
import type { Panel } from '../evaluate/panel.ts'
import type { TunableField } from '../space/lattice.ts'
import { applyPatch } from '../space/scope.ts'
import { type ReplayableFold, type ReplayableValues, replayableFold } from './replayable-values.ts'
import { type CaseAnswer, type CaseView, isReplayable, type Round, SAME_AS_BASELINE } from './replayer.ts'

/**
 * A surface with every other setting at its baseline. Counts are cases that change at one of the values looked at at least;
 * null: nothing is known of it without running a harness, or it has no values to look at.
 */
export interface SurfaceRow {
  readonly path: string
  readonly layer: Layer
  readonly baseline: SettingValue
  /** How many values the surface admits; 0: a prompt block, whose values nobody can list. */
  readonly values: number
  readonly looked_at: readonly SettingValue[]
  readonly cases: number
  readonly contexts: number | null
  readonly approvals: number | null
  readonly decisions: number | null
  readonly replayable: ReplayableValues
  /** Changes nothing of any case at any value looked at, although some case can be replayed there. */
  readonly inert: boolean
}

/** Values of a long range that are looked at: its ends, and as many between them. */
const LOOKED_AT = 6
/** People are told so often how far it is. */
const TOLD_EVERY = 2000

/**
 * One row a field of the search space; every field is changed by itself. Yields the replays of one case at a time, because
 * reading a case costs more than asking several things of it.
 */
export function* surfaceTable(
  fields: readonly TunableField[],
  panel: Panel,
  baseline: SettingsTable,
  view: CaseView,
  progress: (message: string) => void = () => {},
): Generator<Round, SurfaceRow[], readonly CaseAnswer[]> {
  const cases = panel.cases.length
  const isKnown = cases > 0 && view.renders
  const looks = fields.map((field) => new SurfaceLook(field, baseline))
  for (let i = 0; isKnown && i < cases; i++) {
    for (const look of looks) yield* look.add(i, panel, view)
    if ((i + 1) % TOLD_EVERY === 0) progress(`looked at the surfaces on ${i + 1} of ${cases} cases`)
  }
  return looks.map((look) => look.row(cases, isKnown))
}

/** The ends first, because they change most. */
function lookedAt(values: readonly SettingValue[], baseline: SettingValue): SettingValue[] {
  const most = Math.min(LOOKED_AT, values.length)
  const spread = Array.from(
    { length: most },
    (_, i) => values[Math.round((i * (values.length - 1)) / (most - 1 || 1))]!,
  )
  const ends = [spread[0], spread.at(-1), ...spread.slice(1, -1)]
  return [...new Set(ends)].filter((v): v is SettingValue => v !== undefined && v !== baseline)
}

/** One field while the cases pass. */
class SurfaceLook {
  readonly #field: TunableField
  readonly #baseline: SettingsTable
  /** A table is made once: what replay reads of it is remembered by its identity. */
  readonly #settings = new Map<SettingValue, SettingsTable>()
  readonly #looked: readonly SettingValue[]
  readonly #reach: ReplayableFold
  #touched = 0
  #decided = 0
  #isSeen = false

  constructor(field: TunableField, baseline: SettingsTable) {
    this.#field = field
    this.#baseline = baseline
    this.#looked = lookedAt(field.values, field.baseline)
    this.#reach = replayableFold(field.values, field.baseline)
  }

  *add(caseIndex: number, { baseline }: Panel, view: CaseView): Generator<Round, void, readonly CaseAnswer[]> {
    if (this.#looked.length === 0) return
    const holds = this.#reach.add((value) => isReplayable(view.contextKey(caseIndex, this.#at(value))))
    // Values that give the same context decide the same.
    const seen = new Set([SAME_AS_BASELINE])
    for (const value of this.#looked) {
      if (!holds(value)) continue
      this.#isSeen = true
      const settings = this.#at(value)
      const key = view.contextKey(caseIndex, settings)
      if (seen.has(key)) continue
      if (seen.size === 1) this.#touched++
      seen.add(key)
      const [answer] = yield { candidate_id: this.#field.path, settings, cases: [caseIndex] }
      const { decisionChanged, measures } = answer!
      if (!decisionChanged && measures.utility_passed === baseline.at(caseIndex)!.utility_passed) continue
      this.#decided++
      return
    }
  }

  row(cases: number, isKnown: boolean): SurfaceRow {
    const { path, surface, baseline, values } = this.#field
    const row = { path, layer: surface.layer, baseline, values: values.length, cases }
    if (!isKnown || this.#looked.length === 0) {
      const unknown = { contexts: null, approvals: null, decisions: null, replayable: { all: null, some: null } }
      return { ...row, looked_at: [], ...unknown, inert: false }
    }
    // A threshold asks people and changes no context; every other field is the other way round.
    const asks = surface.layer === 'approval_gate'
    return {
      ...row,
      looked_at: this.#looked,
      contexts: asks ? 0 : this.#touched,
      approvals: asks ? this.#touched : 0,
      decisions: this.#decided,
      replayable: this.#reach.replayable(),
      inert: this.#isSeen && this.#touched === 0,
    }
  }

  #at(value: SettingValue): SettingsTable {
    let settings = this.#settings.get(value)
    if (!settings) {
      settings = applyPatch(this.#baseline, { [this.#field.path]: { from: this.#field.baseline, to: value } })
      this.#settings.set(value, settings)
    }
    return settings
  }
}
