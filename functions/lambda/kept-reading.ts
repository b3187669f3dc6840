/**
 * What a search has read, kept in the work folder from call to call: where it stands, the rows of its memory, and the lines
 * that go on record. A call writes what is new, and nothing that was answered is read again.
 */
import { headOf, type SealedLine } from '#core/baseline/reproduce.ts'
import { canonical } from '#core/canonical.ts'
import type { CaseHead, Panel } from '#core/evaluate/panel.ts'
import { type Keep, type KeptSearch, revived } from '#core/search/kept-search.ts'
import type { SearchResult } from '#core/search/search.ts'
import type { ObjectRef } from '#schemas/payloads.ts'
import { workKeys } from '#schemas/work-keys.ts'
import type { Content, Store } from '../ports.ts'
import { asText } from '../streams/groups.ts'
import { streamLines } from '../streams/read-object.ts'
import { needBytes, needJson, putWork } from './work.ts'

/** How a search lies in the work folder. */
interface KeptFile {
  /** How many calls have gone on with it. */
  readonly calls: number
  /** null: its negative control goes on. */
  readonly search: KeptSearch | null
  /** Rows of its memory, in parts. */
  readonly rows: readonly ObjectRef[]
  /** Lines that go on record, in parts. */
  readonly lines: readonly ObjectRef[]
  /** The search set without what its cases hold. */
  readonly heads: ObjectRef
  /** What it came to, and the digest of what went on record; null: it goes on. */
  readonly whole: { readonly found: SearchResult; readonly results: string } | null
}

/** Parts are written as soon as they are so large, in characters or bytes. */
const PART = 16 * 1024 * 1024

/** A search while one call goes on with it. */
export class KeptReading implements Keep {
  readonly #store: Store
  readonly #runId: string
  readonly #before: KeptFile | null
  readonly #rowsBefore: readonly Uint8Array[]
  #search: KeptSearch | null
  #rows: ObjectRef[]
  #lines: ObjectRef[]
  /** Lines since the last place that was reached: whoever goes on from there reads them again. */
  #since: string[] = []
  #newLines: string[] = []
  #newRows: Buffer[] = []
  #size = 0
  #parts = 0
  #isAhead = false

  private constructor(store: Store, runId: string, before: KeptFile | null, rows: readonly Uint8Array[]) {
    this.#store = store
    this.#runId = runId
    this.#before = before
    this.#rowsBefore = rows
    this.#search = before?.search ?? null
    this.#rows = [...(before?.rows ?? [])]
    this.#lines = [...(before?.lines ?? [])]
  }

  /** @param kept where the call before left it; null: at its beginning */
  static async open(store: Store, runId: string, kept: ObjectRef | null): Promise<KeptReading> {
    const before = kept && (await needJson<KeptFile>(store, kept))
    const rows = before?.whole ? [] : (before?.rows ?? [])
    return new KeptReading(store, runId, before, await Promise.all(rows.map((part) => needBytes(store, part))))
  }

  get from(): KeptSearch | null {
    const search = this.#before?.search ?? null
    return search && { ...search, found: search.found && revived(search.found) }
  }

  *rows(): Generator<Uint8Array> {
    for (const part of this.#rowsBefore)
      for (let at = 0; at < part.length; ) {
        const length = Buffer.from(part.buffer, part.byteOffset + at).readUInt32LE()
        yield part.subarray(at + 4, at + 4 + length)
        at += 4 + length
      }
  }

  /** What the search came to, where it is at its end. */
  get whole(): KeptFile['whole'] {
    const whole = this.#before?.whole ?? null
    return whole && { ...whole, found: revived(whole.found) }
  }

  /** The search set without what its cases hold, as the first call read it; null: this is the first. */
  get heads(): ObjectRef | null {
    return this.#before?.heads ?? null
  }

  reached(search: KeptSearch, rows: Iterable<Uint8Array>): void {
    if (this.#isAhead) return
    if (search.found !== null && this.#search?.found === null) {
      this.#rows = []
      this.#newRows = []
    }
    this.#search = search
    for (const row of rows) {
      const length = Buffer.alloc(4)
      length.writeUInt32LE(row.length)
      this.#newRows.push(length, Buffer.from(row))
      this.#size += 4 + row.length
    }
    for (const line of this.#since.splice(0)) this.#newLines.push(line)
  }

  /** A line that goes on record. */
  record(line: string): void {
    if (this.#isAhead) return
    this.#since.push(line)
    this.#size += line.length
  }

  /** From now on the search only looks ahead: nothing of it is kept. */
  lookAhead(): void {
    this.#isAhead = true
  }

  /** Writes parts that have become large. To be called between two rounds. */
  async flush(): Promise<void> {
    if (this.#size >= PART) await this.#writeParts()
  }

  /** Keeps where the search stands; the object it lies in. */
  async keep(panel: Panel, whole: KeptFile['whole'] = null): Promise<ObjectRef> {
    await this.#writeParts()
    const heads = this.heads ?? (await this.#put('heads.jsonl', asText(headLines(panel))))
    const file: KeptFile = {
      calls: this.#call + 1,
      search: this.#search,
      rows: this.#rows,
      lines: this.#lines,
      heads,
      whole,
    }
    // As it was built: canonical JSON sorts, and limits are read in the order in which they stand.
    return await this.#put('kept.json', JSON.stringify(file))
  }

  /** All lines that go on record, those before this call too. */
  async *lines(): AsyncGenerator<string> {
    for (const { key, version_id } of this.#lines) yield* streamLines(this.#store.objects, key, version_id)
    yield* this.#newLines
    yield* this.#since
  }

  get #call(): number {
    return this.#before?.calls ?? 0
  }

  async #writeParts(): Promise<void> {
    const [rows, lines] = [this.#newRows.splice(0), this.#newLines.splice(0)]
    if (rows.length > 0) this.#rows.push(await this.#put(`${this.#parts}.rows`, Buffer.concat(rows)))
    if (lines.length > 0) this.#lines.push(await this.#put(`${this.#parts}.jsonl`, asText(lines)))
    this.#parts++
    this.#size = this.#since.reduce((sum, line) => sum + line.length, 0)
  }

  #put(name: string, content: Content): Promise<ObjectRef> {
    return putWork(this.#store, workKeys.kept(this.#runId, this.#call, name), content)
  }
}

/** The search set without what its cases hold: sealed lines with the heads of their cases alone. */
function* headLines({ cases, baseline }: Panel): Generator<string> {
  for (let i = 0; i < cases.length; i++) {
    const head: CaseHead = cases.at(i)!
    const { floors } = head
    const line: SealedLine<CaseHead> = {
      case: headOf(head),
      baseline: baseline.at(i)!,
      ...(floors !== undefined && { floors }),
    }
    yield canonical(line)
  }
}
