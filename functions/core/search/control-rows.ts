/** What a negative control saw, as rows that a person reads: `doctor` and `run` print them. */
import { canonical } from '../canonical.ts'
import type { Control } from './control.ts'

interface ControlRow {
  /** Path of the surface; `all together` for the last. */
  readonly surface: string
  /** Most destructive values within its bounds, the worst first. */
  readonly values: string
  /** Nothing of it changes anything, so its candidates are not paid for. */
  readonly inert: boolean
  /** Families in which utility was seen to fail; 0: its candidates cannot be proposed. */
  readonly utility: number
  /** Families in which each binary floor was seen to fail, by its id. */
  readonly floors: Readonly<Record<string, number>>
}

/** One row a surface in path order, then all of them at once. */
export const controlRows = ({ surfaces, together }: Control): ControlRow[] => [
  ...surfaces.map(({ path, when, values, inert, utility, floors }) => ({
    surface: when === undefined ? path : `${path} where ${canonical(when)}`,
    values: values.map((v) => String(v).slice(0, 40)).join(', '),
    inert,
    utility,
    floors,
  })),
  { surface: 'all together', values: '', inert: false, utility: together.utility, floors: together.floors },
]

/** One line a row: `INERT`, or in how many families each failure was seen. */
export const controlLines = (control: Control): string[] =>
  controlRows(control).map(({ surface, values, inert, utility, floors }) => {
    const seen = Object.entries({ utility, ...floors }).map(([of, families]) => `${of} ${families}`)
    const what = inert ? 'INERT: nothing changes' : `failed families: ${seen.join(', ')}`
    return `   ${surface}${values === '' ? '' : ` at ${values}`}: ${what}`
  })
