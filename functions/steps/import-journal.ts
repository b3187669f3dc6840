/**
 * What ingest remembers of earlier imports: a journal of its own, because it writes the vault and cannot read it. It
 * holds hashes only, and no other role may read it: its lines tell which families are held out.
 */
import { canonical, canonicalLines, digestOfBytes } from '#core/canonical.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore } from '../ports.ts'
import { familyHash } from './ledger-keys.ts'
import { inBlocks, readJson, readLines } from './store.ts'

export type Side = 'search' | 'heldout'

/** One run that is stored whole. */
interface JournalLine {
  readonly run: string
  /** Digest of its decision record, which seals its other files. */
  readonly record: string
  readonly family: string
  readonly case: string
  readonly side: Side
}

/** A run that is stored. */
export interface StoredRun {
  readonly record: string
  readonly side: Side
  /** Segment of the journal that holds it. */
  readonly segment: string
}

const hashed = (...names: readonly string[]): string => familyHash(names.join('\u0000'))

export class ImportJournal {
  readonly #objects: ObjectStore
  readonly #runs = new Map<string, StoredRun>()
  readonly #sides = new Map<string, Side>()
  readonly #owners = new Map<string, string>()
  /** Runs of each segment that no index segment is known to list: an import was killed before its end. */
  readonly #unlisted = new Map<string, number>()
  #pending: JournalLine[] = []

  private constructor(objects: ObjectStore) {
    this.#objects = objects
  }

  /** Reads the journal of a store. */
  static async read(objects: ObjectStore): Promise<ImportJournal> {
    const journal = new ImportJournal(objects)
    const listed = new Set<string>()
    for await (const key of objects.list(keys.journalListed()))
      for (const segment of (await readJson<string[]>(objects, key)) ?? []) listed.add(segment)
    const segments = await Array.fromAsync(objects.list(keys.journal()))
    const texts = inBlocks(segments, async (key) => ({ key, lines: await readLines<JournalLine>(objects, key) }))
    for await (const { key, lines } of texts) {
      for (const line of lines) journal.#remember(line, key)
      if (!listed.has(key)) journal.#unlisted.set(key, lines.length)
    }
    return journal
  }

  /** A run under its id; null: not stored, or not whole. */
  run(runId: string): StoredRun | null {
    return this.#runs.get(hashed(runId)) ?? null
  }

  /** Is a stored run in the index of its side? */
  isListed({ segment }: StoredRun): boolean {
    return !this.#unlisted.has(segment)
  }

  /** Side on which a family's runs are stored; held-out where an earlier import sealed some of them away. */
  sideOf({ intent_id, family_id }: ExperienceRun): Side | null {
    return this.#sides.get(hashed(intent_id, family_id)) ?? null
  }

  /** Does a stored run record this case for another family? */
  isAnothers({ intent_id, family_id, case_id }: ExperienceRun): boolean {
    const owner = this.#owners.get(hashed(intent_id, case_id))
    return owner !== undefined && owner !== hashed(intent_id, family_id)
  }

  /** Notes a run whose files are all written, or will be before `flush`. */
  add({ run_id, intent_id, family_id, case_id }: ExperienceRun, side: Side, record: string): void {
    const [run, family] = [hashed(run_id), hashed(intent_id, family_id)]
    this.#pending.push({ run, record, family, case: hashed(intent_id, case_id), side })
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
    this.#unlisted.set(key, this.#pending.length)
    for (const line of this.#pending) this.#remember(line, key)
    this.#pending = []
  }

  /** Notes which segments are in the indexes as a whole, once an import has listed these runs. */
  async markListed(runIds: Iterable<string>): Promise<void> {
    const seen = new Map<string, number>()
    for (const id of runIds) {
      const segment = this.run(id)?.segment
      if (segment !== undefined && this.#unlisted.has(segment)) seen.set(segment, (seen.get(segment) ?? 0) + 1)
    }
    const whole = [...seen].filter(([segment, count]) => count === this.#unlisted.get(segment)).map(([s]) => s)
    if (whole.length === 0) return
    const text = canonical(whole.sort())
    await this.#objects.putIfAbsent(keys.journalListedSegments(digestOfBytes(text)), text)
    for (const segment of whole) this.#unlisted.delete(segment)
  }

  #remember({ run, record, family, case: caseHash, side }: JournalLine, segment: string): void {
    this.#runs.set(run, { record, side, segment })
    this.#owners.set(caseHash, family)
    if (this.#sides.get(family) !== 'heldout') this.#sides.set(family, side)
  }
}
