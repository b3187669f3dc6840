/** A real run leaves the same bytes embedded and through the synthesized workflow. */
import { expect, test } from 'vitest'
import { newsRetrieval } from '../../examples/real/cases/news-retrieval.ts'
import { publishPack, publishSuite } from '../../functions/steps/experience/documents.ts'
import { ingest } from '../../functions/steps/experience/ingest.ts'
import { memory } from '../steps/stores.ts'
import { RUN, twin } from '../support/workflow/twin.ts'
import { allRuns, describeReal, runOf } from './support.ts'

describeReal('news-retrieval, deployed', () => {
  test('leaves the artifacts of the embedded run, byte for byte', async () => {
    const run = runOf(newsRetrieval)
    const runs = await allRuns(run)
    const store = memory()
    await publishPack(store, run.pack)
    await publishSuite(store, run.suite)
    const source = async function* () {
      yield* runs
    }
    await ingest(store, source, { by: 'hash', key: run.splitKey!, heldout_share: 0.5 })
    const same = await twin(store, run.target)
    expect(same.verdict).toBe('certified')
    const { store: deployed, execution } = await same.deployed({ shardCases: 50 })
    expect(execution.output).toEqual({ run_id: RUN, verdict: 'certified' })
    await same.expectSame(deployed)
  })
})
