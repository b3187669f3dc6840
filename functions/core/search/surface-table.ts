/** One row a surface: what changes over its range on the search side, and about which values the records can speak. */
import type { Settings, SettingValue } from '#schemas/common.ts'
import type { Layer } from '#schemas/surface-fields.ts'
import type { Panel } from '../evaluate/panel.ts'
import type { TunableField } from '../space/lattice.ts'
import { ChoiceReach, RangeReach, type Replayability, type ReplayableValues } from './replayable-values.ts'
import { type CaseAnswer, type CaseView, type Round, SAME_AS_BASELINE } from './replayer.ts'

/**
 * A surface with every other setting at its baseline. Counts are cases that change at one of the values looked at at least;
 * null: nothing is known of it without running a harness. `replayable`: values for which every case, or some case, can be
 * replayed; null: not known, or no value beside the baseline's can.
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
/** Cases asked for at once. */
const BLOCK = 64

/** One row a field of the search space. Every field is changed by itself. */
export function* surfaceTable(
  fields: readonly TunableField[],
  panel: Panel,
  baseline: Settings,
  view: CaseView,
  progress: (message: string) => void = () => {},
): Generator<Round, SurfaceRow[], readonly CaseAnswer[]> {
  const rows: SurfaceRow[] = []
  for (const field of fields) {
    progress(`looking at ${field.path}`)
    rows.push(yield* surfaceRow(new Field(field, baseline, view), panel))
  }
  return rows
}

function* surfaceRow(field: Field, panel: Panel): Generator<Round, SurfaceRow, readonly CaseAnswer[]> {
  const cases = panel.cases.length
  const { path, surface, baseline, values } = field.of
  const looked = lookedAt(values, baseline)
  const row = { path, layer: surface.layer, baseline, values: values.length, cases }
  const nothing = { contexts: null, approvals: null, decisions: null, inert: false }
  const isKnown = cases > 0 && looked.length > 0 && field.isKnown()
  if (!isKnown) return { ...row, looked_at: [], ...nothing, replayable: { all: null, some: null } }
  const reach = field.reach(cases)
  const changed = new Uint8Array(cases)
  let isSeen = false
  for (const value of looked) {
    const settings = field.settings(value)
    for (let from = 0; from < cases; from += BLOCK) {
      const touched: number[] = []
      for (let i = from; i < Math.min(cases, from + BLOCK); i++) {
        if (!reach.holds(i, value)) continue
        isSeen = true
        if (field.view.contextKey(i, settings) === SAME_AS_BASELINE) continue
        changed[i]! |= CHANGED
        if (!(changed[i]! & DECIDED)) touched.push(i)
      }
      if (touched.length === 0) continue
      const answers = yield { candidate_id: path, settings, cases: touched }
      touched.forEach((i, at) => {
        const { decisionChanged, measures } = answers[at]!
        if (decisionChanged || measures.utility_passed !== panel.baseline.at(i)!.utility_passed) changed[i]! |= DECIDED
      })
    }
  }
  const count = (bit: number): number => changed.reduce((n, flags) => n + (flags & bit ? 1 : 0), 0)
  const touched = count(CHANGED)
  // A threshold asks people and changes no context; every other field is the other way round.
  const asks = surface.layer === 'approval_gate'
  return {
    ...row,
    looked_at: looked,
    contexts: asks ? 0 : touched,
    approvals: asks ? touched : 0,
    decisions: count(DECIDED),
    replayable: reach.replayable(),
    inert: isSeen && touched === 0,
  }
}

const CHANGED = 1
const DECIDED = 2

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

/** One field, and what is known of cases under its values. */
class Field {
  readonly of: TunableField
  readonly view: CaseView
  readonly #baseline: Settings
  readonly #settings = new Map<SettingValue, Settings>()

  constructor(of: TunableField, baseline: Settings, view: CaseView) {
    this.of = of
    this.#baseline = baseline
    this.view = view
  }

  /** A table is made once: what replay reads of it is remembered by its identity. */
  settings(value: SettingValue): Settings {
    let settings = this.#settings.get(value)
    if (!settings) {
      settings = { ...this.#baseline, [this.of.path]: value }
      this.#settings.set(value, settings)
    }
    return settings
  }

  isKnown(): boolean {
    return this.view.rendered(0, this.#baseline) !== null
  }

  reach(cases: number): Replayability {
    const { values, baseline } = this.of
    const speaks = (i: number, value: SettingValue): boolean => {
      const rendered = this.view.rendered(i, this.settings(value))
      return rendered !== null && !('unreplayable' in rendered)
    }
    return typeof baseline === 'number'
      ? new RangeReach(values as readonly number[], values.indexOf(baseline), cases, speaks)
      : new ChoiceReach(values, baseline, cases, speaks)
  }
}
