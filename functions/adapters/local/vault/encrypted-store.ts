/** The vault as an object store whose bytes are encrypted where they lie: names stay readable, contents do not. */
import type { Content, ObjectStore } from '#ports'
import { UserError } from '../../../errors.ts'
import { isWhole, onePiece, whole } from '../../port-rules/content.ts'
import { decrypted, decryptedRange, encrypted, FRAME_BYTES, looksEncrypted, NotThisObject } from './frames.ts'

/** Key of a vault, asked for when it is first needed; null: the vault is plain. Throws UserError when it is not to be had. */
export interface VaultKeys {
  forReading(): Uint8Array | null
  /** The first write to an empty vault decides whether it is encrypted. */
  forWriting(): Promise<Uint8Array | null>
}

/** Keys that sign links, releases and the journal lie in the folder of the vault, and are no objects of it. */
const SIGNING_KEY = /^[^/]+\.key$/

/**
 * Encrypts what is written and decrypts what is read. Versions are those of the encrypted bytes.
 *
 * @returns a store that throws what `inner` throws, and UserError for an object that was changed, cut, moved, or kept in a
 *   plain store though it is encrypted
 */
export function encryptedStore(inner: ObjectStore, keys: VaultKeys): ObjectStore {
  const sealed = async (name: string, content: Content): Promise<Content> => {
    const key = await keys.forWriting()
    if (key === null) return content
    if (!isWhole(content)) return encrypted(key, name, content)
    const text = encrypted(key, name, onePiece(Buffer.from(content)))
    // What is long would lie here a few times over, piece by piece and whole.
    return content.length > FRAME_BYTES ? text : await whole(text)
  }
  const opened = (name: string, kept: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> => {
    const key = keys.forReading()
    return naming(name, key === null ? plain(kept) : decrypted(key, name, kept))
  }
  return {
    async get(name, version) {
      const kept = await inner.get(name, version)
      if (kept === null || (keys.forReading() === null && !looksEncrypted(kept))) return kept
      return await whole(opened(name, onePiece(kept)))
    },
    async read(name, version) {
      const kept = await inner.read(name, version)
      return kept && opened(name, kept)
    },
    async readRange(name, start, length) {
      const key = keys.forReading()
      if (key === null) return await inner.readRange(name, start, length)
      return await decryptedRange(key, name, start, length, (from, bytes) => inner.readRange(name, from, bytes)).catch(
        (error) => refuse(name, error),
      )
    },
    put: async (name, content) => inner.put(name, await sealed(name, content)),
    putIfAbsent: async (name, content) => inner.putIfAbsent(name, await sealed(name, content)),
    versionOf: (name) => inner.versionOf(name),
    async *list(prefix) {
      for await (const name of inner.list(prefix)) if (!SIGNING_KEY.test(name)) yield name
    },
    delete: (name) => inner.delete(name),
  }
}

/** Plain bytes; what looks encrypted is not taken for them. */
async function* plain(kept: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isFirst = true
  for await (const piece of kept) {
    if (isFirst && looksEncrypted(piece)) throw new NotThisObject('it is encrypted, and the store says that nothing is')
    isFirst = false
    yield piece
  }
}

async function* naming(name: string, bytes: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (error) {
    refuse(name, error)
  }
}

function refuse(name: string, error: unknown): never {
  if (!(error instanceof NotThisObject)) throw error
  throw new UserError(
    `vault/${name} is not the object that was sealed there (${error.message}): it was changed, cut, or moved from another place. Restore it from a copy`,
  )
}
