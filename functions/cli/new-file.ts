/** Files that a command writes for a person: never over one that is there, but for a word that is signed into a document. */
import { realpathSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { namingPath } from '#adapters/local/files/at-path.ts'
import { replaceFile } from '#adapters/local/files/atomic-write.ts'
import { UserError } from '../errors.ts'

/** Throws UserError where something has that name already. */
export function writeNew(file: string, text: string, mode?: number, option = '--out'): void {
  try {
    writeFileSync(file, text, { flag: 'wx', mode })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw namingPath(error, file)
    throw new UserError(`${file} is there already: nothing was written. Choose another ${option}`)
  }
}

/** A document with a person's word in it, in the place of the one without: whole or not at all, where links lead, as open as it was. */
export async function writeSigned(file: string, document: unknown): Promise<void> {
  const place = realpathSync(file)
  const text = `${JSON.stringify(document, null, 2)}\n`
  await replaceFile(dirname(place), place, Buffer.from(text), true, statSync(place).mode & 0o777)
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
