/** The bands file of a command: read, held to its contract, and with the targets that it names by their paths. */
import { dirname, join } from 'node:path'
import { digestOf } from '#core/canonical.ts'
import { Bands, withTargets } from '#schemas/bands.ts'
import type { LocalStore } from '../../embedded/open-store.ts'
import { readInput } from '../../embedded/read-input.ts'
import { UserError } from '../../errors.ts'
import { parseAs, parseJson } from '../../steps/experience/parse.ts'
import { parseTarget } from '../../steps/experience/parse-documents.ts'
import { declareBudget } from '../../steps/heldout/year.ts'

/** Takes up the error budget that bands declare. Returns a line for people where another one holds; none where it does. */
export async function takeBudget(store: LocalStore, bands: Bands): Promise<string[]> {
  const { error_budget_per_year: budget = null, signed_budget: signed = null } = bands
  const left = await declareBudget(store, { budget, signed, bands: digestOf(bands) })
  return left === null ? [] : [`budget   ${left}`]
}

/** Bands of a file. Throws UserError with file, field and what to do. */
export function readBands(file: string): Bands {
  const targetAt = (path: string) => {
    const at = join(dirname(file), path)
    return parseTarget(readInput(at), at)
  }
  const bands = parseAs(Bands, parseJson(readInput(file), file), file)
  return withTargets(bands, targetAt, (why) => new UserError(`${file}: ${why}`))
}
