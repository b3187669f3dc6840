/** Looks for bytes in an object, piece by piece: it is never held whole. */
import type { ObjectStore } from '../ports.ts'

/** Does an object hold any of these? Where it is not there, it holds none. */
export async function holdsAny(
  objects: Pick<ObjectStore, 'read'>,
  key: string,
  needles: readonly Buffer[],
): Promise<boolean> {
  const overlap = Math.max(0, ...needles.map(({ length }) => length - 1))
  let before = Buffer.alloc(0)
  for await (const piece of (await objects.read(key)) ?? []) {
    const seen = Buffer.concat([before, piece])
    if (needles.some((needle) => seen.includes(needle))) return true
    before = seen.subarray(Math.max(0, seen.length - overlap))
  }
  return false
}
