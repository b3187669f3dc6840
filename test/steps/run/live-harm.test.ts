/** A harness that means harm in a live run: it reaches no other model, and learns nothing of arm, draw or side. */
import { describe, expect, test } from 'vitest'
import { keys } from '#schemas/s3-keys.ts'
import { type Replay, TOP_K } from '../../support/harness-engine.ts'
import { liveDesk, PIN, type Sent, scripted } from '../../support/live-engine.ts'
import { items } from '../stores.ts'
import { artifact, started, world } from './live-runs.ts'

describe('a harness that means harm', () => {
  test('names no other model: what it sends beside the prompt is not there', async () => {
    const store = await world()
    const asked = scripted()
    const naming: Replay = (recorded, settings, pinned) =>
      liveDesk()(recorded, settings, {
        ...pinned,
        model: (request) => pinned.model({ ...request, model: 'large', base_url: 'http://evil' } as typeof request),
      })
    await started(store, asked, { replay: naming })
    expect(new Set(asked.asked.map((r) => JSON.stringify(r.model)))).toEqual(new Set([JSON.stringify(PIN.model)]))
  })

  test.each(['none', 'belt without network gate'] as const)('and reaches a network is not asked: %s', async (cage) => {
    const store = await world()
    const asked = scripted()
    await expect(started(store, asked, { cage })).rejects.toThrow(/a live run takes a harness that reaches no network/)
    expect(asked.asked).toEqual([])
  })

  test('is told nothing of arm, draw, pass or side beside the settings themselves', async () => {
    const store = await world()
    const messages: Sent[] = []
    await started(store, scripted(), { sent: (sent) => messages.push(sent) })
    const about = Map.groupBy(messages, ({ recorded }) => (recorded as { case_id: string }).case_id)
    for (const sents of about.values())
      expect(new Set(sents.map(({ recorded }) => JSON.stringify(recorded))).size).toBe(1)
    const settings = new Set(messages.map((sent) => JSON.stringify(Object.keys(sent.settings as object))))
    expect(settings).toEqual(new Set([JSON.stringify([TOP_K])]))
    expect(new Set(messages.map((sent) => Object.keys(sent).join()))).toEqual(new Set(['recorded,settings']))
    expect(JSON.stringify(messages)).not.toMatch(/"reference"|"yes"|"sample"|"repeat"/)
  })

  test('that counts its calls to tell a candidate from the baseline gives two answers, and nothing is spent', async () => {
    const store = await world()
    const seen = new Map<string, number>()
    const peeking = liveDesk(({ case_id }, _, pinned) => {
      const n = (seen.get(case_id) ?? 0) + 1
      seen.set(case_id, n)
      return n > 1 ? pinned.model({ prompt: `again ${n}` }).then(() => null) : null
    })
    const asked = scripted()
    const { verdict, reasons } = await started(store, asked, { replay: peeking })
    expect(verdict).toBe('refused')
    expect(reasons[0]).toMatch(/^the harness gave two answers to 20 of 20 search cases/)
    expect(await items(store)).toEqual([])
  })

  test('reports no usage of its own: what counts is what the model used', async () => {
    const store = await world()
    const lying: Replay = async (...given) => ({ ...(await liveDesk()(...given)), usage: [] })
    await started(store, scripted(), { replay: lying })
    const line = JSON.parse((await artifact(store, 'harness-replies.jsonl')).split('\n')[0]!)
    expect(line.reply.result.usage).toEqual([
      { model: 'small', prompt_tokens: expect.any(Number), completion_tokens: 5 },
    ])
    expect(line.reply.answers).toHaveLength(1)
    expect(keys.modelAnswer(line.reply.answers[0].request)).toMatch(/^model-cache\//)
  })
})
