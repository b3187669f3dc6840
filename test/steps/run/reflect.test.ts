/** A run whose proposer asks a model: what it is shown, what comes of its edits, and that nothing is asked or paid twice. */
import { beforeEach, describe, expect, test } from 'vitest'
import { answerCache } from '#adapters/model-cache.ts'
import type { ModelReply } from '#core/model/reply.ts'
import type { ModelRequest } from '#core/model/request.ts'
import type { Proposer, ProposerInput } from '#core/proposers/proposer.ts'
import type { ModelPort, Store } from '#ports'
import type { CandidateScore } from '#schemas/candidate.ts'
import type { ProposerModel } from '#schemas/proposer-model.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { reflect } from '../../../functions/steps/run/reflect.ts'
import { verifyRun } from '../../../functions/steps/run/verify.ts'
import { readJson, readLines } from '../../../functions/streams/read-object.ts'
import { aProposerModel, aTarget, aWorld } from '../../support/builders.ts'
import { memory, run, stocked } from '../stores.ts'

const TOP = 'evidence.orders.top_k'
const target = aTarget({ search_space: [TOP] })
/** Search cases s1 and s2 failed, and so did many of the sealed ones. */
const world = aWorld({ search: 6, heldout: 100 }).map((one) => {
  const failed = ['s1', 's2'].includes(one.run_id) || one.split === 'heldout'
  const said = failed ? { role: 'user' as const, content: `the words of ${one.run_id}` } : null
  return {
    ...one,
    outcome: { ...one.outcome, ...(failed && { passed: false }) },
    steps: said ? [{ kind: 'message' as const, ...said, tokens: 5 }, ...one.steps] : one.steps,
  }
})
const pinned = aProposerModel('http://h/v1')
const edits = (...all: object[]) => JSON.stringify({ edits: all })
const TO_THREE = { path: TOP, to: 3, why: 'the rest is never read', by: -100, cases: [1] }

let asked: ModelRequest[]
let told: string[]
let says: Partial<ModelReply> | { refused: string }
beforeEach(() => {
  asked = []
  told = []
  says = { content: edits(TO_THREE, { ...TO_THREE, to: 40 }, { ...TO_THREE, path: 'nothing' }) }
})
const model: ModelPort = {
  async converse(request) {
    expect(told.length).toBeGreaterThan(0)
    asked.push(request)
    const silent = {
      model: 'm',
      content: null,
      tool_calls: [],
      prompt_tokens: 900,
      completion_tokens: 90,
      latency_ms: 1,
    }
    return 'refused' in says ? { refused: says.refused } : { ...silent, ...says }
  },
}
const asks = (store: Store, over: Partial<ProposerModel> = {}): Proposer =>
  reflect(store, {
    pinned: { ...pinned, ...over },
    prices: null,
    model,
    cacheOf: (payer) => answerCache(store.objects, store.clock, payer),
    tell: (line) => told.push(line),
  })
async function reflected(store: Store, runId: string, over: Partial<ProposerModel> = {}) {
  await run(store, { target, runId, proposing: { proposers: [asks(store, over)], blocks: null } })
  return {
    scored: await readLines<CandidateScore>(store.objects, keys.autotuneRun(runId, 'candidates.jsonl')),
    proposed: (await readJson<AutotuneRun>(store.objects, keys.autotuneRun(runId, 'target.json')))!.proposed!,
  }
}
const stockedWith = () => stocked(memory(), world)

describe('a model that is shown what failed', () => {
  test('proposes: its edits are bounded, searched and compared with what it predicted; the run verifies without it', async () => {
    const store = await stockedWith()
    const { scored, proposed } = await reflected(store, 'r')
    expect(proposed).toMatchObject({
      proposers: ['reflect'],
      candidates: [{ origin: 'reflect', rationale: TO_THREE.why, prediction: { by: -100, cases: ['s1'] } }],
      left_out: [
        { origin: 'reflect', why: 'unreadable', paths: ['nothing'] },
        { origin: 'reflect', why: 'out_of_bounds', paths: [TOP] },
      ],
      usage: [{ purpose: 'proposer', answers: 1, paid: 1, prompt_tokens: 900, completion_tokens: 90, cents: null }],
    })
    expect(scored.find(({ origin }) => origin === 'reflect')).toMatchObject({ happened: { named: 1 } })
    asked = []
    expect(await verifyRun(store, 'r', transcriptEngine())).toMatchObject({ reproducible: true })
    expect(asked).toEqual([])
  })

  test('sees failed search cases alone: no sealed word, and none that passed', async () => {
    await reflected(await stockedWith(), 'r')
    expect(asked).toHaveLength(1)
    expect(asked[0]!.prompt.match(/the words of \w+/g)).toEqual(['the words of s1', 'the words of s2'])
  })

  test('is told with its price before it is asked', async () => {
    await reflected(await stockedWith(), 'r')
    expect(told[0]).toMatch(/^proposer: at most 1 call of m at http:\/\/h\/v1/)
  })

  test('is asked once for the same question, within one budget, and its answer lies on the search side', async () => {
    const store = await stockedWith()
    let input: ProposerInput | null = null
    const looks: Proposer = {
      name: 'looks',
      propose(given) {
        input = given
        return []
      },
    }
    await run(store, { target, runId: 'r', proposing: { proposers: [looks], blocks: null } })
    const made = [await asks(store).propose(input!), await asks(store).propose(input!)]
    expect(asked).toHaveLength(1)
    expect(made[1]).toEqual(made[0])
    const kept = async (side: 'objects' | 'vault') => (await Array.fromAsync(store[side].list('model-cache/'))).length
    expect([await kept('objects'), await kept('vault')]).toEqual([1, 0])
  })

  test.each([
    ['refuses', { refused: 'no' }, 'the model refused: no'],
    ['is cut', { content: edits(TO_THREE).slice(0, 30), cut: true as const }, 'cut at max_tokens'],
    ['chats', { content: 'I would read fewer orders.' }, 'not of the form'],
  ])('that %s proposes nothing, and the search goes on without it', async (_, said, reason) => {
    says = said
    const { scored, proposed } = await reflected(await stockedWith(), 'r')
    expect(proposed).toMatchObject({
      candidates: [],
      left_out: [{ why: 'unreadable', paths: [], reason: expect.stringContaining(reason) }],
    })
    expect(scored.length).toBeGreaterThan(0)
  })

  test('where no case failed nobody is asked', async () => {
    const { proposed } = await reflected(await stocked(memory(), aWorld({ search: 6, heldout: 100 })), 'r')
    expect([asked, told]).toEqual([[], []])
    expect(proposed.left_out[0]!.reason).toContain('no search case failed')
    expect(proposed).not.toHaveProperty('usage')
  })

  test('above its budget nobody is asked, and the run is refused', async () => {
    const cents = { budget: { calls: 1, cents: 0.01 } }
    await expect(reflected(await stockedWith(), 'r', cents)).rejects.toThrow('no price for m')
    expect(asked).toEqual([])
  })
})
