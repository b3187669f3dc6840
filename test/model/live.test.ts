/** A live run with a real model behind it: both arms ask it, draws of the baseline differ, a budget ends it and it goes on. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openAiModel } from '#adapters/openai/openai-model.ts'
import { requestDigest } from '#core/model/request.ts'
import type { ModelPort } from '#ports'
import { runTarget } from '../../functions/steps/run/run.ts'
import { verifyRun } from '../../functions/steps/run/verify.ts'
import { holder, memory, stocked } from '../steps/stores.ts'
import { aTarget } from '../support/builders.ts'
import { asker, liveDesk, liveInProcess, liveSuite, liveWorld, PIN } from '../support/live-engine.ts'
import { describeModel, question, type SmallModel, startSmallModel } from './small-model/start.ts'

const SEARCH = 4

let small: SmallModel

describeModel('a live run with a small model', () => {
  beforeAll(async () => {
    small = await startSmallModel()
  })
  afterAll(() => small?.close())

  it('measures its noise at a temperature above 0, stops at its budget, goes on, and verifies without the model', async () => {
    const store = await stocked(memory(), liveWorld({ search: SEARCH, heldout: 6 }), { suite: liveSuite() })
    const endpoint = openAiModel({ env: {}, limitMs: 280_000 })
    const asked: string[] = []
    /** What the draws of a prompt came to. */
    const said = new Map<string, Set<string | null>>()
    const counted: ModelPort = {
      async converse(request) {
        asked.push(requestDigest(request))
        const reply = await endpoint.converse(request)
        if ('content' in reply) said.set(request.prompt, (said.get(request.prompt) ?? new Set()).add(reply.content))
        return reply
      },
    }
    const pin = { ...PIN, ...question(small, ''), temperature: 1, max_tokens: 3, repeats: 2 }
    const { prompt: _, sample: __, ...live } = pin
    const started = (calls: number) =>
      runTarget(
        store,
        { target: aTarget({ scoring: { replayer: 'module' } }), candidates: null, runId: 'r', demonstration: null },
        holder(),
        liveInProcess(store, asker(store, counted, { pin: live, budget: { calls, cents: null } }), liveDesk()),
      )
    // Less than the baseline takes is refused before the first call; a little more ends in the midst.
    await expect(started(SEARCH)).rejects.toThrow(/budget/)
    expect(asked).toEqual([])
    await expect(started(2 * SEARCH + 3)).rejects.toThrow(/budget/)
    expect(asked).toHaveLength(2 * SEARCH + 3)
    const summary = await started(1000)
    expect(asked.length).toBeGreaterThan(2 * SEARCH + 3)
    expect(new Set(asked).size).toBe(asked.length)
    expect([...said.values()].some((draws) => draws.size > 1)).toBe(true)
    expect(summary.noise).toMatchObject({ repeats: 2, cases: SEARCH, lost: 0 })
    const verified = await verifyRun(store, 'r', liveInProcess(store, asker(store, null, { pin: live }), liveDesk()))
    expect(verified).toMatchObject({ reproducible: true })
  })
})
