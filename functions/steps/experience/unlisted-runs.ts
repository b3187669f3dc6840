/** Runs of one side that the indexes do not list yet, put aside in the order in which they come. */
import type { IndexLine } from '#core/experience/index-line.ts'
import type { Scratch } from '../../ports.ts'
import type { ImportedRun } from './imported.ts'
import type { Side } from './side.ts'

export class UnlistedRuns {
  readonly intents = new Set<string>()
  readonly #aside: Scratch
  readonly #side: Side
  readonly #isNoted: boolean
  #count = 0

  /** @param isNoted somebody asks for `records` */
  constructor(aside: Scratch, side: Side, isNoted: boolean) {
    this.#aside = aside
    this.#side = side
    this.#isNoted = isNoted
  }

  /** @param record digest of its decision record */
  add(intent: string, line: IndexLine, record: string): void {
    this.intents.add(intent)
    const number = String(this.#count++).padStart(12, '0')
    this.#aside.set(`${this.#prefix(intent)}${number}`, JSON.stringify(line))
    if (!this.#isNoted) return
    const compiled = (line.packed ?? line.compiled)?.digest
    this.#aside.set(
      `record ${this.#side} ${number}`,
      JSON.stringify({
        run: line.run_id,
        record,
        ...(compiled && { compiled }),
      } satisfies ImportedRun),
    )
  }

  *records(): Generator<ImportedRun> {
    for (const [, line] of this.#aside.entries(`record ${this.#side} `)) yield JSON.parse(line) as ImportedRun
  }

  *linesOf(intent: string): Generator<IndexLine> {
    for (const [, line] of this.#aside.entries(this.#prefix(intent))) yield JSON.parse(line) as IndexLine
  }

  #prefix(intent: string): string {
    return `unlisted ${this.#side} ${intent} `
  }
}
