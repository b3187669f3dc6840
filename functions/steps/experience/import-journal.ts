/**
 * What ingest remembers of earlier imports: a journal of its own, because it writes the vault and cannot read it. It
 * holds hashes and when runs began and went on, and no other role may read it: its lines tell which families are held out.
 */
import { canonical, canonicalLines, digestOfBytes } from '#core/canonical.ts'
import type { HashedNames, Packed } from '#core/experience/index-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore, Scratch, Store } from '../../ports.ts'
import { ahead } from '../../streams/groups.ts'
import { readJson, readLines } from '../../streams/read-object.ts'
import { soundSegments } from './segments.ts'
import type { Side } from './side.ts'

/** One run that is stored whole. */
interface JournalLine extends HashedNames {
  /** Digest of its decision record, which seals its other files. */
  readonly record: string
  readonly side: Side
  /** Where it lies, unless in a folder of its own. */
  readonly packed?: Packed
  /** Digest of its compiled line in that folder. Absent: it is packed, or a version before 0.3.0 imported it. */
  readonly compiled?: string
  /** When it began, or the day of its recording. Absent: neither was recorded, or a version before 0.3.0 imported it. */
  readonly began?: string
  /** When the last span of its trace began, in nanoseconds. Absent: it was no trace, or a version before 0.3.0 imported it. */
  readonly last?: string
}

/** A run that an earlier import stored. */
export interface StoredRun {
  readonly record: string
  readonly side: Side
  /** Where it lies, unless in a folder of its own; more than one: a segment of it was gone, and it was packed again. */
  readonly packed?: readonly Packed[]
  /** Digests of its compiled line: where it lies in a folder, and in place of `packed` where the journal was read to compare, each time that it was packed. */
  readonly compiled?: readonly string[]
  /** Segment of the journal that holds it, where no index is known to list all of it: that import was killed. */
  readonly unlisted?: string
  readonly began?: string
  readonly last?: string
  /** Traces that it was joined of, where those are several. */
  readonly traces?: number
}

/** Segments read at once: one may hold the lines of a whole segment of runs. */
const READ_AHEAD = 8

/** Names stand in the table as `journal-run`, `journal-side` and `journal-owner`; the rest of it is the caller's. */
export class ImportJournal {
  readonly #objects: ObjectStore
  readonly #table: Scratch
  readonly #toCompare: boolean
  /** Runs of each segment that no index lists, and that this import has not listed either. */
  readonly #unlisted = new Map<string, number>()
  #pending: JournalLine[] = []
  #isEmpty = true

  private constructor(objects: ObjectStore, table: Scratch, toCompare: boolean) {
    this.#objects = objects
    this.#table = table
    this.#toCompare = toCompare
  }

  /**
   * Reads the journal of a store into a table.
   * @param toCompare nobody will ask for sides of families, owners of cases, and where a run lies: it takes half the room
   */
  static async read(objects: ObjectStore, table: Scratch, { toCompare = false } = {}): Promise<ImportJournal> {
    const journal = new ImportJournal(objects, table, toCompare)
    const listed = new Set<string>()
    for await (const key of objects.list(keys.journalListed()))
      for (const segment of (await readJson<string[]>(objects, key)) ?? []) listed.add(segment)
    const segments = ahead(soundSegments(objects, keys.journal()), READ_AHEAD, async (key) => ({
      key,
      lines: await readLines<JournalLine>(objects, key),
    }))
    for await (const { key, lines } of segments) {
      const isListed = listed.has(key)
      for (const line of lines) {
        journal.#remember(line, isListed ? {} : { unlisted: key })
        if (!toCompare) journal.#rememberFamily(line)
      }
      if (!isListed) journal.#unlisted.set(key, lines.length)
    }
    return journal
  }

  /** A run that an earlier import stored; null: none did, or not to its end. */
  run({ run }: Pick<HashedNames, 'run'>): StoredRun | null {
    // A first import asks this of every run.
    const stored = this.#isEmpty ? null : this.#table.get(`journal-run ${run}`)
    return stored === null ? null : (JSON.parse(stored) as StoredRun)
  }

  /** Has no earlier import stored a run? */
  get isEmpty(): boolean {
    return this.#isEmpty
  }

