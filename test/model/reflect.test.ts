/** One reflective step with a real model behind it, end to end: asked once, bounded, on record, and verified without it. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { answerCache } from '#adapters/model-cache.ts'
import { openAiModel } from '#adapters/openai/openai-model.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { transcriptEngine } from '../../functions/steps/replay/transcript-engine.ts'
import { reflect } from '../../functions/steps/run/reflect.ts'
import { verifyRun } from '../../functions/steps/run/verify.ts'
import { readJson } from '../../functions/streams/read-object.ts'
import { memory, run, stocked } from '../steps/stores.ts'
import { aTarget, aWorld } from '../support/builders.ts'
import { describeModel, question, type SmallModel, startSmallModel } from './small-model/start.ts'

let small: SmallModel

describeModel('a small model that reflects', () => {
  beforeAll(async () => {
    small = await startSmallModel()
  })
  afterAll(() => small?.close())

  it('is shown what failed once; whatever it says is a bounded change or left out with a reason', async () => {
    const world = aWorld({ search: 6, heldout: 100 }).map((one, i) =>
      i < 2 ? { ...one, outcome: { ...one.outcome, passed: false } } : one,
    )
    const store = await stocked(memory(), world)
    const endpoint = openAiModel({ env: {}, limitMs: 280_000 })
    let calls = 0
    const { model, temperature, seed } = question(small, '')
    const asks = reflect(store, {
      pinned: {
        kind: 'proposer_model',
        model,
        temperature,
        seed,
        max_tokens: 24,
        max_prompt_tokens: 700,
        budget: { calls: 1, cents: null },
      },
      prices: null,
      model: {
        converse(request) {
          calls++
          return endpoint.converse(request)
        },
      },
      cacheOf: (payer) => answerCache(store.objects, store.clock, payer),
      tell: () => {},
    })
    const target = aTarget({ search_space: ['evidence.orders.top_k'] })
    await run(store, { target, runId: 'r', proposing: { proposers: [asks], blocks: null } })
    const { proposed } = (await readJson<AutotuneRun>(store.objects, keys.autotuneRun('r', 'target.json')))!
    expect(calls).toBe(1)
    expect(proposed!.candidates.length + proposed!.left_out.length).toBeGreaterThan(0)
    expect(proposed!.usage).toMatchObject([{ purpose: 'proposer', answers: 1, paid: 1, cents: null }])
    expect(proposed!.usage![0]!.prompt_tokens).toBeGreaterThan(100)
    expect(await verifyRun(store, 'r', transcriptEngine())).toMatchObject({ reproducible: true })
    expect(calls).toBe(1)
  })
})
