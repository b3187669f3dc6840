/** Packs recorded runs into segments: put aside first, then written some thousand at a time, each segment whole and once. */
import { isAscii } from 'node:buffer'
import type { Records } from '#core/bytes/records.ts'
import { digestOfBytes } from '#core/canonical.ts'
import { caseRun, type IndexLine, type Packed } from '#core/experience/index-line.ts'
import type { PackedRun } from '#core/experience/run-files.ts'
import { COMPILE_RULES } from '#schemas/compile-rules.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore, Scratch } from '../../ports.ts'
import { ahead } from '../../streams/groups.ts'
import { HeldLines } from '../../streams/held-lines.ts'
import { frameOf, segmentHead } from '../../streams/segment-format.ts'
import { putAside, type TextsAside } from './incoming-runs.ts'

/** Runs of a segment, and bytes of their lines, whichever comes first: its writer holds it packed. */
const SEGMENT_RUNS = 2048
const SEGMENT_BYTES = 32 * 1024 * 1024
/** Segments under way to where they are stored: what a killed import writes again at most. */
const SEGMENTS_AT_ONCE = 2
/** Characters of recorded lines in a frame: the most that is unpacked for one run. */
const FRAME_CHARS = 192 * 1024
/** Pairs of frames that are compressed beside this thread while it reads on. */
const FRAMES_AT_ONCE = 2
/** What a segment takes, packed: a new one for each, and its frames apart, are 40 MB that V8 finds out late to be gone. */
const PACKED_BYTES = 8 * 1024 * 1024

/** A run that lies in a segment now, and what its writer said of it. */
export interface Written<T> {
  readonly line: IndexLine & { readonly packed: Packed }
  readonly about: T
}

/** A segment that was made of runs, and what it holds. */
interface Segment<T> {
  /** Where its runs lay before; undefined: nowhere. */
  readonly lay: string | undefined
  readonly segment: string
  /** Given back once they are stored. */
  readonly packed: HeldLines
  readonly written: readonly Written<T>[]
}

interface Entry<T> {
  readonly line: IndexLine
  readonly about: T
  readonly texts: TextsAside
}

/** Runs that go into one pair of frames. */
interface Unframed<T> {
  readonly some: readonly Entry<T>[]
  /** Of each compiled line. */
  readonly digests: readonly string[]
  readonly compiled: HeldLines
  readonly recorded: HeldLines
}

const LINES_BYTES = FRAME_CHARS + FRAME_CHARS / 4

export class SegmentWriter<T> {
  readonly #aside: Scratch
  readonly #texts: Records
  readonly #rules: number
  /** Room for lines that no frame is made of now: made anew for each, it is all that V8 comes to clear away. */
  readonly #idle: HeldLines[] = []
  readonly #idleSegments: HeldLines[]
  #count = 0

  /**
   * @param aside for this writer alone, which closes it
   * @param options `texts`: where the texts of runs lie that somebody else has put aside; `rules`: by which what is added was
   *   compiled; `idle`: room for segments, where several writers write one after the other
   */
  constructor(aside: Scratch, { texts = aside.records, rules = COMPILE_RULES, idle = [] as HeldLines[] } = {}) {
    this.#aside = aside
    this.#texts = texts
    this.#rules = rules
    this.#idleSegments = idle
  }

  get count(): number {
    return this.#count
  }

  /**
   * Puts a run aside. `about` is handed back as JSON carries it.
   * @param line without `packed`; with it, the run is one of those that `restore` is to put where they lay
   */
  add(line: IndexLine, { compiled, recorded }: PackedRun, about: T): void {
    this.addAside(line, putAside(this.#texts, [compiled, recorded]), about)
  }

  /** The same of a run whose texts are aside already. */
  addAside(line: IndexLine, texts: TextsAside, about: T): void {
    // By day, so that a segment spans few; the number keeps runs apart that have one id in two intents.
    const number = String(this.#count++).padStart(12, '0')
    this.#aside.set(
      `${line.packed?.segment ?? line.date ?? ''} ${number}`,
      JSON.stringify({ line, about, texts } satisfies Entry<T>),
    )
  }

  /**
   * Writes what was added, some segments at once; each segment's runs once it and those before it are stored, ordered by case:
   * so they are read.
   */
  write(objects: ObjectStore): AsyncGenerator<readonly Written<T>[]> {
    return ahead(this.#segments(), SEGMENTS_AT_ONCE, async ({ segment, packed, written }) => {
      // Where it stands already it is written again: a killed import wrote it, or somebody changed it.
      await objects.put(segment, packed.bytes)
      this.#giveBack(packed)
      return written
    })
  }

  /**
   * Writes segments that are not there, to where nobody looks; the number of runs of each one that was written. What comes of
   * the runs of one must be that very segment: of some of its runs alone, or by other compile rules, nothing is written.
   */
  async *restore(objects: ObjectStore): AsyncGenerator<number> {
    for await (const { lay, segment, packed, written } of this.#segments()) {
      const isBack = lay === segment && (await objects.putIfAbsent(segment, packed.bytes))
      this.#giveBack(packed)
      if (isBack) yield written.length
    }
  }

  #giveBack(packed: HeldLines): void {
    packed.clear()
    this.#idleSegments.push(packed)
  }

