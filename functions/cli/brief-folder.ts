/** The folder of a brief: it appears whole, in place of an earlier brief that nobody touched and of nothing else. */
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { atPath } from '#adapters/local/files/at-path.ts'
import { makeFolder } from '#adapters/local/files/make-folder.ts'
import { PRIVATE_FILE, PRIVATE_FOLDER } from '#adapters/local/files/private.ts'
import { removeFolder } from '#adapters/local/files/remove-folder.ts'
import { digestOfBytes } from '#core/canonical.ts'
import { BriefManifest } from '#schemas/agent.ts'
import { UserError } from '../errors.ts'
import { type BriefFile, MANIFEST } from '../steps/agent/brief.ts'
import { jsonOf } from '../streams/read-object.ts'
import { liesIn } from './place.ts'

/** Throws UserError where a folder lies in a store, or holds what no brief wrote. `store`: its folder; null: it has none. */
export function needBriefPlace(dir: string, store: string | null): void {
  if (store !== null && liesIn(dir, store))
    throw new UserError(
      `${dir} lies in the store: a brief is for somebody who does not read that. Choose another --out`,
    )
  const foreign = foreignIn(dir)
  if (foreign !== null) throw new UserError(`${foreign}: nothing was written. Choose another --out, or move it away`)
}

/** Why a folder is not a brief as it was written; null: it is one, or there is nothing. */
function foreignIn(dir: string): string | null {
  const stat = lstatSync(dir, { throwIfNoEntry: false })
  if (!stat) return null
  if (!stat.isDirectory()) return `${dir} is there already and is no folder`
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true })
  if (entries.length === 0) return null
  const written = BriefManifest.safeParse(jsonOf(textOf(join(dir, MANIFEST)) ?? ''))
  if (!written.success) return `${dir} is there already, and no brief`
  const files = new Map(Object.entries(written.data.files))
  for (const entry of entries) {
    const path = relative(dir, join(entry.parentPath, entry.name)).split(sep).join('/')
    if (entry.isDirectory() ? path === 'cases' : path === MANIFEST) continue
    const text = entry.isFile() ? textOf(join(dir, path)) : null
    const digest = text === null ? null : digestOfBytes(text)
    if (digest === null || files.get(path) !== digest) return `${join(dir, path)} is not as a brief wrote it`
  }
  return null
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return null
  }
}

/** Writes the files beside the folder, then puts them in its place. What a killed one left beside it goes first. */
export async function writeBrief<R>(dir: string, files: AsyncGenerator<BriefFile, R>): Promise<R> {
  const place = resolve(dir)
  const parent = dirname(place)
  const unfinished = `.${basename(place)}.unfinished-`
  makeFolder(parent)
  for (const name of readdirSync(parent).filter((one) => one.startsWith(unfinished))) removeFolder(join(parent, name))
  const made = mkdtempSync(join(parent, unfinished))
  try {
    mkdirSync(join(made, 'new', 'cases'), { recursive: true, mode: PRIVATE_FOLDER })
    for (;;) {
      const step = await files.next()
      if (step.done) {
        if (lstatSync(place, { throwIfNoEntry: false })) renameSync(place, join(made, 'old'))
        renameSync(join(made, 'new'), place)
        return step.value
      }
      const { path, text } = step.value
      atPath(join(place, path), () => writeFileSync(join(made, 'new', path), text, { flag: 'wx', mode: PRIVATE_FILE }))
    }
  } finally {
    removeFolder(made)
  }
}
