/** What a run asked of models: apart by what for, and of the sealed side no tokens before a "yes". */
import { expect, test } from 'vitest'
import { runUsageLines } from '#core/model/usage-text.ts'
import type { ModelUsage } from '#schemas/model-usage.ts'
import { RunUsage } from '#schemas/model-usage.ts'
import { keys } from '#schemas/s3-keys.ts'
import { keepUsage } from '../../../functions/steps/model/keep-usage.ts'
import { keptUsage } from '../../../functions/steps/model/kept-usage.ts'
import { readText } from '../../../functions/streams/read-object.ts'
import { memoryStore } from '../../support/memory/memory-store.ts'

const row = (purpose: ModelUsage['purpose'], n: number, over: Partial<ModelUsage> = {}): ModelUsage => ({
  purpose,
  model: { provider: 'openai', base_url: 'http://127.0.0.1:8080/v1', model: 'small' },
  answers: n,
  paid: n - 1,
  refused: 0,
  prompt_tokens: 10 * n,
  completion_tokens: n,
  cached_prompt_tokens: 0,
  reasoning_tokens: 0,
  first_at: `2026-01-0${n}T00:00:00.000Z`,
  last_at: `2026-01-0${n}T00:00:00.000Z`,
  cents: n / 100,
  ...over,
})
const asked = [
  { search: [row('replay', 4)], sealed: [row('replay', 3)] },
  { search: [row('judge', 2)], sealed: [row('judge', 1, { cents: null })] },
]

test('after a yes each purpose has a row a side', async () => {
  const objects = memoryStore()
  const usage = await keepUsage({ objects }, { run: 'r', verdict: 'certified' }, asked)
  expect(usage).toMatchObject({
    sealed_calls: null,
    rows: [
      { purpose: 'replay', answers: 4, cents: 0.04 },
      { purpose: 'judge', answers: 2, cents: 0.02 },
    ],
    sealed: [
      { purpose: 'replay', answers: 3 },
      { purpose: 'judge', answers: 1, cents: null },
    ],
  })
  expect(RunUsage.parse(JSON.parse((await readText(objects, keys.runUsage('r')))!))).toEqual(usage)
  expect(runUsageLines(usage!)).toEqual([
    'search side, replay: 4 answers of small at http://127.0.0.1:8080/v1, 1 of them (25 %) kept from earlier runs, 40 tokens in, 4 out, 0.04 cents',
    expect.stringMatching(/^search side, judge: 2 answers /),
    expect.stringMatching(/^sealed side, replay: 3 answers .*, 30 tokens in, 3 out, 0.03 cents$/),
    expect.stringMatching(/^sealed side, judge: 1 answer .* cents not measured$/),
  ])
})

test('what an earlier version kept of a yes is read as it lies, both sides in one row', async () => {
  const objects = memoryStore()
  const before = { usage: 'usage.v1', run_id: 'r', rows: [row('replay', 7)], sealed_calls: null }
  await objects.put(keys.runUsage('r'), JSON.stringify(before))
  const usage = await keptUsage({ objects }, 'r')
  expect(runUsageLines(usage!)).toEqual([expect.stringMatching(/^replay: 7 answers /)])
})

test('where the gate of a deployment alone knows, nothing but that is told of its side', async () => {
  const asked = [{ search: [row('replay', 4)], sealed: null }]
  const usage = await keepUsage({ objects: memoryStore() }, { run: 'r', verdict: 'not_certified' }, asked)
  expect(Object.keys(usage!)).toEqual(['usage', 'run_id', 'rows'])
  expect(runUsageLines(usage!).at(-1)).toBe('sealed side: what it asked, the gate of the deployment alone is told')
})

test('after a no the sealed side has calls alone: its tokens would say what the answer must not', async () => {
  const usage = await keepUsage({ objects: memoryStore() }, { run: 'r', verdict: 'not_certified' }, asked)
  expect(usage).toMatchObject({ sealed_calls: 2, rows: [{ answers: 4 }, { answers: 2 }] })
  expect(runUsageLines(usage!).at(-1)).toBe('sealed side: 2 calls, whose tokens and cents only a "yes" tells')
})

test('where nothing was asked, nothing is kept', async () => {
  const objects = memoryStore()
  expect(await keepUsage({ objects }, { run: 'r', verdict: 'certified' }, [{ search: [], sealed: [] }])).toBeNull()
  expect(await Array.fromAsync(objects.list(''))).toEqual([])
})
