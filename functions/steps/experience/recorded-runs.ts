/** The recorded runs of one side of a store, wherever their index lines say that they lie: in folders, or in segments. */
import { digestOfBytes } from '#core/canonical.ts'
import type { IndexLine, Packed } from '#core/experience/index-line.ts'
import { checkSeals, filesOfPacked, type RunFiles, readRunFiles, TamperError } from '#core/experience/run-files.ts'
import { asLine, type CompiledLine, compileRun, readCompiledText } from '#core/replay/compile.ts'
import { COMPILE_RULES } from '#schemas/compile-rules.ts'
import { keys, RUN_FILES } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { ObjectStore } from '../../ports.ts'
import { readText } from '../../streams/read-object.ts'
import { linesOf, MOST_HEAD_BYTES, readSegmentHead, type SegmentHead } from '../../streams/segment-format.ts'
import { isAsNamed } from './segments.ts'

/** Bytes of frames kept at hand: who reads in the order of cases is in all segments at once, which are 500 of a million runs. */
const MOST_AT_HAND = 96 * 1024 * 1024

/** Segments that are read whole at once: each takes a megabyte on its way, and there are hundreds. */
const READ_AT_ONCE = 4

const AGAIN = 'Import the same records again, which restores its runs'

interface Frame {
  readonly lines: Promise<readonly Buffer[]>
  /** Bytes of its lines; 0: it is still being read. */
  size: number
}

export class RecordedRuns {
  readonly #objects: ObjectStore
  readonly #most: number
  readonly #heads = new Map<string, Promise<SegmentHead>>()
  readonly #whole = new Map<string, Promise<'missing' | 'changed' | null>>()
  /** Those that are read whole now, which end in any order. */
  readonly #reading: Promise<unknown>[] = []
  /** Frames at hand, the one that was not asked for the longest first. */
  readonly #frames = new Map<string, Frame>()
  #atHand = 0

  constructor(objects: ObjectStore, atHand = MOST_AT_HAND) {
    this.#objects = objects
    this.#most = atHand
  }

