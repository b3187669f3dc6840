/**
 * Paths below a root that really are below it. Links are not followed, not even to another place in the store: whoever
 * may read one folder would otherwise read whatever a link in it names.
 */
import { mkdir, realpath, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { UserError } from '../../../errors.ts'
import { syncFolder } from './atomic-write.ts'

/** Is this error the file system's way to say that there is nothing at a path? */
export const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException)?.code ?? '')

/** The refusal of a symbolic link, or of a name that the disk spells otherwise. */
export const linkRefused = (path: string): UserError =>
  new UserError(`${path} is, or lies behind, a symbolic link: a store follows none. Put what it points to in its place`)

/** A root folder, resolved once; it may itself be a link, and may not exist yet. */
export class SafeFolder {
  readonly #root: string
  readonly #durable: boolean
  #real: string | null = null

  constructor(root: string, durable: boolean) {
    this.#root = resolve(root)
    this.#durable = durable
  }

  /**
   * The real path of a checked key, or of a folder (`''` is the root, `a/b/` a folder in it); null when nothing is
   * there.
   *
   * @throws UserError when a link is on the way, or when the root is no folder
   */
  async find(key: string): Promise<string | null> {
    const root = await this.#realRoot()
    if (root === null) return null
    const path = join(root, key.endsWith('/') ? key.slice(0, -1) : key)
    const real = await realpath(path).catch(nullWhenMissing)
    if (real !== null && real !== path) throw linkRefused(path)
    return real
  }

  /**
   * The path to write a checked key to; its folder is made where it is missing.
   *
   * @throws UserError when a link is on the way, or a file stands where a folder is needed
   */
  async forWriting(key: string): Promise<string> {
    const name = key.lastIndexOf('/') + 1
    return join(await this.#folder(key.slice(0, name)), key.slice(name))
  }

  async #folder(folder: string): Promise<string> {
    const found = await this.find(folder)
    if (found !== null) return found
    if (folder === '') {
      await mkdir(this.#root, { recursive: true })
      if (this.#durable) await syncFolder(dirname(this.#root))
    } else {
      const name = folder.lastIndexOf('/', folder.length - 2) + 1
      const parent = await this.#folder(folder.slice(0, name))
      await mkdir(join(parent, folder.slice(name, -1))).catch((error) => folderRefused(error, parent))
      if (this.#durable) await syncFolder(parent)
    }
    const made = await this.find(folder)
    if (made === null) throw linkRefused(join(this.#root, folder))
    return made
  }

  async #realRoot(): Promise<string | null> {
    if (this.#real !== null) return this.#real
    const real = await realpath(this.#root).catch(nullWhenMissing)
    if (real === null) return null
    if (!(await stat(real)).isDirectory()) throw new UserError(`${this.#root} is no folder. Name another store`)
    this.#real = real
    return real
  }
}

function nullWhenMissing(error: unknown): null {
  if (isMissing(error)) return null
  throw error
}

/** Somebody else may have made the folder in the meantime; anything but that is passed on. */
function folderRefused(error: NodeJS.ErrnoException, parent: string): void {
  if (error.code === 'ENOTDIR') throw new UserError(`${parent} is a file where the store needs a folder. Move it away`)
  if (error.code !== 'EEXIST') throw error
}
