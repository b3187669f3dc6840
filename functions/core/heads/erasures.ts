/** What people had erased, as the tombstones of the journal say it: which runs, why, and what may be missing for it. */
import type { ErasedHead } from '#schemas/head-line.ts'

/** Who had something erased, when and why. */
export interface Tombstone {
  readonly at: string
  readonly person: string
  readonly reason: string
}

export class Erasures {
  readonly #runs = new Map<string, Tombstone & { readonly family: string }>()
  readonly #replaced = new Map<string, { readonly is: string | null; readonly by: Tombstone }>()

  add({ runs, replaced, person, reason }: ErasedHead, at: string): void {
    const by = { at, person, reason }
    // The first tombstone of a run stands: a killed erasure may have to write another one to end.
    for (const { run, family } of runs) if (!this.#runs.has(run)) this.#runs.set(run, { ...by, family })
    for (const { was, is } of replaced) if (was !== is) this.#replaced.set(was, { is, by })
  }

  /** Runs that were erased. */
  get count(): number {
    return this.#runs.size
  }

  /** Tombstone of a run, by the hash of its id; null: it was not erased. */
  ofRun(run: string): Tombstone | null {
    return this.#runs.get(run) ?? null
  }

  /** Tombstones of the runs of a family, by its hash. */
  ofFamily(family: string): readonly Tombstone[] {
    return [...this.#runs.values()].filter((one) => one.family === family)
  }

  /**
   * Does an erasure explain that `found` (null: nothing) stands where `was` was written?
   * @returns the tombstone of the last one; null: none does
   */
  explains(was: string, found: string | null): Tombstone | null {
    let last = this.#replaced.get(was)
    for (const passed = new Set([was]); last?.is != null && !passed.has(last.is); ) {
      passed.add(last.is)
      const next = this.#replaced.get(last.is)
      if (next === undefined) break
      last = next
    }
    return last !== undefined && last.is === found ? last.by : null
  }

  /** Is this the digest of something that was erased, and that stands nowhere any more unless somebody put it back? */
  isGone(digest: string): boolean {
    return this.#replaced.has(digest)
  }
}

/** What is wrong with something that was erased and stands, in words that follow its name. */
export const STANDS_AGAIN =
  'was erased, and stands there: the erasure did not come to its end, or somebody put it back. The same "autotune erase" again ends it, or take it away'

/** A tombstone in words that follow the name of what was erased. */
export const erasedBy = ({ at, person, reason }: Tombstone): string =>
  `erased on ${at.slice(0, 10)} by ${person}: ${reason}`
