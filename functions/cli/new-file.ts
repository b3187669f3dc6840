/** Files that a command writes for a person: never over one that is there. */
import { writeFileSync } from 'node:fs'
import { UserError } from '../errors.ts'

/** Throws UserError where something has that name already. */
export function writeNew(file: string, text: string, mode?: number, option = '--out'): void {
  try {
    writeFileSync(file, text, { flag: 'wx', mode })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new UserError(`${file} is there already: nothing was written. Choose another ${option}`)
  }
}
