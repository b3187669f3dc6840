/** Members of a zip file, in the order of their names; Inspect's logs are such files. */
import { crc32, createInflateRaw, createZstdDecompress } from 'node:zlib'
import type { Entry } from 'yauzl'
import { type Bytes, through } from './bytes.ts'
import { isLeftOut } from './inputs.ts'
import { AGAIN, Source, WHOLE } from './source.ts'

const [STORED, DEFLATED, ZSTD] = [0, 8, 93]

/** Most members of one file, and their names together are in memory at once. */
const MAX_MEMBERS = 1_000_000

/**
 * @param descriptor of the whole file, which is read from its end and stays open
 * @param leftOut is told of each member that is no record, such as a hidden one
 * @throws ImportError of the file or of the member: damaged, cut, encrypted, compressed in an unknown way
 */
export async function* zipMembers(
  file: Source,
  descriptor: number,
  leftOut: (member: string) => void,
): AsyncGenerator<{ readonly source: Source; readonly bytes: Bytes }, void, undefined> {
  const { fromFdPromise } = await import('yauzl') // only who imports a zip file pays for its reader
  const damaged = (source: Source, error: unknown) =>
    source.refuse(`the zip data is damaged (${(error as Error).message})`, AGAIN)
  const zip = await fromFdPromise(descriptor, { autoClose: false }).catch((error) => {
    throw damaged(file, error)
  })
  if (zip.entryCount > MAX_MEMBERS) throw file.refuse(`it has more than ${MAX_MEMBERS} members`, 'Split the file')
  const entries: Entry[] = []
  try {
    for await (const entry of zip.eachEntry()) entries.push(entry)
  } catch (error) {
    throw damaged(file, error)
  }
  if (entries.some(({ fileName }) => fileName === '[Content_Types].xml'))
    throw file.refuse('this is a file of an office program', 'Export its sheet as CSV', null)
  for (const entry of entries.sort((a, b) => (a.fileName < b.fileName ? -1 : 1))) {
    if (entry.fileName.endsWith('/')) continue
    if (isLeftOut(entry.fileName)) {
      leftOut(entry.fileName)
      continue
    }
    const source = new Source(file.file, entry.fileName)
    source.at = WHOLE
    if (entry.isEncrypted()) throw source.refuse('it is encrypted', 'Unpack it, and import the files')
    if (![STORED, DEFLATED, ZSTD].includes(entry.compressionMethod))
      throw source.refuse(`its compression (method ${entry.compressionMethod}) is not known`, 'Unpack the file')
    const raw = await zip.openReadStreamPromise(entry, { decodeFileData: false }).catch((error) => {
      throw damaged(source, error)
    })
    yield { source, bytes: checked(source, entry, inflated(entry, raw)) }
  }
}

function inflated(entry: Entry, raw: Bytes): Bytes {
  if (entry.compressionMethod === DEFLATED) return through(raw, createInflateRaw())
  if (entry.compressionMethod === ZSTD) return through(raw, createZstdDecompress())
  return raw
}

/** The bytes, as long as they are as many as, and the ones that, the file says. */
async function* checked(source: Source, entry: Entry, bytes: Bytes): AsyncGenerator<Buffer, void, undefined> {
  let sum = 0
  let length = 0
  for await (const chunk of bytes) {
    sum = crc32(chunk, sum)
    length += chunk.length
    if (length > entry.uncompressedSize) break
    yield chunk
  }
  if (length !== entry.uncompressedSize || sum !== entry.crc32)
    throw source.refuse('the zip data is damaged: it is not what its checksum says', AGAIN)
}