  /** A run compiled. `null`: its files are not there. Throws TamperError when it is not the one that was recorded. */
  async compiled(line: IndexLine): Promise<CompiledLine | null> {
    if (line.packed && (await this.#head(line.packed.segment)).compile_rules === COMPILE_RULES)
      return readCompiledText(await this.#compiledText(line.run_id, line.packed), line.run_id)
    const files = await this.files(line)
    if (files === null) return null
    // Made of the files: where it is gone, or what other rules made, it is made again.
    const beside = line.compiled?.rules === COMPILE_RULES ? await this.beside(line) : null
    if (beside !== null) {
      checkSeals(line.run_id, files)
      if (isCompiledOf(beside, files)) return readCompiledText(beside, line.run_id)
      throw new TamperError(line.run_id, 'decision-record.json', 'it is not the one that was compiled')
    }
    const { run, recorded } = readRunFiles(line.run_id, files)
    return asLine(compileRun(run, recorded))
  }

  /** What lies compiled beside the five files of a run; null: nothing. Throws TamperError when it is not what the index names. */
  async beside({ run_id, date, compiled }: IndexLine): Promise<string | null> {
    if (compiled === undefined) return null
    const key = keys.runCompiled(date, run_id)
    const text = await readText(this.#objects, key)
    if (text !== null && digestOfBytes(text) !== compiled.digest)
      throw new TamperError(run_id, key, 'it is not the line that the index names')
    return text
  }

  /** The five files of a run; `null` when its decision record is not there (it was never finished). */
  async files(line: IndexLine): Promise<RunFiles | null> {
    const { run_id, date, packed } = line
    if (packed) {
      const files = filesOfPacked((await this.packed(line)).recorded)
      const compiled = await this.#compiledText(run_id, packed)
      if (!isCompiledOf(compiled, files))
        throw new TamperError(run_id, packed.segment, 'its record is not the one that was compiled')
      return files
    }
    const folder = keys.run(date, run_id)
    const texts = await Promise.all(RUN_FILES.map((file) => readText(this.#objects, `${folder}${file}`)))
    if (texts[RUN_FILES.indexOf('decision-record.json')] === null) return null
    return Object.fromEntries(RUN_FILES.map((file, i) => [file, texts[i] ?? ''])) as RunFiles
  }

  /** Both lines of a packed run, as they lie. */
  async packed(line: IndexLine): Promise<{ readonly recorded: string; readonly compiled: string }> {
    const { at, bytes, segment } = line.packed!
    const compiled = await this.#compiledText(line.run_id, line.packed!)
    const frame = await this.#frame(segment, at + bytes[0], bytes[1])
    const recorded = frame[line.packed!.line]
    if (recorded === undefined) throw new TamperError(line.run_id, segment, 'its line is not there')
    return { recorded: recorded.toString(), compiled }
  }

  /** Is a segment there, and are its bytes those that it is named by? Read once. */
  soundness(segment: string): Promise<'missing' | 'changed' | null> {
    const known = this.#whole.get(segment)
    if (known) return known
    const place = this.#whole.size % READ_AT_ONCE
    const asked = (this.#reading[place] ?? Promise.resolve()).then(() => this.#soundness(segment))
    this.#reading[place] = asked.catch(() => {})
    this.#whole.set(segment, asked)
    return asked
  }

  async #soundness(segment: string): Promise<'missing' | 'changed' | null> {
    const isSound = await isAsNamed(this.#objects, segment, '.jsonl.zst')
    if (isSound === null) return 'missing'
    return isSound ? null : 'changed'
  }

  async #compiledText(run_id: string, { segment, at, bytes, line, digest }: Packed): Promise<string> {
    await this.#head(segment)
    const lines = await this.#frame(segment, at, bytes[0])
    const held = lines[line]
    // Who reads in the order of cases has read all of it now.
    if (line === lines.length - 1) this.#letGo(segment, at)
    if (held === undefined || digestOfBytes(held) !== digest)
      throw new TamperError(run_id, segment, 'it is not the line that the index names')
    return held.toString()
  }

  #head(segment: string): Promise<SegmentHead> {
    const asked = this.#heads.get(segment) ?? this.#readHead(segment)
    this.#heads.set(segment, asked)
    return asked
  }

  async #readHead(segment: string): Promise<SegmentHead> {
    const bytes = await this.#objects.readRange(segment, 0, MOST_HEAD_BYTES)
    if (bytes === null) throw new UserError(`${segment} is not in this store any more. ${AGAIN}`)
    const head = readSegmentHead(bytes)
    if (!('problem' in head)) return head
    throw new UserError(`${segment} ${head.problem}`)
  }

  #letGo(segment: string, at: number): void {
    const name = nameOf(segment, at)
    this.#atHand -= this.#frames.get(name)?.size ?? 0
    this.#frames.delete(name)
  }

  #frame(segment: string, at: number, bytes: number): Promise<readonly Buffer[]> {
    const name = nameOf(segment, at)
    const frame = this.#frames.get(name) ?? { lines: this.#readFrame(segment, at, bytes), size: 0 }
    if (!this.#frames.delete(name)) void frame.lines.then((lines) => this.#keep(frame, lines)).catch(() => {})
    this.#frames.set(name, frame)
    return frame.lines
  }

  async #readFrame(segment: string, at: number, bytes: number): Promise<readonly Buffer[]> {
    const frame = await this.#objects.readRange(segment, at, bytes)
    const lines = frame && linesOf(frame)
    if (lines) return lines
    throw new UserError(`${segment} was cut or changed. ${AGAIN}`)
  }

  #keep(frame: Frame, lines: readonly Buffer[]): void {
    frame.size = lines.reduce((sum, line) => sum + line.length, 1)
    this.#atHand += frame.size
    for (const [name, { size }] of this.#frames) {
      if (this.#atHand <= this.#most) return
      if (size > 0 && this.#frames.delete(name)) this.#atHand -= size
    }
  }
}

/** The compiled line is held by the index, and holds the decision record, which seals the rest. */
const isCompiledOf = (compiled: string, files: RunFiles): boolean =>
  compiled.includes(`"decision_record":"${digestOfBytes(files['decision-record.json'])}"`)

const nameOf = (segment: string, at: number): string => `${segment} ${at}`
