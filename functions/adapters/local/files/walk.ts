/** Keys of the files below a folder, in key order, reading one folder at a time. */
import { type Dirent, readdirSync } from 'node:fs'
import { checkKey, TEMP_PREFIX } from '../../port-rules/object-key.ts'
import { isMissing, linkRefused, type SafeFolder } from './safe-folder.ts'

/**
 * Walks depth first: a folder counts as its name with `/`, so that names in it sort among its neighbours as whole keys
 * do (`a-b` before `a/b`). Memory holds the names of the folders on the way, not of the whole tree. Files written or
 * removed meanwhile may or may not be seen.
 *
 * @param folder `''` or a checked path with a last `/`
 * @param start what names directly in `folder` must begin with
 * @throws UserError at a symbolic link
 */
export async function* walk(root: SafeFolder, folder: string, start: string): AsyncGenerator<string, void, undefined> {
  const ahead = await below(root, folder, start)
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop())
    if (next.endsWith('/')) for (const key of await below(root, next, '')) ahead.push(key)
    else yield next
}

/** Keys and folders directly in a folder, the last one first. Names that cannot be a key are no objects. */
async function below(root: SafeFolder, folder: string, start: string): Promise<string[]> {
  const path = await root.find(folder)
  if (path === null) return []
  const names: string[] = []
  for (const entry of readFolder(path)) {
    if (!entry.name.startsWith(start) || entry.name.startsWith(TEMP_PREFIX) || !isKey(folder + entry.name)) continue
    if (entry.isSymbolicLink()) throw linkRefused(`${path}/${entry.name}`)
    if (entry.isDirectory()) names.push(`${entry.name}/`)
    else if (entry.isFile()) names.push(entry.name)
  }
  return names
    .sort()
    .reverse()
    .map((name) => folder + name)
}

function isKey(key: string): boolean {
  try {
    checkKey(key)
    return true
  } catch {
    return false
  }
}

/** Entries of a folder; none when it went away or became a file. */
function readFolder(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}
