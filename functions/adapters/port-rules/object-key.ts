/**
 * What an object key may look like, the same in every adapter: only names that a folder, a bucket and a map hold, list
 * and order alike. Keys come from schemas/s3-keys.ts, so a refused one is a defect of ours, not a user's.
 */

/** Segments that start so are the file store's unfinished writes: never listed, never a key. */
export const TEMP_PREFIX = '.tmp-'

/** S3's limit for a key, and what file systems take for one name; both in bytes, and a key is ASCII. */
const MAX_KEY_CHARS = 1024
const MAX_SEGMENT_CHARS = 255

/** Printable ASCII but `\`: code units, UTF-8 bytes and S3 then sort alike, and no file system normalises anything. */
const PRINTABLE = /^[ -[\]-~]*$/

/**
 * Checks a key: segments of printable ASCII joined by `/`, at most 1,024 characters, none empty, `.`, `..`, starting
 * with `.tmp-` or longer than 255.
 *
 * @throws RangeError naming the key and what is wrong
 */
export function checkKey(key: string): void {
  const wrong = charsProblem(key) ?? segmentsProblem(key.split('/'))
  if (wrong) throw new RangeError(`object key ${JSON.stringify(key)} is refused: ${wrong}`)
}

/**
 * Checks a prefix and splits it after its last `/`: whole segments, checked as in a key, and the beginning of a name,
 * which may be empty. `a/b/c` is `{ folder: 'a/b/', start: 'c' }`.
 *
 * @throws RangeError naming the prefix and what is wrong
 */
export function splitPrefix(prefix: string): { readonly folder: string; readonly start: string } {
  const cut = prefix.lastIndexOf('/') + 1
  const folder = prefix.slice(0, cut)
  const wrong = charsProblem(prefix) ?? (cut > 0 ? segmentsProblem(folder.slice(0, -1).split('/')) : null)
  if (wrong) throw new RangeError(`object prefix ${JSON.stringify(prefix)} is refused: ${wrong}`)
  return { folder, start: prefix.slice(cut) }
}

const charsProblem = (text: string): string | null =>
  text.length > MAX_KEY_CHARS
    ? `longer than ${MAX_KEY_CHARS} characters`
    : PRINTABLE.test(text)
      ? null
      : 'only printable ASCII without "\\" is allowed'

function segmentsProblem(segments: readonly string[]): string | null {
  for (const segment of segments) {
    if (segment === '') return 'empty segment: a key is relative and names one object'
    if (segment === '.' || segment === '..') return `segment "${segment}"`
    if (segment.startsWith(TEMP_PREFIX)) return `segments that start with "${TEMP_PREFIX}" are unfinished writes`
    if (segment.length > MAX_SEGMENT_CHARS) return `a segment is longer than ${MAX_SEGMENT_CHARS} characters`
  }
  return null
}
