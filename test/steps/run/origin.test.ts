/** What made a candidate stands beside its fate; runs that were pinned before keep their bytes. */
import { expect, test } from 'vitest'
import { tokenCounter } from '#core/space/prompt/tokens.ts'
import { boundedChange } from '#core/space/validate.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import { keys } from '#schemas/s3-keys.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { verifyRun } from '../../../functions/steps/run/verify.ts'
import { readLines } from '../../../functions/streams/read-object.ts'
import { aPack, aWorld, INTENT } from '../../support/builders.ts'
import { memory, run, stocked } from '../stores.ts'

const COUNT = await tokenCounter({ tunable_surfaces: [] })

const TOP = 'evidence.orders.top_k'
const change = (to: number, origin?: string) =>
  boundedChange({ patch: { [TOP]: to }, ...(origin ? { origin } : {}) }, aPack(), INTENT, [TOP], COUNT)
const candidate = (to: number, origin?: string) => {
  const bounded = change(to, origin)
  if ('problems' in bounded) throw new Error(bounded.problems.join())
  return bounded.candidate
}
const origins = async (store: Awaited<ReturnType<typeof stocked>>, id: string) =>
  (await readLines<CandidateScore>(store.objects, keys.autotuneRun(id, 'candidates.jsonl'))).map((c) => c.origin)

test('a search says so; a file of changes says hand_written, or whom it names', async () => {
  const store = await stocked(memory(), aWorld({ search: 6, heldout: 100 }))
  await run(store, { runId: 'given', candidates: [candidate(3), candidate(2, 'night agent')] })
  await run(store, { runId: 'searched' })
  expect((await origins(store, 'given')).sort()).toEqual(['hand_written', 'night agent'])
  expect(new Set(await origins(store, 'searched'))).toEqual(new Set(['search']))
  for (const id of ['given', 'searched'])
    expect(await verifyRun(store, id, transcriptEngine())).toMatchObject({ reproducible: true })
})

test.each(['search', 'sampled', 'hand_written', 'blocks', 'Search ', 'ｓearch'])(
  'nobody else may call it "%s"',
  (origin) => {
    expect(change(3, origin)).toEqual({ problems: [expect.stringContaining('say who proposed it')] })
  },
)
