/** What a target asks for and lets change, for an agent outside. */
import { tunableFields, valueCount, valuesOf } from '#core/space/lattice.ts'
import type { SurfaceTold, TargetTold } from '#schemas/agent.ts'
import type { ContextPack } from '#schemas/pack.ts'
import { SURFACE_FIELDS } from '#schemas/surface-fields.ts'
import type { TuningTarget } from '#schemas/target.ts'
import type { AnsweredContract } from '../run/contract.ts'

/** Values that are listed of one field. */
const MOST_LISTED = 100

/** What is asked for, with every surface of the intent; those outside the search space are named as such. */
export function targetTold(target: TuningTarget, { pack, resolved }: AnsweredContract): TargetTold {
  const { intent, metric, direction, search_space } = resolved
  const open = new Set(tunableFields(pack, intent, search_space).map(({ path }) => path))
  return {
    intent,
    pack: pack.pack,
    metric,
    direction,
    guardrails: target.guardrails!,
    blast_radius: { max_fields: resolved.max_fields, max_decision: resolved.max_decision },
    surfaces: surfacesOf(pack, intent, open),
  }
}

const surfacesOf = (pack: ContextPack, intent: string, open: ReadonlySet<string>): SurfaceTold[] =>
  pack.tunable_surfaces
    .filter(({ intents }) => intents.includes(intent))
    .map((surface) => ({
      path: surface.path,
      layer: surface.layer,
      field: surface.field,
      baseline: pack.settings[surface.path]!,
      bounds: surface.bounds as SurfaceTold['bounds'],
      values: surface.layer === 'prompt' || valueCount(surface) > MOST_LISTED ? null : valuesOf(surface),
      in_search_space: open.has(surface.path),
      replayed_by: SURFACE_FIELDS[surface.field].trims ? ('trimming' as const) : ('another_recording' as const),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
