/** Where a path really is: what is written for somebody outside, and what signs, may not lie in a store. */
import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'

/** Does a path lie in a folder, or is it that folder, as it is spelled or where links lead? Neither need be there yet. */
export const liesIn = (path: string, folder: string): boolean =>
  isBelow(resolve(path), resolve(folder)) || reallyLiesIn(path, folder)

/** The same where links lead, however the path is spelled. */
export const reallyLiesIn = (path: string, folder: string): boolean => isBelow(realPlace(path), realPlace(folder))

function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** The path without links, as far as it is there. */
function realPlace(path: string): string {
  const place = resolve(path)
  if (existsSync(place)) return realpathSync(place)
  return place === dirname(place) ? place : join(realPlace(dirname(place)), basename(place))
}
