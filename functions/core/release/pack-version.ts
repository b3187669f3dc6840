/** The next version of a pack, built from an approved patch. Published versions stay as they are. */
import type { Patch } from '#schemas/common.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { TunableSurface } from '#schemas/surface.ts'
import type { CountTokens } from '../space/prompt/tokens.ts'
import { patchedPack } from '../space/scope.ts'
import { boundedChange } from '../space/validate.ts'
import { refName, refVersion } from './ref.ts'

interface Version {
  readonly name: string
  readonly major: number
  readonly minor: number
}

function versionOf(ref: string): Version {
  const [major, minor] = refVersion(ref).split('.')
  return { name: refName(ref), major: Number(major), minor: Number(minor) }
}

/**
 * The patched pack under the next free minor version, or every reason why the patch cannot be applied. Bounds, surface,
 * intent and `from` values are checked again here: what was approved must still be a bounded change of this very pack.
 * A semantic change bumps the version and a published ref never changes (upstream, context pack); patches stay compatible,
 * so it is the minor one.
 * @param published every ref that exists already; the result is above all of the same name and major version
 */
export function nextPackVersion(
  pack: ContextPack,
  patch: Patch,
  intent: string,
  published: readonly string[],
  count: CountTokens,
): { readonly pack: ContextPack } | { readonly refused: readonly string[] } {
  const bounded = boundedChange({ patch: { ...patch } }, pack, intent, Object.keys(patch), count)
  if ('problems' in bounded) return { refused: bounded.problems }
  return { pack: { ...releasedPack(pack, patch), pack: nextMinor(pack.pack, published) } }
}

/** A pack as a released patch leaves it, under its own name still. */
export const releasedPack = (pack: ContextPack, patch: Patch): ContextPack => ({
  ...patchedPack(pack, patch),
  tunable_surfaces: pack.tunable_surfaces.map((surface) => growing(surface, pack, patch)),
})

/** The surface of a prompt block that changes remembers from which version on its growth is counted. */
function growing(surface: TunableSurface, pack: ContextPack, patch: Patch): TunableSurface {
  const from = patch[surface.path]?.from
  if (surface.layer !== 'prompt' || surface.bounds.grown_since || typeof from !== 'string') return surface
  return { ...surface, bounds: { ...surface.bounds, grown_since: { pack: pack.pack, text: from } } }
}

/** The next minor version that is above all of the same name and major version. */
export function nextMinor(ref: string, published: readonly string[]): string {
  const own = versionOf(ref)
  const taken = published.map(versionOf).filter((v) => v.name === own.name && v.major === own.major)
  return `${own.name}@${own.major}.${Math.max(own.minor, ...taken.map((v) => v.minor)) + 1}.0`
}
