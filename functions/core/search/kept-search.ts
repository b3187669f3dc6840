/**
 * A search between two candidates, as values: another process goes on from there, and asks for nothing again that was
 * answered. What it finds is the same, to the byte.
 */
import type { CandidateScore } from '#schemas/candidate.ts'
import { MeasureList, type PackedMeasures } from '../evaluate/measure-list.ts'
import type { Control } from './control.ts'
import type { ReplayMemo } from './memo.ts'
import type { ReplayCounts } from './replayer.ts'
import type { NoSearchArm, SearchResult } from './search-result.ts'

/** What a search found before its no-search arm. */
export type Found = Omit<SearchResult, 'noSearch' | 'control'>

/** How far the no-search arm is: points drawn, and what became of them. */
interface KeptArm extends Pick<NoSearchArm, 'candidates' | 'best'> {
  readonly tries: number
}

/** Where a search stands. Rows of its memory are kept beside it, and those of the search are not needed once it has found. */
export interface KeptSearch {
  readonly control: Control
  /** Candidates that were looked at, in the order of the search. */
  readonly settled: readonly CandidateScore[]
  /** Ids of those that were paid for. */
  readonly replayed: readonly string[]
  /** Cases that dropped a candidate, by index, and how often. */
  readonly kills: readonly (readonly [index: number, times: number])[]
  /** Of the memory whose rows are kept. */
  readonly counts: ReplayCounts
  /** null: the search goes on. */
  readonly found: Found | null
  /** null: no point was drawn yet. */
  readonly arm: KeptArm | null
}

/** Where a search begins, and who keeps what it comes to. */
export interface Keep {
  /** null: at its beginning. */
  readonly from: KeptSearch | null
  /** Rows of the memory that `from` counts, in their order. */
  readonly rows: () => Iterable<Uint8Array>
  /**
   * Is told each place from which another process can go on, with the rows since the one before; they are good until it
   * returns. After `found` has come for the first time, rows are those of the arm.
   */
  reached(kept: KeptSearch, rows: Iterable<Uint8Array>): void
}

/** Keeps a search while it runs. */
export class Keeping {
  readonly #keep: Keep | null
  #kept: KeptSearch | null
  #settled: CandidateScore[]
  #written = 0

  constructor(keep: Keep | null) {
    this.#keep = keep
    this.#kept = keep?.from ?? null
    this.#settled = [...(this.#kept?.settled ?? [])]
  }

  get from(): KeptSearch | null {
    return this.#keep?.from ?? null
  }

  /** What became of the candidate that is looked at as the so-manieth; undefined: it is to be looked at. */
  settledAt(place: number): CandidateScore | undefined {
    return this.from?.settled[place]
  }

  /** Goes on with a memory as it was kept. */
  resume(memo: ReplayMemo): void {
    const { from } = this
    if (from === null) return
    memo.restore(this.#keep!.rows(), from.counts)
    this.#written = memo.end
  }

  begun(control: Control): void {
    if (this.#keep === null || this.#kept !== null) return
    const counts = { paid: 0, avoided: 0, unreplayable: 0, failed: 0 }
    this.#reach({ control, settled: [], replayed: [], kills: [], counts, found: null, arm: null }, [])
  }

  settled(score: CandidateScore, replayed: readonly string[], kills: Int32Array, memo: ReplayMemo): void {
    if (this.#keep === null) return
    this.#settled.push(score)
    const killers: [number, number][] = []
    kills.forEach((times, index) => {
      if (times > 0) killers.push([index, times])
    })
    const settled = { settled: [...this.#settled], replayed: [...replayed], kills: killers }
    this.#reach({ ...this.#kept!, ...settled, counts: memo.counts }, memo.rows(this.#written))
    this.#written = memo.end
  }

  found(found: Found): void {
    if (this.#keep === null) return
    const counts = { paid: 0, avoided: 0, unreplayable: 0, failed: 0 }
    // Whatever led there is in it, and is kept no longer.
    this.#reach({ ...this.#kept!, settled: [], replayed: [], kills: [], counts, found }, [])
  }

  /** The arm begins with a memory of its own. */
  armBegins(memo: ReplayMemo): void {
    this.#written = memo.end
  }

  armReached(arm: KeptArm, memo: ReplayMemo): void {
    if (this.#keep === null) return
    this.#reach({ ...this.#kept!, counts: memo.counts, arm }, memo.rows(this.#written))
    this.#written = memo.end
  }

  #reach(kept: KeptSearch, rows: Iterable<Uint8Array>): void {
    this.#kept = kept
    this.#keep!.reached(kept, rows)
  }
}

/** How often each case dropped a candidate. */
export function killsOf({ kills }: Pick<KeptSearch, 'kills'>, cases: number): Int32Array {
  const times = new Int32Array(cases)
  for (const [index, count] of kills) times[index] = count
  return times
}

/** A result as it was parsed from its JSON, whose measures are a list again. */
export function revived<F extends Found>(found: F): F {
  const packed = found.firstMeasures as unknown as PackedMeasures | null
  return { ...found, firstMeasures: packed && MeasureList.parse(packed) }
}
