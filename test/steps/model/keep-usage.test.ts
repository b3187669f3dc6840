/** What a run asked of models: apart by what for, and of the sealed side no tokens before a "yes". */
import { expect, test } from 'vitest'
import { runUsageLines } from '#core/model/usage-text.ts'
import type { ModelUsage } from '#schemas/model-usage.ts'
import { RunUsage } from '#schemas/model-usage.ts'
import { keys } from '#schemas/s3-keys.ts'
import { keepUsage } from '../../../functions/steps/model/keep-usage.ts'
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

test('after a yes each purpose has one row over both sides', async () => {
  const objects = memoryStore()
  const usage = await keepUsage({ objects }, { run: 'r', verdict: 'certified' }, asked)
  expect(usage).toMatchObject({
    sealed_calls: null,
    rows: [
      { purpose: 'replay', answers: 7, paid: 5, prompt_tokens: 70, cents: 0.07, first_at: '2026-01-03T00:00:00.000Z' },
      { purpose: 'judge', answers: 3, paid: 1, cents: null },
    ],
  })
  expect(RunUsage.parse(JSON.parse((await readText(objects, keys.runUsage('r')))!))).toEqual(usage)
  expect(runUsageLines(usage!)).toEqual([
    'replay: 7 answers of small at http://127.0.0.1:8080/v1, 2 of them kept from earlier runs, 70 tokens in, 7 out, 0.07 cents',
    expect.stringMatching(/^judge: 3 answers .* cents not measured$/),
  ])
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
