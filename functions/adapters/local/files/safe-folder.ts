/**
 * Paths below a root that really are below it. Links are not followed, not even to another place in the store: whoever
 * may read one folder would otherwise read whatever a link in it names.
 */
import { mkdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { UserError } from '../../../errors.ts'
import { makeFolder } from './make-folder.ts'
import { PRIVATE_FOLDER } from './private.ts'
import { syncFolder } from './sync.ts'

/** Is this error the file system's way to say that there is nothing at a path? */
export const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException)?.code ?? '')

/** The refusal of a symbolic link, or of a name that the disk spells otherwise. */
export const linkRefused = (path: string): UserError =>
  new UserError(`${path} is, or lies behind, a symbolic link: a store follows none. Put what it points to in its place`)

/** The refusal of a file where keys need a folder. */
export const fileInTheWay = (path: string): UserError =>
  new UserError(`${path} is a file where the store needs a folder. Move it away`)

/** After so many look-ups others get a turn: without it, a long loop over short calls starves timers and signals. */
const FINDS_PER_TURN = 64

/** A root folder, resolved once; it may itself be a link, and may not exist yet. */
export class SafeFolder {
  readonly #root: string
  readonly #durable: boolean
  #real: string | null = null
  /** Folders that are being looked for or made: who writes several files at once asks for theirs once. */
  readonly #underWay = new Map<string, Promise<string>>()
  #finds = 0

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
    if (++this.#finds % FINDS_PER_TURN === 0) await setImmediate()
    const root = this.#realRoot()
    if (root === null) return null
    const path = join(root, key.endsWith('/') ? key.slice(0, -1) : key)
    const real = realOrNull(path)
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

  #folder(folder: string): Promise<string> {
    const asked = this.#underWay.get(folder) ?? this.#foundOrMade(folder).finally(() => this.#underWay.delete(folder))
    this.#underWay.set(folder, asked)
    return asked
  }

  async #foundOrMade(folder: string): Promise<string> {
    const found = await this.find(folder)
    if (found !== null) return found
    if (folder === '') {
      makeFolder(this.#root, PRIVATE_FOLDER)
      if (this.#durable) await syncFolder(dirname(this.#root))
    } else {
      const name = folder.lastIndexOf('/', folder.length - 2) + 1
      const parent = await this.#folder(folder.slice(0, name))
      makeOne(join(parent, folder.slice(name, -1)))
      if (this.#durable) await syncFolder(parent)
    }
    const made = await this.find(folder)
    if (made === null) throw linkRefused(join(this.#root, folder))
    return made
  }

  #realRoot(): string | null {
    if (this.#real !== null) return this.#real
    const real = realOrNull(this.#root)
    if (real === null) return null
    if (!statSync(real).isDirectory()) throw new UserError(`${this.#root} is no folder. Name another store`)
    this.#real = real
    return real
  }
}

function realOrNull(path: string): string | null {
  try {
    return realpathSync.native(path)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** Somebody else may have made the folder in the meantime; anything but that is passed on. */
function makeOne(folder: string): void {
  try {
    mkdirSync(folder, { mode: PRIVATE_FOLDER })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTDIR') throw fileInTheWay(dirname(folder))
    if (code !== 'EEXIST') throw error
  }
}
