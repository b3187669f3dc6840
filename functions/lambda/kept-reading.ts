/**
 * What a search has read, kept in the work folder from call to call: where it stands, the rows of its memory, and the lines
 * that go on record. A call writes what is new, and nothing that was answered is read again.
 */
import { headLine } from '#core/baseline/reproduce.ts'
import { Records } from '#core/bytes/records.ts'
import type { CaseHead, Panel } from '#core/evaluate/panel.ts'
import { type Keep, type KeptSearch, revived } from '#core/search/kept-search.ts'
import type { SearchResult } from '#core/search/search.ts'
import type { ObjectRef } from '#schemas/payloads.ts'
import { workKeys } from '#schemas/work-keys.ts'
import type { Content, Store } from '../ports.ts'
import { ahead, asText } from '../streams/groups.ts'
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
  /** What a harness answered to what was read, in parts; of what was read again a line stands there again. Absent: by an older version. */
  readonly replies?: readonly ObjectRef[]
  /** The search set without what its cases hold. */
  readonly heads: ObjectRef
  /** What it came to, and the digest of what went on record; null: it goes on. */
  readonly whole: { readonly found: SearchResult; readonly results: string; readonly replies?: string } | null
}

/** Parts are written as soon as they are so large, in characters or bytes. */
const PART = 8 * 1024 * 1024
/** Parts that are read at once. */
const PARTS_AHEAD = 4
/** Bytes before a row that say how long it is. */
const LENGTH = 4

/** A search while one call goes on with it. */
export class KeptReading implements Keep {
  readonly #store: Store
  readonly #runId: string
  readonly #before: KeptFile | null
  readonly #rowsBefore: Records
  #search: KeptSearch | null
  #rows: ObjectRef[]
  #lines: ObjectRef[]
  /** As bytes: a line that was put together of pieces takes five times as much. */
  #newLines = new Records()
  /** Lines since the last place that was reached, and parts of them: whoever goes on from there reads them again. */
  #since = new Records()
  #sinceParts: ObjectRef[] = []
  #newRows = new Records()
  #replies: ObjectRef[]
  #newReplies = new Records()
  #size = 0
  #parts = 0
  #isAhead = false
  #hasMoved = false

  private constructor(store: Store, runId: string, before: KeptFile | null, rows: Records) {
    this.#store = store
    this.#runId = runId
    this.#before = before
    this.#rowsBefore = rows
    this.#search = before?.search ?? null
    this.#rows = [...(before?.rows ?? [])]
    this.#lines = [...(before?.lines ?? [])]
    this.#replies = [...(before?.replies ?? [])]
  }

  /**
   * @param kept where the call before left it; null: at its beginning
   * @param aside for its rows alone
   */
  static async open(store: Store, runId: string, kept: ObjectRef | null, aside: Records): Promise<KeptReading> {
    const before = kept && (await needJson<KeptFile>(store, kept))
    const parts = before?.whole ? [] : (before?.rows ?? [])
    for await (const part of ahead(parts, PARTS_AHEAD, (ref) => needBytes(store, ref)))
      for (const row of framesIn(part)) aside.append(row)
    return new KeptReading(store, runId, before, aside)
  }

  get from(): KeptSearch | null {
    const search = this.#before?.search ?? null
    return search && { ...search, found: search.found && revived(search.found) }
  }

  rows(): Iterable<Uint8Array> {
    return this.#rowsBefore.from(0)
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
      this.#newRows = new Records()
    }
    this.#search = search
    this.#hasMoved = true
    for (const row of rows) {
      this.#newRows.append(row)
      this.#size += LENGTH + row.length
    }
    this.#lines.push(...this.#sinceParts.splice(0))
    for (const line of this.#since.from(0)) this.#newLines.append(line)
    this.#since = new Records()
  }

  /** Has this call come further, and would another one go on from just here? */
  get isAtRest(): boolean {
    return this.#hasMoved && this.#since.count === 0 && this.#sinceParts.length === 0
  }

  /** A line that goes on record. */
  record(line: string): void {
    if (this.#isAhead) return
    this.#since.append(line)
    this.#size += line.length
  }

  /** A line of what a harness answered. */
  replied(line: string): void {
    if (this.#isAhead) return
    this.#newReplies.append(line)
    this.#size += line.length
  }

  /** All of them, those before this call too. */
  async *replies(): AsyncGenerator<string> {
    for (const { key, version_id } of this.#replies) yield* streamLines(this.#store.objects, key, version_id)
    yield* this.#newReplies.texts()
  }

  /** From now on the search only looks ahead: nothing of it is kept. */
  lookAhead(): void {
    this.#isAhead = true
  }

  /** Writes parts that have become large. To be called between two rounds. */
  async flush(): Promise<void> {
    if (this.#size < PART) return
    await this.#writeParts()
    this.#sinceParts.push(...(await this.#linesPart(this.#since)))
    this.#since = new Records()
    this.#size = 0
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
      ...(this.#replies.length > 0 && { replies: this.#replies }),
      heads,
      whole,
    }
    // As it was built: canonical JSON sorts, and limits are read in the order in which they stand.
    return await this.#put('kept.json', JSON.stringify(file))
  }

  /** All lines that go on record, those before this call too. */
  async *lines(): AsyncGenerator<string> {
    for (const { key, version_id } of this.#lines) yield* streamLines(this.#store.objects, key, version_id)
    yield* this.#newLines.texts()
    for (const { key, version_id } of this.#sinceParts) yield* streamLines(this.#store.objects, key, version_id)
    yield* this.#since.texts()
  }

  get #call(): number {
    return this.#before?.calls ?? 0
  }

  async #writeParts(): Promise<void> {
    const rows = this.#newRows
    this.#newRows = new Records()
    if (rows.count > 0) this.#rows.push(await this.#put(`${this.#parts++}.rows`, framed(rows)))
    this.#lines.push(...(await this.#linesPart(this.#newLines)))
    this.#replies.push(...(await this.#linesPart(this.#newReplies)))
    this.#newLines = new Records()
    this.#newReplies = new Records()
    this.#size = this.#since.end
  }

  async #linesPart(lines: Records): Promise<ObjectRef[]> {
    return lines.count === 0 ? [] : [await this.#put(`${this.#parts++}.jsonl`, asText(lines.texts()))]
  }

  #put(name: string, content: Content): Promise<ObjectRef> {
    return putWork(this.#store, workKeys.kept(this.#runId, this.#call, name), content)
  }
}

/** Rows, each after its length. */
function framed(rows: Records): Buffer {
  const bytes = Buffer.alloc(rows.end)
  let at = 0
  for (const row of rows.from(0)) {
    at = bytes.writeUInt32LE(row.length, at)
    at += row.copy(bytes, at)
  }
  return bytes
}

function* framesIn(bytes: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  for (let at = 0; at < bytes.length; ) {
    const end = at + LENGTH + view.getUint32(at, true)
    yield bytes.subarray(at + LENGTH, end)
    at = end
  }
}

/** The search set without what its cases hold: sealed lines with the heads of their cases alone. */
function* headLines({ cases, baseline }: Panel): Generator<string> {
  for (let i = 0; i < cases.length; i++) {
    const head: CaseHead = cases.at(i)!
    const { floors } = head
    yield headLine({ case: head, baseline: baseline.at(i)!, ...(floors !== undefined && { floors }) })
  }
}
