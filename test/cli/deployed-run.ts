/** One run of the same records, wherever it is asked for. */
import { expect } from 'vitest'
import { aPack, aSuite, aTarget, aWorld } from '../support/builders.ts'
import { autotune, type Printed, type Workplace } from './command-line.ts'

/** The deployment of an account, for a command. */
export const STACK = ['--stack', 'Autotune']

/** Imports and runs `at_run` at each place, and gives what the imports printed. */
export async function ranAt(place: Workplace, ...places: readonly (readonly string[])[]): Promise<Printed[]> {
  const runs = place.runs('runs.jsonl', aWorld({ search: 6, heldout: 100 }))
  const documents = ['--pack', place.file('pack.json', aPack()), '--suite', place.file('suite.json', aSuite())]
  const split = ['--split', 'recorded', '--split-key', 'key-of-these-tests']
  const target = place.file('target.json', aTarget())
  const imports: Printed[] = []
  for (const where of places) {
    const imported = await autotune('import', runs, ...documents, ...split, ...where)
    expect(imported.code).toBe(0)
    expect((await autotune('run', '--target', target, '--run-id', 'at_run', ...where)).code).toBe(0)
    imports.push(imported)
  }
  return imports
}
