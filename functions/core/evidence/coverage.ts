/** Did what was read stay complete: passages by bucket, source and hop, before and after. */
import type { Recording } from '#schemas/replay-case.ts'
import { byCodeUnit } from '../canonical.ts'
import type { Replayed } from '../replay/transcript.ts'
import type { CasePair } from './case-pair.ts'
import type { CoverageRow } from './types.ts'

/** Kinds of passages that are counted apart; beyond them all are one row, so that no page grows with a corpus. */
const MOST_ROWS = 60
const OTHERS = 'others'

type Counts = { -readonly [K in keyof Omit<CoverageRow, 'bucket' | 'source' | 'hop'>]: number }
interface Row extends Counts {
  readonly bucket: string
  readonly source: string | null
  readonly hop: number
}

export class Coverage {
  readonly #rows = new Map<string, Row>()
  #known = true

  add({ before, after }: CasePair): void {
    if (!before.replayed || !after.replayed) {
      // A case without an answer loses nothing that could be counted; one whose context nobody saw hides all of it.
      if (after.problem === null) this.#known = false
      return
    }
    const { kept, lost, gained } = passagesOf(before.replayed, after.replayed)
    const { recording } = before.replayed.trimmed
    const { evidence } = recording
    for (const offer of kept) {
      const row = this.#rowOf(recording, offer)
      const isLost = lost.has(offer) ? 1 : 0
      row.before++
      row.removed += isLost
      if (evidence.required[offer]) {
        row.required++
        row.required_lost += isLost
      }
      if (evidence.gold[offer]) {
        row.needed++
        row.needed_lost += isLost
      }
    }
    for (const offer of gained) this.#rowOf(after.replayed.trimmed.recording, offer).added++
    for (const offer of lostValues(after.replayed)) this.#rowOf(after.replayed.trimmed.recording, offer).values_lost++
  }

  /** Rows by bucket, hop and source; null: contexts that nobody recorded are among them. */
  rows(): CoverageRow[] | null {
    if (!this.#known) return null
    return [...this.#rows.values()].sort(
      (a, b) => byCodeUnit(a.bucket, b.bucket) || a.hop - b.hop || byCodeUnit(a.source ?? '', b.source ?? ''),
    )
  }

  #rowOf({ evidence }: Recording, offer: number): Row {
    const [bucket, source, hop] = [evidence.bucket[offer]!, evidence.source[offer] ?? null, evidence.hop[offer]!]
    const known = this.#rows.get(JSON.stringify([bucket, source, hop]))
    if (known) return known
    if (this.#rows.size >= MOST_ROWS) return this.#keep({ bucket: OTHERS, source: null, hop: 1 })
    return this.#keep({ bucket, source, hop })
  }

  #keep({ bucket, source, hop }: Pick<Row, 'bucket' | 'source' | 'hop'>): Row {
    const key = JSON.stringify([bucket, source, hop])
    const row = this.#rows.get(key) ?? { bucket, source, hop, ...NO_COUNTS }
    this.#rows.set(key, row)
    return row
  }
}

const NO_COUNTS: Counts = {
  before: 0,
  removed: 0,
  added: 0,
  required: 0,
  required_lost: 0,
  needed: 0,
  needed_lost: 0,
  values_lost: 0,
}

/** Offers that were read before, those of them that are read no more, and offers of the other recording read for the first time. */
export function passagesOf(before: Replayed<Recording>, after: Replayed<Recording>) {
  const [a, b] = [before.trimmed, after.trimmed]
  const kept = [...a.rendered.kept]
  const nowKept = [...b.rendered.kept]
  // Two recordings of a case number their offers differently: a passage is known by its name.
  const nameIn = ({ recording }: typeof a) =>
    a.recording === b.recording
      ? String
      : (i: number) => `${recording.evidence.bucket[i]}\u0000${recording.evidence.ref[i]}`
  const [nameBefore, nameAfter] = [nameIn(a), nameIn(b)]
  const names = new Set(kept.map((i) => nameBefore(i)))
  const nowNames = new Set(nowKept.map((i) => nameAfter(i)))
  return {
    kept,
    lost: new Set(kept.filter((i) => !nowNames.has(nameBefore(i)))),
    gained: nowKept.filter((i) => !names.has(nameAfter(i))),
  }
}

/** For each value that can be read nowhere any more: the passage where it stood, as far as it stood in one. */
export function lostValues({ trimmed, ungrounded }: Replayed<Recording>): number[] {
  const { first, offer } = trimmed.prepared.needOffers
  return ungrounded.flatMap((need) => (first[need]! < first[need + 1]! ? [offer[first[need]!]!] : []))
}
