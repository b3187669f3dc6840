/** A store with a suite of one's own beside grounding and utility, imported and run by the command line. */
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { aPack, aSuite, aWorld } from '../support/builders.ts'
import type { Printed, Workplace } from './command-line.ts'

const others = ['safety', 'utility'].flatMap((of) => aSuite().evaluators.filter(({ dimension }) => dimension === of))

/** Ten families to search, and as many sealed ones as a bound of a mean needs. */
export const aSmallWorld = (): ExperienceRun[] => aWorld({ search: 10, heldout: 100 })

/** What is done in a place. */
export const ownSuite = (place: Pick<Workplace, 'at' | 'file' | 'runs'>) => ({
  /** Imports a suite of these evaluators and the others, then runs; what the import that failed, or the last one, printed. */
  async stored(
    evaluators: EvaluatorSuite['evaluators'],
    runs: readonly ExperienceRun[] = aSmallWorld(),
  ): Promise<Printed> {
    const pack = place.file('pack.json', aPack())
    const suite = place.file('suite.json', { ...aSuite(), evaluators: [...others, ...evaluators] })
    const documents = await place.at('import', '--pack', pack, '--suite', suite)
    if (documents.code !== 0) return documents
    return place.at('import', place.runs('runs.jsonl', runs), '--split', 'recorded')
  },
  async ranFor(target: object): Promise<Pick<Printed, 'code' | 'out' | 'err'>> {
    const { code, out, err } = await place.at('run', '--target', place.file('target.json', target))
    return { code, out, err }
  },
})
