/** Bad evidence: a change that truly harms, in records that hide it. What is certified there is certified wrongly. */
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { RunSummary } from '#schemas/run.ts'
import { type Draws, draws } from './bench.ts'

/** One life of a world: who is harmed, whose record is bad, and on which side of the split. */
export interface Given {
  /** Share of families that the change truly harms; 0 in the life that shows that the world can certify at all. */
  readonly harm: number
  /** Share of records that are bad. They lie where the change harms, as far as they reach. */
  readonly bad: number
  /** Whether the search side is harmed and bad as well: where it is not, only the sealed side could tell. */
  readonly onSearch: boolean
  readonly draw: Draws
}

export interface EvidenceWorld {
  /** What was fed in. */
  readonly name: string
  /** Shares of bad records that are tried. */
  readonly rates: readonly number[]
  /** One life through the real pipeline, over a store in memory. Every certificate is a wrong one where `harm` is above 0. */
  readonly life: (given: Given) => Promise<Ending>
}

/** How a life ended: a verdict, or an error that a person reads. */
export interface Ending {
  readonly verdict: RunSummary['verdict'] | 'error'
  readonly says: string
  /** Of a certificate, where it does not follow from the life: whether it is a wrong one. */
  readonly isWrong?: boolean
}

/** What one family of a world is. */
export interface Fate {
  readonly id: string
  readonly side: 'search' | 'heldout'
  readonly harmed: boolean
  readonly bad: boolean
}

/** Families that may violate, by the limit that the worlds declare, and the larger share that truly does. */
export const LIMIT = 0.1
export const HARM = 0.12
export const RATES = [0.01, 0.05, 0.25, 1]
const FAMILIES = { search: 40, heldout: 120 }

/** The families of a life, in a drawn order. */
export function fates({ harm, bad, onSearch, draw }: Given, heldout = FAMILIES.heldout): Fate[] {
  return (['search', 'heldout'] as const).flatMap((side) => {
    const n = side === 'search' ? FAMILIES.search : heldout
    const share = side === 'search' && !onSearch ? 0 : 1
    const [harmed, spoiled] = [Math.ceil(share * harm * n), Math.ceil(share * bad * n)]
    return shuffled(n, draw).map((place, i) => ({
      id: `${side}${i}`,
      side,
      harmed: place < harmed,
      bad: place < spoiled,
    }))
  })
}

function shuffled(n: number, draw: Draws): number[] {
  const places = Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = draw.below(i + 1)
    const kept = places[i]!
    places[i] = places[j]!
    places[j] = kept
  }
  return places
}

/** A run per family. */
export const recorded = (given: Given, runOf: (fate: Fate, i: number) => ExperienceRun): ExperienceRun[] =>
  fates(given).map(runOf)

/** The verdict of a run, or what it was refused with. */
export const ending = (run: Promise<RunSummary>): Promise<Ending> =>
  run.then(
    ({ verdict, reasons }) => ({ verdict, says: reasons[0] ?? '' }),
    (error: Error) => ({ verdict: 'error', says: error.message }),
  )

/** Lives of a world at each rate, half of them bad on both sides and half on the sealed side alone. */
const LIVES = 8
const SEED = 41

export const EVIDENCE_CONDITIONS = `${LIVES} lives a kind and rate; ${FAMILIES.search} search and ${FAMILIES.heldout} sealed families, limit ${100 * LIMIT} %, ${100 * HARM} % harmed, bad records first where the change harms; seed ${SEED}`

export interface EvidenceRow {
  readonly world: string
  readonly rates: readonly number[]
  /** Wrong certificates at each rate, of `lives`. */
  readonly wrong: readonly number[]
  readonly lives: number
  /** 1: with good records and no harm the same world certifies, so that its zeros say something. */
  readonly harmless: number
}

/** Every world at its rates, one life after the other. */
export async function evidenceRows(worlds: readonly EvidenceWorld[]): Promise<EvidenceRow[]> {
  const rows: EvidenceRow[] = []
  for (const [at, { name, rates, life }] of worlds.entries()) {
    const wrong: number[] = []
    for (const [step, bad] of rates.entries()) {
      let certified = 0
      for (let n = 0; n < LIVES; n++) {
        const draw = draws(SEED + 1000 * at + 100 * step + n)
        const { verdict, isWrong = true } = await life({ harm: HARM, bad, onSearch: n % 2 === 0, draw })
        if (verdict === 'certified' && isWrong) certified++
      }
      wrong.push(certified)
    }
    const { verdict } = await life({ harm: 0, bad: 0, onSearch: true, draw: draws(SEED) })
    rows.push({ world: name, rates, wrong, lives: LIVES, harmless: verdict === 'certified' ? 1 : 0 })
  }
  return rows
}
