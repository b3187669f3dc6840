/** Lines of an object that may be very long: a part of it at a time, or one line of sorted ones, without reading the rest. */
import type { ObjectStore } from '../../ports.ts'

const CHUNK_BYTES = 256 * 1024
/** Most lines are shorter: who looks for one among sorted ones reads so much at a time. */
const LINE_BYTES = 16 * 1024
const NEWLINE = 0x0a

/**
 * Lines that hold a text, from a byte on, until there are enough of them or enough was read.
 * @returns the lines, and where to read on; null: it was read to its end
 */
export async function linesHolding(
  objects: ObjectStore,
  key: string,
  text: string,
  { from, most, mostBytes }: { readonly from: number; readonly most: number; readonly mostBytes: number },
): Promise<{ readonly lines: readonly string[]; readonly next: number | null }> {
  const lines: string[] = []
  let at = from
  let rest = Buffer.alloc(0)
  for (;;) {
    const bytes = await objects.readRange(key, at + rest.length, CHUNK_BYTES)
    const isEnd = bytes === null || bytes.length < CHUNK_BYTES
    const all = Buffer.concat([rest, bytes ?? Buffer.alloc(0)])
    let start = 0
    for (let end = all.indexOf(NEWLINE); end >= 0; end = all.indexOf(NEWLINE, start)) {
      const line = all.subarray(start, end)
      start = end + 1
      if (line.includes(text)) lines.push(line.toString())
      if (lines.length === most) return { lines, next: isEnd && start === all.length ? null : at + start }
    }
    at += start
    rest = all.subarray(start)
    if (isEnd) return { lines, next: null }
    if (at - from >= mostBytes) return { lines, next: at }
  }
}

/**
 * The line of a name among lines that are sorted by theirs, found by halving: a few parts of the object are read.
 * @param nameOf name of a line; null: it has none that can be read
 */
export async function sortedLine(
  objects: ObjectStore,
  key: string,
  name: string,
  nameOf: (line: string) => string | null,
): Promise<string | null> {
  let low = 0
  // Beyond its end there is nothing, however far that is.
  let high = await lengthOf(objects, key)
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const found = await lineBehind(objects, key, middle, high)
    if (found === null) {
      if (middle === low) return null
      high = middle
      continue
    }
    const at = nameOf(found.text)
    if (at === null) return null
    if (at === name) return found.text
    if (at < name) low = found.end
    else high = found.start === low ? low : middle
  }
  return null
}

/** Bytes of an object, by halving too: a store tells none. */
async function lengthOf(objects: ObjectStore, key: string): Promise<number> {
  const has = async (at: number) => ((await objects.readRange(key, at, 1))?.length ?? 0) > 0
  let high = 1
  while (await has(high - 1)) high *= 2
  let low = Math.floor(high / 2)
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (await has(middle)) low = middle + 1
    else high = middle
  }
  return low
}

/** The first line that begins at a byte or behind it, and before `high`. */
async function lineBehind(objects: ObjectStore, key: string, from: number, high: number) {
  const read = async (at: number) => Buffer.from((await objects.readRange(key, at, LINE_BYTES)) ?? [])
  // A line begins behind the end of another one.
  let at = Math.max(0, from - 1)
  let part = await read(at)
  let start = from === 0 ? 0 : part.indexOf(NEWLINE) + 1
  while (from !== 0 && start === 0) {
    if (part.length < LINE_BYTES) return null
    at += part.length
    part = await read(at)
    start = part.indexOf(NEWLINE) + 1
  }
  if (at + start >= high) return null
  const begins = at + start
  let text = part.subarray(start)
  for (let end = text.indexOf(NEWLINE); ; end = text.indexOf(NEWLINE)) {
    if (end >= 0) return { text: text.toString('utf8', 0, end), start: begins, end: begins + end + 1 }
    const more = await read(begins + text.length)
    if (more.length === 0) return text.length === 0 ? null : { text: text.toString(), start: begins, end: high }
    text = Buffer.concat([text, more])
  }
}
