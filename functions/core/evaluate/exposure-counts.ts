/** Families of a panel by what each binary floor has to look at: counted once, from recorded runs alone. */
import { fieldOf } from '../statistics/series.ts'
import { EXPOSURES, type Exposure, worstExposure } from './exposures.ts'
import { exposureAt, floorLetters } from './floor-letters.ts'
import type { Panel } from './panel.ts'

/** Families by exposure, one evaluator. */
export type ExposureCounts = Readonly<Record<Exposure, number>>

const CODES: ReadonlyMap<Exposure, number> = new Map(EXPOSURES.map((exposure, i) => [exposure, i + 1]))

/** Exposure of each family to one floor (its index in the suite's order): the worst of its cases. */
export function familyExposures({ cases, families, familyOf }: Panel, floors: number): readonly Uint8Array[] {
  const found = Array.from({ length: floors }, () => new Uint8Array(families))
  const lettersAt = fieldOf(cases, 'floors')
  for (let at = 0; at < cases.length; at++) {
    const { exposure } = floorLetters(lettersAt(at))
    const family = familyOf[at]!
    for (const [floor, of] of found.entries()) {
      const before = EXPOSURES[of[family]! - 1]
      const now = exposureAt(exposure, floor)
      of[family] = CODES.get(before === undefined ? now : worstExposure([before, now]))!
    }
  }
  return found
}

/** The exposure that a code of `familyExposures` stands for. */
export const exposureOfCode = (code: number): Exposure => EXPOSURES[code - 1] ?? 'not_recorded'

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
