/** Objects as files below one folder: a key is a path, and a store may be copied, diffed and read with any tool. */
import {
  closeSync,
  createReadStream,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { digestOfBytes } from '#core/canonical.ts'
import type { ObjectStore } from '#ports'
import { UserError } from '../../../errors.ts'
import { digested, isVersion, onePiece } from '../../port-rules/content.ts'
import { checkKey, splitPrefix } from '../../port-rules/object-key.ts'
import { createFile, replaceFile, SHORT_BYTES } from './atomic-write.ts'
import { fileInTheWay, isMissing, SafeFolder } from './safe-folder.ts'
import { walk } from './walk.ts'

interface FileStoreOptions {
  /**
   * Wait with every write until it is on the disk. Without it a write is still whole or absent after a kill, and may
   * only be lost or, on some file systems, empty after a power cut: for bulk imports, which can be repeated.
   *
   * @default true
   */
  readonly durable?: boolean
}

/**
 * The object store over a folder, made with the first write. Where S3 may hold both `a` and `a/b`, a file system
 * cannot: the second of the two is refused. No symbolic link below the root is followed.
 *
 * @param root the folder; the one path here that may be a link
 * @returns a store that throws RangeError for a key that no adapter takes, UserError for what the user can repair (a
 *   link, a file in the way of a folder), and the file system's error otherwise (no space, no permission)
 */
export function fileStore(root: string, { durable = true }: FileStoreOptions = {}): ObjectStore {
  const whole = resolve(root)
  const folder = new SafeFolder(whole, durable)
  const read = async (key: string): Promise<Uint8Array | null> => {
    checkKey(key)
    const path = await folder.find(key)
    return path === null ? null : readWhole(path)
  }
  return {
    async get(key, version) {
      const bytes = await read(key)
      return bytes !== null && isVersion(bytes, version) ? bytes : null
    },
    async read(key, version) {
      if (version !== undefined) {
        const bytes = await this.get(key, version)
        return bytes && onePiece(bytes)
      }
      checkKey(key)
      const path = await folder.find(key)
      return path !== null && statOrNull(path)?.isFile() ? pieces(path) : null
    },
    async readRange(key, start, length) {
      checkKey(key)
      const path = await folder.find(key)
      return path !== null && statOrNull(path)?.isFile() ? readPart(path, start, length) : null
    },
    async put(key, bytes) {
      checkKey(key)
      const seen = digested(bytes)
      const path = await folder.forWriting(key)
      await replaceFile(whole, path, seen.content, durable).catch((error) => inTheWay(path, error))
      return seen.digest()
    },
    async putIfAbsent(key, bytes) {
      checkKey(key)
      const path = await folder.forWriting(key)
      const created = await createFile(whole, path, bytes, durable).catch((error) => inTheWay(path, error))
      if (!created && isFolder(path)) throw folderInTheWay(path)
      return created
    },
    async versionOf(key) {
      const bytes = await read(key)
      return bytes && digestOfBytes(bytes)
    },
    async *list(prefix) {
      const { folder: within, start } = splitPrefix(prefix)
      yield* walk(folder, within, start)
    },
    async delete(key) {
      checkKey(key)
      const path = await folder.find(key)
      if (path !== null && !isFolder(path)) rmSync(path, { force: true })
    },
  }
}

const PIECE_BYTES = 256 * 1024

/** Bytes of a file; null when it is gone or is none: a folder is a beginning of keys, not a key. */
async function readWhole(path: string): Promise<Uint8Array | null> {
  const found = statOrNull(path)
  if (!found?.isFile()) return null
  try {
    const { buffer, byteOffset, byteLength } = found.size <= SHORT_BYTES ? readFileSync(path) : await readFile(path)
    return new Uint8Array(buffer, byteOffset, byteLength)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** Bytes of a file from a position on; fewer where it ends before. */
function readPart(path: string, start: number, length: number): Uint8Array {
  const file = openSync(path, 'r')
  try {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, fstatSync(file).size - start)))
    let read = 0
    for (let more = 1; more > 0 && read < bytes.length; read += more)
      more = readSync(file, bytes, read, bytes.length - read, start + read)
    return bytes.subarray(0, read)
  } finally {
    closeSync(file)
  }
}

/** A file that is read piece by piece; a short one at once. */
async function* pieces(path: string): AsyncGenerator<Uint8Array> {
  if (statSync(path).size > SHORT_BYTES) yield* createReadStream(path, { highWaterMark: PIECE_BYTES })
  else yield readFileSync(path)
}

const statOrNull = (path: string): Stats | null => {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

const isFolder = (path: string): boolean => statOrNull(path)?.isDirectory() ?? false

const folderInTheWay = (path: string): UserError =>
  new UserError(`${path} is a folder where the store needs a file. Move it away`)

/** Says what stood where a file was to be written, if that is why it failed. */
function inTheWay(path: string, error: NodeJS.ErrnoException): never {
  if (error.code === 'ENOTDIR') throw fileInTheWay(dirname(path))
  if (isFolder(path)) throw folderInTheWay(path)
  throw error
}
