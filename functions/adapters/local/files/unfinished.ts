/** Files that are not finished, or that nobody else is to find: all lie in the root of a side of the store, named by who writes them. */
import { randomBytes } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { TEMP_PREFIX } from '../../port-rules/object-key.ts'
import { thisProcess } from '../holder.ts'
import { isMissing } from './safe-folder.ts'

const me = thisProcess()
/** Threads of one process share its name; the random part they do not share. */
const WRITER = `${TEMP_PREFIX}${Buffer.from(me.name).toString('hex')}-${randomBytes(6).toString('hex')}-`
let made = 0

/** A name in a folder that nobody else makes. */
export const unfinishedName = (folder: string): string => join(folder, `${WRITER}${made++}`)

/** Removes what processes left in a folder that were killed; how many files. What a living process writes stays. */
export function clearUnfinished(folder: string): number {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch (error) {
    if (isMissing(error)) return 0
    throw error
  }
  const left = names.filter((name) => {
    const writer = new RegExp(`^${TEMP_PREFIX.replace('.', '\\.')}([0-9a-f]+)-`).exec(name)?.[1]
    return writer !== undefined && me.isAlive(Buffer.from(writer, 'hex').toString()) === false
  })
  for (const name of left) rmSync(join(folder, name), { force: true })
  return left.length
}
