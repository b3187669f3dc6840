/** Files that a command writes for a person: never over one that is there. */
import { writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
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

/** Writes a new file into a folder, and says its path. */
export function put(dir: string, name: string, text: string): string {
  const file = join(dir, name)
  writeNew(file, text)
  return file
}

/** The example names its JSON Schema relative to itself; from another folder the way there is another one. */
export function withSchema(text: string, dir: string): string {
  const folder = relative(resolve(dir), fileURLToPath(new URL('../../schemas/json/', import.meta.url)))
  return text.replace(/"\$schema": "[^"]*\/([^"/]+)"/, (_, name: string) => `"$schema": "${join(folder, name)}"`)
}
