/** Which cases no recording answers for: under each value that a surface could take, and under each hand-written change. */
import type { CandidateChange } from '#schemas/candidate.ts'
import type { Patch, SettingsTable, SettingValue } from '#schemas/common.ts'
import { type ReplayableFold, type ReplayableValues, replayableFold } from '../search/replayable-values.ts'
import { type CaseView, isReplayable } from '../search/replayer.ts'
import type { TunableField } from '../space/lattice.ts'
import { applyPatch } from '../space/scope.ts'

/** A change that somebody would have to record. `cases`: indices of those that no recording answers for. */
interface Lacking {
  readonly patch: Patch
  readonly cases: readonly number[]
}

/** What is recorded of a surface already; null: a prompt block, whose values nobody can list. */
export interface RecordedSurface {
  readonly path: string
  readonly values: number
  readonly recorded: ReplayableValues | null
}

interface Looked {
  /** Values of surfaces, and hand-written changes, in their order; those that every case answers for have no cases. */
  readonly values: readonly Lacking[]
  readonly changes: readonly Lacking[]
  readonly surfaces: readonly RecordedSurface[]
}

/**
 * Looks at every case once. Of a range its ends are looked at: what was recorded there is trimmed to whatever lies between.
 * Every other surface is looked at value by value; a prompt block only as hand-written changes bring it.
 */
export function lookForLacking(
  cases: number,
  fields: readonly TunableField[],
  candidates: readonly Pick<CandidateChange, 'patch'>[],
  baseline: SettingsTable,
  view: CaseView,
): Looked {
  const surfaces = fields.map((field) => new SurfaceValues(field, baseline, view))
  const changes = candidates.map(({ patch }) => new Change(patch, baseline))
  for (let i = 0; i < cases; i++) {
    for (const surface of surfaces) surface.add(i)
    for (const change of changes) change.add(i, isReplayable(view.contextKey(i, change.settings)))
  }
  return {
    values: surfaces.flatMap((surface) => surface.ends),
    changes,
    surfaces: surfaces.map(({ row }) => row),
  }
}

/** A change while the cases pass. Its table is made once: what replay reads of it is remembered by its identity. */
class Change implements Lacking {
  readonly patch: Patch
  readonly settings: SettingsTable
  readonly cases: number[] = []

  constructor(patch: Patch, baseline: SettingsTable) {
    this.patch = patch
    this.settings = applyPatch(baseline, patch)
  }

  add(index: number, isRecorded: boolean): void {
    if (!isRecorded) this.cases.push(index)
  }
}

class SurfaceValues {
  readonly ends: readonly Change[]
  readonly #field: TunableField
  readonly #all: ReadonlyMap<SettingValue, Change>
  readonly #view: CaseView
  readonly #reach: ReplayableFold

  constructor(field: TunableField, baseline: SettingsTable, view: CaseView) {
    const { path, baseline: from, values } = field
    this.#field = field
    this.#view = view
    this.#reach = replayableFold(values, from)
    this.#all = new Map(values.map((to) => [to, new Change({ [path]: { from, to } }, baseline)]))
    const wanted = typeof from === 'number' ? [values[0], values.at(-1)] : values
    this.ends = [...new Set(wanted)].filter((to) => to !== undefined && to !== from).map((to) => this.#all.get(to!)!)
  }

  add(index: number): void {
    if (this.#all.size === 0) return
    const speaks = this.#reach.add((value) => this.#isRecorded(index, value))
    for (const end of this.ends) end.add(index, speaks(end.patch[this.#field.path]!.to))
  }

  get row(): RecordedSurface {
    const { path, values } = this.#field
    return { path, values: values.length, recorded: values.length === 0 ? null : this.#reach.replayable() }
  }

  #isRecorded(index: number, value: SettingValue): boolean {
    return isReplayable(this.#view.contextKey(index, this.#all.get(value)!.settings))
  }
}
