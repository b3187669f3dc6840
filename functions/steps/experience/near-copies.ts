/**
 * Runs that say nearly what another one says. They are told of; only who asks for it has them counted as one family. The
 * table lies under ingest's own prefix: sketches of sealed texts would tell others what was said.
 */
import { canonicalLines, digestOfBytes } from '#core/canonical.ts'
import { hiddenUnder } from '#core/experience/content.ts'
import { familyHash } from '#core/experience/index-line.ts'
import { likeness, type Sketch, sketchOf } from '#core/experience/sketch.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore, Scratch } from '../../ports.ts'
import { inShards } from '../../streams/groups.ts'
import { streamLines } from '../../streams/read-object.ts'
import type { Side } from './import-journal.ts'

/** From this estimated share of common shingles on, two runs are near copies. */
const LEAST_LIKENESS = 0.8
const SEGMENT_LINES = 10_000

/** The first run of a band, in the table. */
interface StoredBand {
  readonly band: string
  readonly signature: string
  /** Hash of the run. */
  readonly run: string
  /** Name of its family, hidden under the run and the key. */
  readonly family: string
  readonly side: Side
}

/** The same in this import. */
type Band = Omit<StoredBand, 'band' | 'side'> & {
  /** null: no earlier import stored it; then its run's id is known. */
  readonly side: Side | null
  readonly run_id: string | null
  /** Hash of its family. */
  readonly first?: string
}

/** A run like another one: the family of that one, and its id where this import holds it. */
export interface Alike {
  readonly family: string
  readonly side: Side | null
  readonly run_id: string | null
}

export class NearCopies {
  readonly #objects: ObjectStore
  readonly #aside: Scratch
  readonly #splitKey: string
  readonly #intents = new Set<string>()

  constructor(objects: ObjectStore, aside: Scratch, splitKey: string) {
    this.#objects = objects
    this.#aside = aside
    this.#splitKey = splitKey
  }

  /** Notes a run; the first one that it is like, if there is one. */
  note(run: ExperienceRun, hashed: string): Alike | null {
    const sketch = sketchOf(this.#splitKey, run)
    if (sketch === null) return null
    let alike: Alike | null = null
    const mine = JSON.stringify(this.#bandOf(run, hashed, sketch))
    for (const band of sketch.bands) {
      const at = `near ${run.intent_id} ${band}`
      const first = JSON.parse(this.#aside.get(at) ?? 'null') as Band | null
      if (first === null) this.#aside.set(at, mine)
      else if (alike === null && first.run !== hashed && likeness(first.signature, sketch.signature) >= LEAST_LIKENESS)
        alike = { family: this.#hidden(first.run).reveal(first.family), side: first.side, run_id: first.run_id }
    }
    return alike
  }

  /** Reads what earlier imports know of an intent. */
  async learn(intent: string): Promise<void> {
    if (this.#intents.has(intent)) return
    this.#intents.add(intent)
    for await (const key of this.#objects.list(keys.sketches(intent)))
      for await (const text of streamLines(this.#objects, key)) {
        const { band, ...first } = JSON.parse(text) as StoredBand
        this.#aside.set(`near ${intent} ${band}`, JSON.stringify({ ...first, run_id: null } satisfies Band))
      }
  }

  /** Keeps what is new. `sideOf`: where the runs of a family go, by its hash. */
  async keep(sideOf: (intent: string, family: string) => Side): Promise<void> {
    for (const intent of this.#intents)
      for await (const lines of inShards(this.#newBands(intent, sideOf), SEGMENT_LINES)) {
        const text = canonicalLines(lines)
        await this.#objects.putIfAbsent(keys.sketchSegment(intent, digestOfBytes(text)), text)
      }
  }

  *#newBands(intent: string, sideOf: (intent: string, family: string) => Side): Generator<StoredBand> {
    const prefix = `near ${intent} `
    for (const [key, text] of this.#aside.entries(prefix)) {
      const { run_id: _id, side: _none, first, ...band } = JSON.parse(text) as Band
      if (first !== undefined) yield { ...band, band: key.slice(prefix.length), side: sideOf(intent, first) }
    }
  }

  #bandOf({ family_id, run_id }: ExperienceRun, run: string, { signature }: Sketch): Band {
    return {
      run,
      run_id,
      signature,
      family: this.#hidden(run).hide(family_id),
      side: null,
      first: familyHash(family_id),
    }
  }

  #hidden(run: string) {
    return hiddenUnder(this.#splitKey, `near\u0000${run}`)
  }
}