  /** Every run that an earlier import stored, by the hash of its id. */
  *runs(): Generator<{ readonly run: string; readonly stored: StoredRun }> {
    const prefix = 'journal-run '
    for (const [key, text] of this.#table.entries(prefix))
      yield { run: key.slice(prefix.length), stored: JSON.parse(text) as StoredRun }
  }

  /** Side on which earlier imports stored a family; held-out where one of them sealed some of its runs away. */
  sideOf({ family }: Pick<HashedNames, 'family'>): Side | null {
    return this.#isEmpty ? null : (this.#table.get(`journal-side ${family}`) as Side | null)
  }

  /** Family for which earlier imports recorded a case. */
  ownerOf(names: HashedNames): string | null {
    return this.#isEmpty ? null : this.#table.get(`journal-owner ${names.case}`)
  }

  /** Runs that earlier imports stored and that hold a trace of this one, by the hashes of their ids; null: of a trace that none holds. */
  holdersOf({ run, traces = [] }: Pick<HashedNames, 'run' | 'traces'>): ReadonlySet<string | null> {
    const holder = (trace: string): string | null =>
      this.run({ run: trace }) === null ? this.#table.get(`journal-trace ${trace}`) : trace
    return new Set(this.#isEmpty ? [null] : [run, ...traces].map(holder))
  }

  /** Notes a run whose files are all written, or will be before `flush`. This import will list it. */
  add(
    names: HashedNames,
    side: Side,
    record: string,
    more: { packed?: Packed | undefined; compiled?: string; began?: string | null; last?: string | undefined },
  ): void {
    const { packed, compiled, began, last } = more
    this.#pending.push({
      ...names,
      record,
      side,
      ...(packed && { packed }),
      ...(compiled && { compiled }),
      ...(began && { began }),
      ...(last && { last }),
    })
  }

  get pending(): number {
    return this.#pending.length
  }

  /** Writes what was noted. From here on these runs are stored. */
  async flush(): Promise<void> {
    if (this.#pending.length === 0) return
    const text = canonicalLines(this.#pending)
    const key = keys.journalSegment(digestOfBytes(text))
    await this.#objects.putIfAbsent(key, text)
    this.#unlisted.set(key, 0)
    this.#pending = []
  }

  /** Notes that this import lists a run that another one stored and did not come to list. */
  lists(segment: string): void {
    this.#unlisted.set(segment, this.#unlisted.get(segment)! - 1)
  }

  /**
   * Writes which segments are in the indexes as a whole, once the import has listed its runs.
   * The journal of heads has the digest of that list before it is there.
   */
  async markListed({ heads }: Pick<Store, 'heads'>): Promise<void> {
    const whole = [...this.#unlisted].filter(([, runs]) => runs === 0).map(([segment]) => segment)
    if (whole.length === 0) return
    const text = canonical(whole.sort())
    const digest = digestOfBytes(text)
    await heads?.journal.append({ kind: 'import', digest })
    await this.#objects.putIfAbsent(keys.journalListedSegments(digest), text)
  }

  /** Of several lines of a run, those after the first of a pack, any says that it is listed, and each where it lies. */
  #remember({ run, traces = [], ...line }: JournalLine, unlisted: Pick<StoredRun, 'unlisted'>): void {
    for (const trace of traces) this.#table.set(`journal-trace ${trace}`, run)
    const known = this.run({ run })
    this.#isEmpty = false
    const lies = line.packed ? [line.packed] : []
    const packed = [...(known?.packed ?? []), ...lies]
    const digests = [...(line.compiled ? [line.compiled] : []), ...(this.#toCompare ? lies.map((l) => l.digest) : [])]
    const compiled = [...(known?.compiled ?? []), ...digests]
    const stored: StoredRun = {
      record: line.record,
      side: line.side,
      ...(!this.#toCompare && packed.length > 0 && { packed }),
      ...((this.#toCompare || compiled.length > 0) && { compiled }),
      ...((line.began ?? known?.began) && { began: line.began ?? known?.began }),
      ...(line.last && { last: line.last }),
      ...(traces.length > 0 && { traces: 1 + traces.length }),
      ...(known === null || known.unlisted !== undefined ? unlisted : {}),
    }
    this.#table.set(`journal-run ${run}`, JSON.stringify(stored))
  }

  #rememberFamily({ family, case: caseHash, side }: JournalLine): void {
    this.#table.set(`journal-owner ${caseHash}`, family)
    if (this.#table.get(`journal-side ${family}`) !== 'heldout') this.#table.set(`journal-side ${family}`, side)
  }
}
