/** Where a path really is: what is written for others lies in no store, and no private key does. */
import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'

/** Is a path a store, or in it, whatever links lead there? Either may not be there yet. */
export function isInStore(path: string, store: string): boolean {
  const way = relative(realPlace(store), realPlace(path))
  // On another drive there is no way, but a whole path.
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** Where a path really is, as far as it is there. */
function realPlace(path: string): string {
  const place = resolve(path)
  if (existsSync(place)) return realpathSync(place)
  return place === dirname(place) ? place : join(realPlace(dirname(place)), basename(place))
}
