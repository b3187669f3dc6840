/** Families of a panel by what each binary floor has to look at: counted once, from recorded runs alone. */
import { fieldOf } from '../statistics/series.ts'
import { EXPOSURES, type Exposure, worstExposure } from './exposures.ts'
import { exposureAt, floorLetters } from './floor-letters.ts'
import type { Panel } from './panel.ts'

/** Families by exposure, one evaluator. */
export type ExposureCounts = Readonly<Record<Exposure, number>>

const CODES: ReadonlyMap<Exposure, number> = new Map(EXPOSURES.map((exposure, i) => [exposure, i + 1]))
/** The exposure that a code of `familyExposures` stands for. */
export const exposureOfCode = (code: number): Exposure => EXPOSURES[code - 1] ?? 'not_recorded'
/** Code of the worst of two, by both of their codes; of a family without a case yet it is that of the other. */
const WORST = [0, ...CODES.values()].map((before) =>
  [0, ...CODES.values()].map((now) =>
    before === 0 || now === 0 ? now : CODES.get(worstExposure([exposureOfCode(before), exposureOfCode(now)]))!,
  ),
)

const OF_PANELS = new WeakMap<Panel, readonly Uint8Array[]>()

/** Exposure of each family to one floor (its index in the suite's order): the worst of its cases. Computed once a panel. */
export function familyExposures(panel: Panel, floors: number): readonly Uint8Array[] {
  const known = OF_PANELS.get(panel)
  if (known?.length === floors) return known
  const found = exposuresOf(panel, floors)
  OF_PANELS.set(panel, found)
  return found
}

function exposuresOf({ cases, families, familyOf }: Panel, floors: number): readonly Uint8Array[] {
  const found = Array.from({ length: floors }, () => new Uint8Array(families))
  /** Codes of each floor by the letters of a case: few of many cases differ in them. */
  const known = new Map<string | undefined, readonly number[]>()
  const codesOf = (letters: string | undefined): readonly number[] => {
    const { exposure } = floorLetters(letters)
    return found.map((_, floor) => CODES.get(exposureAt(exposure, floor))!)
  }
  const lettersAt = fieldOf(cases, 'floors')
  for (let at = 0; at < cases.length; at++) {
    const letters = lettersAt(at)
    const codes = known.get(letters) ?? codesOf(letters)
    known.set(letters, codes)
    const family = familyOf[at]!
    for (let floor = 0; floor < floors; floor++) {
      const of = found[floor]!
      of[family] = WORST[of[family]!]![codes[floor]!]!
    }
  }
  return found
}

/** Families by exposure of every floor that the cases carry letters of, in the order of the suite. */
export function exposureCounts(panel: Panel): ExposureCounts[] {
  const first = panel.cases.at(0)
  const floors = floorLetters(first?.floors).exposure.length
  return familyExposures(panel, floors).map((of) => {
    const counts = { exposed: 0, not_at_stake: 0, not_recorded: 0 }
    for (const code of of) counts[exposureOfCode(code)]++
    return counts
  })
}
