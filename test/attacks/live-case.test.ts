/** A harness that asks a model in odd ways: what it asked is on record, whatever it waits for. */
import { expect, test } from 'vitest'
import { answerCache } from '#adapters/model-cache.ts'
import type { HarnessReply } from '#core/replay/harness.ts'
import type { ModelPort } from '#ports'
import { caseModel } from '../../functions/steps/live/case-model.ts'
import { aDesk, aJob, aModuleHost, harnessSource } from '../adapters/module/support.ts'
import { memory } from '../steps/stores.ts'

/** One case of a harness that does this first, beside a model that takes its time; twice over one cache. */
async function passes(before: string, converse: ModelPort['converse'], limitMs = 20_000) {
  using desk = aDesk()
  const store = memory()
  const cache = answerCache(store.objects, store.clock)
  const replies: HarnessReply[] = []
  const kept: number[] = []
  for (const port of [{ converse: (r) => cache.ask(r, { converse }).then(({ reply }) => reply) } as ModelPort, null]) {
    const host = await aModuleHost(desk, harnessSource(before))
    const live = () =>
      caseModel({
        cache,
        port,
        name: 'small',
        asks: () => {},
        request: (prompt, sample) => ({
          model: { provider: 'openai', base_url: 'http://127.0.0.1:9/v1', model: 'small' },
          prompt,
          sample,
          max_tokens: 9,
          temperature: 0,
          seed: null,
        }),
      })
    replies.push(await host.run({ ...aJob(), live }, limitMs))
    host.close()
    kept.push((await Array.fromAsync(store.objects.list(''))).length)
  }
  return { replies, kept }
}

const slow: ModelPort['converse'] = async ({ prompt }) => {
  if (prompt === 'a') await new Promise((resolve) => setTimeout(resolve, 600))
  return { model: 'small', content: 'yes', tool_calls: [], prompt_tokens: 1, completion_tokens: 1, latency_ms: 1 }
}

test('one that does not wait for what it asked gives one answer, and what was asked is on record', async () => {
  const { replies, kept } = await passes(`void pinned.model({ prompt: 'a' }).catch(() => {})`, slow)
  expect(kept).toEqual([2, 2])
  expect(replies[0]!.answers).toHaveLength(2)
  expect(replies[1]).toEqual(replies[0])
})

test('one that ends its process meanwhile loses no answer', async () => {
  const { kept } = await passes(
    `void pinned.model({ prompt: 'a' }).catch(() => {}); await new Promise((r) => setTimeout(r, 50)); process.reallyExit(3)`,
    slow,
  )
  expect(kept).toEqual([1, 1])
})

test('a model that cannot be asked ends the work, also where the harness answered meanwhile', async () => {
  const gone: ModelPort['converse'] = async (request) => {
    const reply = await slow(request)
    if (request.prompt === 'a') throw new Error('the budget is spent')
    return reply
  }
  await expect(passes(`void pinned.model({ prompt: 'a' }).catch(() => {})`, gone)).rejects.toThrow('budget is spent')
})
