/**
 * Runs that say nearly what another one says. They are told of; only who asks for it has them counted as one family. The
 * table lies under ingest's own prefix: sketches of sealed texts would tell others what was said.
 */
import type { RunFacts } from '#core/experience/prepared-run.ts'
import { hideUnderRun, likeness } from '#core/experience/sketch.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore, Scratch } from '../../ports.ts'
import { streamLines } from '../../streams/read-object.ts'
import { addSegments } from './segments.ts'
import type { Side } from './side.ts'

/** From this estimated share of common shingles on, two runs are near copies. */
const LEAST_LIKENESS = 0.8

/** A run that is the first of some bands, in the table. */
interface StoredSketch {
  readonly bands: readonly string[]
  readonly signature: string
  /** Hash of the run. */
  readonly run: string
  /** Name of its family, hidden under the run and the key. */
  readonly family: string
  readonly side: Side
}

/** The same in this import, by its run. */
type KnownSketch = Pick<StoredSketch, 'signature' | 'family'> & {
  /** null: no earlier import stored it; then the rest is known. */
  readonly side: Side | null
  readonly run_id: string | null
  /** Hash of its family. */
  readonly first?: string
  /** Side of that where it joins no other. */
  readonly alone?: Side
  readonly bands?: readonly string[]
}

/** A run like another one: the family of that one, and its id where this import holds it. */
interface Alike {
  readonly family: string
  readonly side: Side | null
  readonly run_id: string | null
}

type SideOf = (intent: string, family: string, alone: Side) => Side

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

  /** Notes a run; the first one that it is like, if there is one. `alone`: side of its family where that joins no other. */
  note({ intent, line, names, sketch }: RunFacts, alone: Side): Alike | null {
    if (sketch === null) return null
    const hashed = names.run
    const { signature, hidden: family } = sketch
    let alike: Alike | null = null
    const bands: string[] = []
    for (const band of sketch.bands) {
      const at = `near ${intent} ${band}`
      const other = this.#aside.get(at)
      if (other === null) {
        this.#aside.set(at, hashed)
        bands.push(band)
      } else if (alike === null && other !== hashed) {
        const first = JSON.parse(this.#aside.get(`sketch ${intent} ${other}`)!) as KnownSketch
        if (likeness(first.signature, signature) >= LEAST_LIKENESS)
          alike = {
            family: hideUnderRun(this.#splitKey, other).reveal(first.family),
            side: first.side,
            run_id: first.run_id,
          }
      }
    }
    if (bands.length > 0) {
      const known: KnownSketch = {
        signature,
        family,
        side: null,
        run_id: line.run_id,
        first: line.family,
        alone,
        bands,
      }
      this.#aside.set(`sketch ${intent} ${hashed}`, JSON.stringify(known))
    }
    return alike
  }

  /** Reads what earlier imports know of an intent. */
  async learn(intent: string): Promise<void> {
    if (this.#intents.has(intent)) return
    this.#intents.add(intent)
    for await (const key of this.#objects.list(keys.sketches(intent)))
      for await (const text of streamLines(this.#objects, key)) {
        // Imports before segments wrote a line for each band.
        const { run, band, bands = [band!], ...known } = JSON.parse(text) as StoredSketch & { readonly band?: string }
        for (const one of bands) this.#aside.set(`near ${intent} ${one}`, run)
        this.#aside.set(`sketch ${intent} ${run}`, JSON.stringify({ ...known, run_id: null } satisfies KnownSketch))
      }
  }

  /** Keeps what is new. `sideOf`: where the runs of a family go, by its hash. */
  async keep(sideOf: SideOf): Promise<void> {
    for (const intent of this.#intents)
      await addSegments(this.#objects, this.#newSketches(intent, sideOf), (digest) =>
        keys.sketchSegment(intent, digest),
      )
  }

  *#newSketches(intent: string, sideOf: SideOf): Generator<StoredSketch> {
    const prefix = `sketch ${intent} `
    for (const [key, text] of this.#aside.entries(prefix)) {
      const { first, alone, bands, signature, family } = JSON.parse(text) as KnownSketch
      if (first !== undefined)
        yield { bands: bands!, family, run: key.slice(prefix.length), side: sideOf(intent, first, alone!), signature }
    }
  }
}
