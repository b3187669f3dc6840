/** Evidence of a live run: its baseline is what it answered anew, not what was recorded. */
import { expect, test } from 'vitest'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { readReport } from '../../../functions/steps/report/read-report.ts'
import { runTarget } from '../../../functions/steps/run/run.ts'
import { aTarget } from '../../support/builders.ts'
import { asker, liveDesk, liveInProcess, liveSuite, liveWorld, scripted } from '../../support/live-engine.ts'
import { contents, holder, memory, stocked } from '../stores.ts'

/** Every record says "yes"; asked anew, one case says "no" under any settings. */
const turned = () => scripted(({ prompt }) => (prompt.startsWith('refund s3:') ? 'no' : undefined))

test('a case that the live baseline fails as well is no harm of the change, and the gain begins at the live baseline', async () => {
  const store = await stocked(memory(), liveWorld(), { suite: liveSuite() })
  const model = turned()
  const engine = liveInProcess(store, asker(store, model), liveDesk())
  const target = aTarget({ scoring: { replayer: 'module' } })
  const given = { target, candidates: null, runId: 'r', demonstration: null }
  expect((await runTarget(store, given, holder(), engine)).verdict).toBe('certified')
  const before = await contents(store)

  const facts = (await readReport(store, transcriptEngine(), 'r'))!
  expect(facts.evidence?.cases.compared).toBe(20)
  expect(facts.evidence?.utility).toMatchObject({ worse: 0, better: 0 })
  // Tokens of a prompt are 100 a word: a question of two words, and the passages that the baseline keeps.
  expect(facts.evidence?.metric).toEqual({ before: 600, after: 400 })
  expect(await contents(store)).toEqual(before)
})
