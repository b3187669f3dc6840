/** Which settings a search tried, at which values, and what each value alone did to the metric. */
import type { CandidateScore, Fate } from '#schemas/candidate.ts'
import type { SettingValue } from '#schemas/common.ts'
import { byCodeUnit } from '../canonical.ts'
import { scopeOf } from '../space/scope.ts'

/** One value of a setting. */
interface TriedValue {
  readonly value: SettingValue
  /** Candidates with this value. */
  readonly candidates: number
  /** Mean of the metric over those with a known one: the main effect; null: none is known. */
  readonly mean: number | null
  /** The candidate that changes this setting to it and nothing else; null: there is none. */
  readonly alone: { readonly candidate_id: string; readonly metric: number | null; readonly fate: Fate } | null
}

/** A setting that candidates change; its values in their order, the baseline's among them. */
export interface TriedSetting {
  readonly path: string
  readonly baseline: SettingValue
  readonly values: readonly TriedValue[]
}

/** A setting's values in order: numbers by size, the rest by name. */
const inOrder = (a: SettingValue, b: SettingValue): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : byCodeUnit(String(a), String(b))

/** Settings in the order of how many candidates change them. */
export function settingsTried(all: readonly CandidateScore[], baselineMetric: number | null): TriedSetting[] {
  // A value that some cases have is no point on the axis of what all have.
  const candidates = all.filter(({ patch }) => scopeOf(patch) === null)
  const from = new Map<string, SettingValue>()
  for (const { patch } of candidates) for (const [path, change] of Object.entries(patch)) from.set(path, change.from)
  const settings = [...from].map(([path, baseline]): TriedSetting & { readonly changed: number } => {
    const settingOf = ({ patch }: CandidateScore): SettingValue => patch[path]?.to ?? baseline
    const by = Map.groupBy(candidates, settingOf)
    if (!by.has(baseline)) by.set(baseline, [])
    const values = [...by]
      .sort(([a], [b]) => inOrder(a, b))
      .map(([value, tried]): TriedValue => {
        const metrics = tried.flatMap((c) => (c.metric === null ? [] : [c.metric]))
        if (value === baseline && baselineMetric !== null) metrics.push(baselineMetric)
        const alone = tried.find((c) => c.patch[path] !== undefined && Object.keys(c.patch).length === 1)
        return {
          value,
          candidates: tried.length,
          mean: metrics.length === 0 ? null : metrics.reduce((a, b) => a + b, 0) / metrics.length,
          alone: alone ? { candidate_id: alone.candidate_id, metric: alone.metric, fate: alone.fate } : null,
        }
      })
    return { path, baseline, values, changed: candidates.filter((c) => c.patch[path] !== undefined).length }
  })
  return settings
    .sort((a, b) => b.changed - a.changed || byCodeUnit(a.path, b.path))
    .map(({ changed: _, ...setting }) => setting)
}

/** Every candidate that changes no setting but these two, by both values; the baseline's own point is there too. */
export interface SettingGrid {
  readonly across: string
  readonly down: string
  readonly columns: readonly SettingValue[]
  readonly rows: readonly SettingValue[]
  /** Row by row; null: nobody tried it. `fate` null: the baseline. */
  readonly cells: readonly (readonly (GridCell | null)[])[]
}

interface GridCell {
  readonly candidate_id: string | null
  readonly metric: number | null
  readonly fate: Fate | null
}

/** Most values of a side of a grid that can be read. */
const MOST_VALUES = 16

/** The grid of the two settings that most candidates change alone or together; null: fewer than two, or too many values. */
export function settingGrid(
  settings: readonly TriedSetting[],
  candidates: readonly CandidateScore[],
  baselineMetric: number | null,
): SettingGrid | null {
  const fit = settings.filter((s) => s.values.length <= MOST_VALUES)
  const pairs = fit.flatMap((a, i) => fit.slice(i + 1).map((b) => [a, b] as const))
  const inside = (a: TriedSetting, b: TriedSetting) => (c: CandidateScore) =>
    Object.keys(c.patch).every((path) => path === a.path || path === b.path)
  const known = pairs.map(([a, b]) => candidates.filter((c) => c.metric !== null && inside(a, b)(c)).length)
  const best = known.indexOf(Math.max(...known))
  if (best < 0) return null
  const pair = pairs[best]!
  const [across, down] = pair[0].values.length >= pair[1].values.length ? pair : [pair[1], pair[0]]
  const point = (a: SettingValue, b: SettingValue) => JSON.stringify([a, b])
  const at = new Map(
    candidates
      .filter(inside(across, down))
      .map((c) => [
        point(c.patch[across.path]?.to ?? across.baseline, c.patch[down.path]?.to ?? down.baseline),
        { candidate_id: c.candidate_id, metric: c.metric, fate: c.fate } as GridCell,
      ]),
  )
  at.set(point(across.baseline, down.baseline), { candidate_id: null, metric: baselineMetric, fate: null })
  const columns = across.values.map((v) => v.value)
  const rows = down.values.map((v) => v.value)
  return {
    across: across.path,
    down: down.path,
    columns,
    rows,
    cells: rows.map((b) => columns.map((a) => at.get(point(a, b)) ?? null)),
  }
}
