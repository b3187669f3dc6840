/** Runs of which two fill a segment, as two thousand others do; run by itself, it imports them into the deployment that its environment names. */
import { createHash } from 'node:crypto'
import { openAwsStore } from '#adapters/aws/open-store.ts'
import { aFamily } from '../../support/builders.ts'
import { imported } from '../stores.ts'

/** Bytes of a run's one passage, whose text is twice as long, and takes its room in a segment too. */
const LARGE = 4 * 1024 * 1024
const noise = (run: number): string => createHash('shake256', { outputLength: LARGE }).update(`${run}`).digest('hex')

export const largeRuns = () =>
  Array.from({ length: 5 }, (_, i) => {
    const run = aFamily(`f${i}`, { side: i === 0 ? 'heldout' : 'search' })
    return { ...run, evidence: run.evidence.map((one, at) => (at === 0 ? { ...one, text: noise(i) } : one)) }
  })

if (import.meta.main) {
  const names = { bucket: 'experience', vault: 'vault', releases: null, heads: null, table: process.env.TABLE! }
  const store = openAwsStore(names)
  await imported(store, largeRuns(), 'segments')
  store.close()
}
