/** Runs on their way through an import: each is taken in once, put aside prepared, and read again in the same order. */
import { digestOfBytes } from '#core/canonical.ts'
import type { CompiledBeside } from '#core/experience/index-line.ts'
import type { RunFacts } from '#core/experience/prepared-run.ts'
import { COMPILE_RULES } from '#schemas/compile-rules.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { Scratch } from '../../ports.ts'

/** A prepared run; its texts as they come from whoever prepared it. */
export interface IncomingRun {
  readonly facts: RunFacts
  readonly compiled: string | Uint8Array
  readonly recorded: string | Uint8Array
  /** It was read from traces; `waitedAlone`: from nothing of this import but what waited for it since an earlier one. */
  readonly traced?: { readonly waitedAlone: boolean }
}

/** Where the texts of a run lie among what is aside, and their bytes. */
export interface TextsAside {
  readonly at: readonly [compiled: number, recorded: number]
  readonly bytes: number
}

/** A run that was taken in. */
export interface TakenRun {
  readonly facts: RunFacts
  readonly texts: TextsAside
  /** The run itself. */
  read(): ExperienceRun
  /** Its canonical text. */
  recorded(): string
  /** The same compiled. */
  compiled(): string
}

export class IncomingRuns {
  readonly #facts: Scratch
  readonly #texts: Scratch

  /** @param facts and `texts` are for this list alone, which closes them */
  constructor(facts: Scratch, texts: Scratch) {
    this.#facts = facts
    this.#texts = texts
  }

  get count(): number {
    return this.#facts.records.count
  }

  /** Where the texts lie. */
  get texts(): Scratch['records'] {
    return this.#texts.records
  }

  take({ facts, compiled, recorded }: IncomingRun): TakenRun {
    const texts = putAside(this.texts, [compiled, recorded])
    // A sketch is asked of a run once.
    this.#facts.records.append(JSON.stringify({ facts: { ...facts, sketch: null }, texts }))
    return this.#taken(facts, texts)
  }

  *all(): Generator<TakenRun> {
    for (const line of this.#facts.records.texts()) {
      const { facts, texts } = JSON.parse(line) as Pick<TakenRun, 'facts' | 'texts'>
      yield this.#taken(facts, texts)
    }
  }

  close(): void {
    this.#facts.close()
    this.#texts.close()
  }

  #taken(facts: RunFacts, texts: TextsAside): TakenRun {
    const text = (at: number) => this.texts.read(at).toString()
    const [compiled, recorded] = [() => text(texts.at[0]), () => text(texts.at[1])]
    return { facts, texts, compiled, recorded, read: () => JSON.parse(recorded()) as ExperienceRun }
  }
}

/** What the index says of a compiled line that lies beside the files of its run. */
export const besideAs = (compiled: string): CompiledBeside => ({
  digest: digestOfBytes(compiled),
  rules: COMPILE_RULES,
})

/** Puts both texts of a packed run aside. */
export function putAside(
  records: Scratch['records'],
  texts: readonly [compiled: string | Uint8Array, recorded: string | Uint8Array],
): TextsAside {
  const [compiled, recorded] = texts.map((text) => (typeof text === 'string' ? Buffer.from(text) : text)) as [
    Uint8Array,
    Uint8Array,
  ]
  return {
    at: [records.append(compiled), records.append(recorded)],
    bytes: compiled.length + recorded.length,
  }
}
