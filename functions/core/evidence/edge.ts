/** Is a proposed value the last of which the records can speak, or the last that its surface allows? */
import type { CandidateScore } from '#schemas/candidate.ts'
import type { Patch, SettingValue } from '#schemas/common.ts'
import type { TunableSurface } from '#schemas/surface.ts'
import { canonical } from '../canonical.ts'
import { scopeOf } from '../space/scope.ts'

/** A sentence on the first such value of a patch; null: there is none. */
export function edgeOf(
  patch: Patch,
  candidates: readonly CandidateScore[],
  surfaces: readonly TunableSurface[],
): string | null {
  for (const [path, { from, to }] of Object.entries(patch)) {
    if (typeof from !== 'number' || typeof to !== 'number') continue
    const next = candidates
      .filter((c) => isBeyond(patch, c.patch, path))
      .toSorted((a, b) => Math.abs(numberAt(a, path) - to) - Math.abs(numberAt(b, path) - to))[0]
    if (next?.fate === 'unreplayable')
      return `${path} ${to} is the last value of which the recorded cases can speak: ${numberAt(next, path)} cannot be replayed.`
    if (!next && atBound(path, to > from ? 'max' : 'min', to, surfaces))
      return `${path} ${to} is the last value that its surface allows: what lies beyond was not looked at.`
  }
  return null
}

const numberAt = ({ patch }: CandidateScore, path: string): number => patch[path]!.to as number

/** The same change but for one path, which goes further in the same direction. */
function isBeyond(patch: Patch, other: Patch, path: string): boolean {
  const { from, to } = patch[path] as { from: number; to: number }
  const value = other[path]?.to
  if (canonical(scopeOf(other)) !== canonical(scopeOf(patch))) return false
  if (typeof value !== 'number' || Object.keys(other).length !== Object.keys(patch).length) return false
  const isSame = ([key, at]: [string, { to: SettingValue }]) => key === path || other[key]?.to === at.to
  return Object.entries(patch).every(isSame) && (to > from ? value > to : value < to)
}

function atBound(path: string, end: 'min' | 'max', value: number, surfaces: readonly TunableSurface[]): boolean {
  const bounds = surfaces.find((s) => s.path === path)?.bounds as { min?: number; max?: number } | undefined
  return bounds?.[end] === value
}
