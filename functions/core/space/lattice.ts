/** The declared search space of a run: which fields may take which values, and every bounded change of them. */
import type { CandidateChange } from '#schemas/candidate.ts'
import type { Patch, SettingValue } from '#schemas/common.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { TunableSurface } from '#schemas/surface.ts'
import { byCodeUnit, digestOf } from '../canonical.ts'

/** One tunable field: its surface, its baseline value and the values it may take, in order. */
export interface TunableField {
  readonly surface: TunableSurface
  readonly path: string
  readonly baseline: SettingValue
  readonly values: readonly SettingValue[]
}

/**
 * Fields of a search space in path order. A prompt block has no lattice: only hand-written changes reach it.
 * Throws RangeError on a path with no surface, or one that is not open to the intent.
 */
export function tunableFields(pack: ContextPack, intent: string, paths: readonly string[]): TunableField[] {
  return [...new Set(paths)].sort(byCodeUnit).map((path) => {
    const surface = pack.tunable_surfaces.find((s) => s.path === path)
    if (!surface)
      throw new RangeError(
        `"${path}" has no tunable surface in ${pack.pack}; declared: ${pack.tunable_surfaces.map((s) => s.path).join(', ') || 'none'}`,
      )
    if (!surface.intents.includes(intent))
      throw new RangeError(`"${path}" is not open to intent "${intent}"; it is open to ${surface.intents.join(', ')}`)
    return { surface, path, baseline: pack.settings[path]!, values: valuesOf(surface) }
  })
}

/** Values that a surface admits, in declared order; none for a prompt block. */
export function valuesOf(surface: TunableSurface): SettingValue[] {
  switch (surface.layer) {
    case 'retrieval':
      return surface.bounds.allowed ? [...surface.bounds.allowed] : range(surface.bounds.min!, surface.bounds.max!, 1)
    case 'context_budget':
    case 'approval_gate':
      return range(surface.bounds.min, surface.bounds.max, surface.bounds.step)
    case 'planner':
      return [...surface.bounds.allowed]
    case 'prompt':
      return []
  }
}

/** Most values that one field may take. */
export const MAX_VALUES = 100_000

/** How many values a surface admits, without listing them. */
export function valueCount({ bounds }: TunableSurface): number {
  if ('allowed' in bounds && bounds.allowed) return bounds.allowed.length
  if (!('min' in bounds)) return 0
  return stepsOf(bounds.min!, bounds.max!, 'step' in bounds ? bounds.step : 1)
}

const stepsOf = (min: number, max: number, step: number): number => Math.floor((max - min) / step + 1e-9) + 1

/** min, min+step, ... up to max, computed from the index so that .1 steps do not drift. */
function range(min: number, max: number, step: number): number[] {
  return Array.from({ length: stepsOf(min, max, step) }, (_, i) => Number((min + i * step).toPrecision(12)))
}

/** Number of points of the lattice, baseline included. */
export const latticeSize = (fields: readonly TunableField[]): number =>
  fields.reduce((size, f) => size * Math.max(1, f.values.length), 1)

/** The patch of one lattice point by its number, 0 to size-1; empty for the baseline. */
export function patchAt(fields: readonly TunableField[], point: number): Patch {
  const changes: [string, { from: SettingValue; to: SettingValue }][] = []
  let rest = point
  for (const { path, baseline, values } of fields.toReversed()) {
    if (values.length === 0) continue
    const to = values[rest % values.length]!
    rest = Math.floor(rest / values.length)
    if (to !== baseline) changes.push([path, { from: baseline, to }])
  }
  return Object.fromEntries(changes.reverse())
}

/** Every point of the lattice but the baseline, as patches, in a fixed order. */
export function* latticePatches(fields: readonly TunableField[]): Generator<Patch> {
  const size = latticeSize(fields)
  for (let point = 0; point < size; point++) {
    const patch = patchAt(fields, point)
    if (Object.keys(patch).length > 0) yield patch
  }
}

/** Patches of at most `most` changed fields, in a fixed order. */
export function* patchesWithin(fields: readonly TunableField[], most: number, from = 0): Generator<Patch> {
  if (most === 0) return
  for (let i = from; i < fields.length; i++) {
    const { path, baseline, values } = fields[i]!
    for (const to of values) {
      if (to === baseline) continue
      yield { [path]: { from: baseline, to } }
      for (const rest of patchesWithin(fields, most - 1, i + 1)) yield { [path]: { from: baseline, to }, ...rest }
    }
  }
}

/** How many patches `patchesWithin` yields, without making them. */
export function reachableSize(fields: readonly TunableField[], most: number): number {
  // ways[k]: patches of exactly k changed fields among those seen so far.
  const ways = [1, ...Array.from({ length: most }, () => 0)]
  for (const { values } of fields) {
    const others = Math.max(0, values.length - 1)
    for (let k = most; k > 0; k--) ways[k]! += ways[k - 1]! * others
  }
  return ways.reduce((a, b) => a + b, 0) - 1
}

/** Digest that names a patch wherever it is compared. */
export const patchDigest = (patch: Patch): string => digestOf(patch)

/** A searched patch as a candidate: id from its digest, layer of its first field. */
export function asCandidate(patch: Patch, pack: ContextPack, rationale: string): CandidateChange {
  const first = Object.keys(patch).sort(byCodeUnit)[0]!
  const layer = pack.tunable_surfaces.find((s) => s.path === first)!.layer
  return { candidate_id: `c_${patchDigest(patch).slice(7, 19)}`, layer, patch, rationale }
}