  close(): void {
    this.#aside.close()
  }

  /** Runs of each segment. */
  *#groups(): Generator<readonly Entry<T>[]> {
    let group: Entry<T>[] = []
    let bytes = 0
    for (const [, text] of this.#aside.entries()) {
      const entry = JSON.parse(text) as Entry<T>
      const isOther = group[0]?.line.packed?.segment !== entry.line.packed?.segment
      const isFull = isOther || group.length === SEGMENT_RUNS || bytes + entry.texts.bytes > SEGMENT_BYTES
      if (isFull && group.length > 0) {
        yield group
        group = []
        bytes = 0
      }
      group.push(entry)
      bytes += entry.texts.bytes
    }
    if (group.length > 0) yield group
  }

  async *#segments(): AsyncGenerator<Segment<T>> {
    for (const some of this.#groups()) {
      const ordered = some.map((e) => [caseRun(e.line), e] as const).sort(([a], [b]) => (a < b ? -1 : 1))
      yield await this.#segment(ordered.map(([, e]) => e))
    }
  }

  async #segment(entries: readonly Entry<T>[]): Promise<Segment<T>> {
    const whole = this.#idleSegments.pop() ?? new HeldLines(PACKED_BYTES)
    whole.append(segmentHead({ compile_rules: this.#rules }))
    const written: { entry: Entry<T>; packed: Omit<Packed, 'segment'> }[] = []
    for await (const { some, digests, frames } of ahead(this.#frames(entries), FRAMES_AT_ONCE, (some) =>
      this.#framed(some),
    )) {
      const at = whole.bytes.length
      const bytes = [frames[0].length, frames[1].length] as const
      some.forEach((entry, line) => {
        written.push({ entry, packed: { at, bytes, line, digest: digests[line]! } })
      })
      for (const frame of frames) whole.append(frame)
    }
    const [date] = entries.map(({ line }) => line.date ?? '').sort()
    const segment = keys.runSegment(date || null, digestOfBytes(whole.bytes))
    return {
      lay: entries[0]!.line.packed?.segment,
      segment,
      packed: whole,
      written: written.map(({ entry: { line, about }, packed }) => ({
        line: { ...line, packed: { segment, ...packed } },
        about,
      })),
    }
  }

  #lines(): HeldLines {
    return this.#idle.pop() ?? new HeldLines(LINES_BYTES)
  }

  async #framed({ some, digests, compiled, recorded }: Unframed<T>) {
    const frames = await Promise.all([frameOf(compiled.bytes), frameOf(recorded.bytes)])
    for (const lines of [compiled, recorded]) {
      lines.clear()
      this.#idle.push(lines)
    }
    return { some, digests, frames }
  }

  /** Lines of the frames of a segment. */
  *#frames(entries: readonly Entry<T>[]): Generator<Unframed<T>> {
    for (let next = 0; next < entries.length; ) {
      const first = next
      const [digests, compiled, recorded] = [[] as string[], this.#lines(), this.#lines()]
      for (let chars = 0; next < entries.length && (next === first || chars < FRAME_CHARS); next++) {
        const { at } = entries[next]!.texts
        // A view, good until the next one.
        const line = this.#texts.read(at[0])
        compiled.add(line)
        digests.push(digestOfBytes(line))
        const other = this.#texts.read(at[1])
        recorded.add(other)
        chars += isAscii(other) ? other.length : other.toString().length
      }
      yield { some: entries.slice(first, next), digests, compiled, recorded }
    }
  }
}
