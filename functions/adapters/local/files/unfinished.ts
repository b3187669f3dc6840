/** Files that are not finished, or that nobody else is to find: all lie in the root of a side of the store, named by who writes them. */
import { randomBytes } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { TEMP_PREFIX } from '../../port-rules/object-key.ts'
import { thisProcess } from '../holder.ts'
import { isMissing } from './safe-folder.ts'

let writer: string | null = null
let made = 0

/** A name in a folder that nobody else makes. */
export function unfinishedName(folder: string): string {
  // Threads of one process share its name; the random part they do not share.
  writer ??= `${TEMP_PREFIX}${Buffer.from(thisProcess().name).toString('hex')}-${randomBytes(6).toString('hex')}-`
  return join(folder, `${writer}${made++}`)
}

/** Removes what processes left in a folder that were killed; how many files. What a living process writes stays. */
export function clearUnfinished(folder: string): number {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch (error) {
    if (isMissing(error)) return 0
    throw error
  }
  const me = thisProcess()
  const left = names.filter((name) => {
    const by = new RegExp(`^${TEMP_PREFIX.replace('.', '\\.')}([0-9a-f]+)-`).exec(name)?.[1]
    return by !== undefined && me.isAlive(Buffer.from(by, 'hex').toString()) === false
  })
  for (const name of left) rmSync(join(folder, name), { force: true })
  return left.length
}
